"""What must be refused, with AWS's words, while the service stays as it is."""

import base64
import datetime
import io
import json
import socket
import stat
import struct
import zipfile

import pytest

import deployed
from machines import eventually

UNZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."


@pytest.fixture(autouse=True)
def still_serving(machine, client):
    """Whatever a test sent, the same process answers afterwards."""
    pid = machine.main_pid("lambdad.service")
    yield
    client.list_functions(MaxItems=1)
    assert machine.main_pid("lambdad.service") == pid


def entry(name, mode, text):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info, text


def archive(*entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for info, text in entries:
            target.writestr(info, text, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tarred():
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as target:
        info = tarfile.TarInfo("app.py")
        info.size = 4
        target.addfile(info, io.BytesIO(b"pass"))
    return buffer.getvalue()


def encrypted():
    package = bytearray(archive(entry("app.py", 0o100644, "pass")))
    # The flag of encryption, in the local header and in the central directory.
    package[6] |= 1
    package[package.index(b"PK\1\2") + 8] |= 1
    return bytes(package)


FILE = ("app.py", 0o100644, "def handler(e, c): return 1")
EVIL = {
    "no zip": b"this is no zip",
    "a tar": tarred(),
    "a zip that is cut": archive(entry(*FILE))[:-20],
    "a zip with nothing in it": archive(),
    "an encrypted entry": encrypted(),
    "a name with ..": archive(entry(*FILE), entry("../../outside", 0o100644, "x")),
    "a name with .. deep inside": archive(entry(*FILE), entry("a/../../outside", 0o100644, "x")),
    "an absolute name": archive(entry(*FILE), entry("/etc/cron.d/outside", 0o100644, "x")),
    "a link out": archive(entry(*FILE), entry("link", stat.S_IFLNK | 0o777, "/etc/passwd")),
    "a link up": archive(entry(*FILE), entry("link", stat.S_IFLNK | 0o777, "../../..")),
    "a file through a link": archive(
        entry("link", stat.S_IFLNK | 0o777, "/tmp"), entry("link/outside", 0o100644, "x"), entry(*FILE)
    ),
    "a device": archive(entry(*FILE), entry("null", stat.S_IFCHR | 0o666, "")),
    "a pipe": archive(entry(*FILE), entry("pipe", stat.S_IFIFO | 0o666, "")),
    "a socket": archive(entry(*FILE), entry("socket", stat.S_IFSOCK | 0o666, "")),
}


@pytest.mark.parametrize("kind", EVIL)
def test_an_evil_zip_is_refused(client, new_name, kind):
    code, status, message = deployed.refused(
        client.create_function,
        FunctionName=new_name,
        Runtime="python3.11",
        Handler="app.handler",
        Role=deployed.ROLE,
        Code={"ZipFile": EVIL[kind]},
    )
    assert (code, status) == ("InvalidParameterValueException", 400), message
    assert message
    assert deployed.refused(client.get_function, FunctionName=new_name)[0] == "ResourceNotFoundException"


@pytest.mark.timeout(120)
def test_a_bomb_is_refused_early(client, new_name, machine):
    zeros = b"\0" * (64 << 20)
    bomb = archive(*[entry(f"zeros-{number}", 0o100644, zeros) for number in range(5)])
    assert len(bomb) < 1 << 20
    code, _, message = deployed.refused(
        client.create_function,
        FunctionName=new_name,
        Runtime="python3.11",
        Handler="app.handler",
        Role=deployed.ROLE,
        Code={"ZipFile": bomb},
    )
    assert (code, message) == ("InvalidParameterValueException", "Unzipped size must be smaller than 262144000 bytes")


@pytest.mark.timeout(120)
def test_a_zip_with_too_many_files_is_refused(client, new_name):
    many = archive(*[entry(f"f{number}", 0o100644, "") for number in range(65_600)])
    code, _, _ = deployed.refused(
        client.create_function,
        FunctionName=new_name,
        Runtime="python3.11",
        Handler="app.handler",
        Role=deployed.ROLE,
        Code={"ZipFile": many},
    )
    assert code in ("InvalidParameterValueException", "RequestEntityTooLargeException")


@pytest.mark.booted
def test_refused_zips_leave_nothing_behind(client, new_name, machine):
    before = machine.traces()["files"]
    for package in EVIL.values():
        deployed.refused(
            client.create_function,
            FunctionName=new_name,
            Runtime="python3.11",
            Handler="app.handler",
            Role=deployed.ROLE,
            Code={"ZipFile": package},
        )
    assert machine.traces()["files"] == before
    assert not machine.succeeds("test", "-e", "/var/lib/outside")


class TestSignatures:
    def outcome(self, answer):
        status, headers, body = answer
        return status, headers.get("x-amzn-errortype"), json.loads(body)["message"]

    def test_a_wrong_one_is_refused(self, raw, probe):
        def spoil(headers):
            flipped = "0" if headers["Authorization"][-1] != "0" else "1"
            headers["Authorization"] = headers["Authorization"][:-1] + flipped

        status, kind, message = self.outcome(raw.invoke(probe.name, spoil=spoil))
        assert (status, kind) == (403, "InvalidSignatureException")
        assert message.startswith("The request signature we calculated does not match the signature you provided.")

    def test_a_body_that_was_changed_is_refused(self, raw, probe):
        path = f"/2015-03-31/functions/{probe.name}/invocations"
        signed = raw.headers("POST", path, b'{"do": "echo"}')
        connection = raw.connect()
        connection.request("POST", path, body=b'{"do": "exit", "status": 1}', headers=signed)
        response = connection.getresponse()
        assert response.status == 403
        assert response.headers["x-amzn-ErrorType"] == "InvalidSignatureException"

    def test_an_unknown_key_is_refused(self, raw, probe):
        raw.credentials.access_key = "AKIANOBODYNOBODYNOBO"
        assert self.outcome(raw.invoke(probe.name)) == (
            403,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )

    @pytest.mark.parametrize("minutes, text", [(-10, "Signature expired: "), (10, "Signature not yet current: ")])
    def test_a_stale_date_is_refused(self, raw, probe, monkeypatch, minutes, text):
        import botocore.auth

        moved = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: moved.replace(tzinfo=None))
        status, kind, message = self.outcome(raw.invoke(probe.name))
        assert (status, kind) == (403, "InvalidSignatureException") and message.startswith(text), message

    def test_none_at_all_is_refused(self, raw, probe):
        assert self.outcome(raw.invoke(probe.name, spoil=lambda headers: headers.pop("Authorization"))) == (
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        )

    @pytest.mark.parametrize("value", ["AWS4-HMAC-SHA256", "Basic eDp5", "AWS4-HMAC-SHA256 Credential=a/b", "\x7f"])
    def test_one_that_is_malformed_is_refused(self, raw, probe, value):
        status, headers, _ = raw.invoke(probe.name, spoil=lambda headers: headers.update(Authorization=value))
        assert status in (400, 403) and headers["x-amzn-errortype"].endswith("Exception")

    def test_other_credentials_of_the_machine_do_not_leak_in(self, raw, probe):
        raw.credentials.secret_key = "x" * 40
        assert self.outcome(raw.invoke(probe.name))[0] == 403


class TestPayloads:
    @pytest.mark.everywhere
    def test_one_of_six_mebibytes_and_one_byte_is_refused(self, client, probe):
        assert deployed.refused(client.invoke, FunctionName=probe.name, Payload=b"1" * 6_291_457) == (
            "RequestEntityTooLargeException",
            413,
            "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
        )

    def test_one_of_six_mebibytes_is_not(self, client, deploy):
        function = deploy({"app.py": "def handler(event, context):\n    return len(event)\n"}, MemorySize=512)
        assert function.invoke(b'"' + b"x" * (6_291_456 - 2) + b'"').payload == 6_291_454

    @pytest.mark.parametrize("payload", [b"nope", b"{", b'{"a":}', b"\x87", b"{} {}", b"[1,]", b"'a'", b"\xff\xfe{"])
    def test_one_that_is_no_json_is_refused(self, client, probe, payload):
        code, status, message = deployed.refused(client.invoke, FunctionName=probe.name, Payload=payload)
        assert (code, status) == ("InvalidRequestContentException", 400)
        assert message.startswith("Could not parse request body into json: Could not parse payload into json: ")

    @pytest.mark.parametrize("context", ["x" * 3584, "!!!", base64.b64encode(b"no json").decode()])
    def test_a_client_context_that_is_none_is_refused(self, raw, probe, context):
        status, headers, body = raw.invoke(probe.name, headers={"X-Amz-Client-Context": context})
        assert status == 400, body
        assert headers["x-amzn-errortype"] in ("InvalidRequestContentException", "InvalidParameterValueException")

    def test_a_request_id_that_is_no_uuid_is_refused(self, raw, probe):
        status, headers, _ = raw.invoke(probe.name, headers={"x-amzn-RequestId": "mine"})
        assert (status, headers["x-amzn-errortype"]) == (400, "InvalidRequestContentException")

    @pytest.mark.parametrize("body", [b"{", b"", b"[]", b'{"FunctionName": 7}', b'{"Timeout": "soon"}'])
    def test_a_malformed_creation_is_refused(self, raw, body):
        status, headers, _ = raw.ask("POST", "/2015-03-31/functions", body)
        assert status == 400
        assert headers["x-amzn-errortype"] in (
            "SerializationException",
            "ValidationException",
            "InvalidParameterValueException",
        )


class TestRoutes:
    @pytest.mark.parametrize(
        "method, path",
        [
            ("GET", "/"),
            ("GET", "/2015-03-31/nothing"),
            ("PATCH", "/2015-03-31/functions/f"),
            ("GET", "/2099-01-01/functions"),
            ("POST", "/2015-03-31/functions/f/invocations/more"),
        ],
    )
    def test_one_that_is_unknown_is_404(self, raw, method, path):
        status, _, body = raw.ask(method, path)
        assert (status, body) == (404, b"<UnknownOperationException/>\n")

    def test_an_operation_that_is_not_there_yet_says_so(self, client):
        code, status, message = deployed.refused(client.list_capacity_providers)
        assert (code, status) == ("NotImplementedException", 501) and "ListCapacityProviders" in message

    def test_an_event_that_is_too_large_is_refused_before_it_is_taken(self, client, probe):
        payload = b'"' + b"x" * 1_048_575 + b'"'
        code, status, _ = deployed.refused(
            client.invoke, FunctionName=probe.name, InvocationType="Event", Payload=payload
        )
        assert (code, status) == ("RequestEntityTooLargeException", 413)


class TestParameters:
    @pytest.fixture
    def create(self, raw):
        """CreateFunction past botocore's own checks."""

        def create(**members):
            body = {
                "FunctionName": "never-made",
                "Runtime": "python3.11",
                "Handler": "app.handler",
                "Role": deployed.ROLE,
                "Code": {"ZipFile": base64.b64encode(deployed.package_of("probe.py")).decode()},
            }
            status, headers, answer = raw.ask("POST", "/2015-03-31/functions", json.dumps(body | members).encode())
            found = json.loads(answer)
            return status, headers.get("x-amzn-errortype"), found.get("message", found.get("Message"))

        return create

    @pytest.mark.parametrize(
        "members, value, constraint",
        [
            ({"FunctionName": "a b"}, "'a b' at 'functionName'", "Member must satisfy regular expression pattern: "),
            ({"Role": "r1"}, "'r1' at 'role'", "Member must satisfy regular expression pattern: arn:"),
            ({"MemorySize": 64}, "'64' at 'memorySize'", "Member must have value greater than or equal to 128"),
            ({"Timeout": 0}, "'0' at 'timeout'", "Member must have value greater than or equal to 1"),
            ({"Handler": "a b"}, "'a b' at 'handler'", "Member must satisfy regular expression pattern: "),
        ],
    )
    def test_one_outside_the_model_is_refused(self, create, members, value, constraint):
        status, kind, said = create(**members)
        assert (status, kind) == (400, "ValidationException")
        assert said.startswith(
            f"1 validation error detected: Value {value} failed to satisfy constraint: {constraint}"
        ), said

    def test_reserved_variables_are_refused(self, create):
        status, kind, said = create(Environment={"Variables": {"AWS_REGION": "x", "LAMBDA_TASK_ROOT": "y"}})
        assert (status, kind) == (400, "InvalidParameterValueException")
        assert "Reserved keys used in this request: " in said and "AWS_REGION" in said and "LAMBDA_TASK_ROOT" in said

    def test_too_many_variables_are_refused(self, create):
        status, kind, said = create(Environment={"Variables": {"LARGE": "x" * 4096}})
        assert (status, kind) == (400, "InvalidParameterValueException")
        assert 'exceeded the 4KB limit. String measured: {"LARGE":"xxx' in said

    def test_what_is_not_there_yet_is_not_ignored(self, create):
        status, kind, said = create(Layers=["arn:aws:lambda:eu-central-1:000000000000:layer:l:1"])
        assert (status, kind) == (400, "InvalidParameterValueException") and said

    def test_another_region_and_another_account_are_out_of_reach(self, client, probe):
        other = f"arn:aws:lambda:us-west-2:000000000000:function:{probe.name}"
        assert deployed.refused(client.get_function, FunctionName=other) == (
            "ResourceNotFoundException",
            404,
            "Functions from 'us-west-2' are not reachable in this region ('eu-central-1')",
        )
        foreign = f"arn:aws:lambda:eu-central-1:999999999999:function:{probe.name}"
        assert deployed.refused(client.get_function, FunctionName=foreign)[:2] == ("AccessDeniedException", 403)


class TestConnections:
    def test_a_client_that_hangs_up_half_way_through_its_body(self, raw, probe):
        path = f"/2015-03-31/functions/{probe.name}/invocations"
        body = b'{"do": "echo", "value": "' + b"x" * 100_000 + b'"}'
        signed = raw.headers("POST", path, body)
        with socket.create_connection((raw.address.hostname, raw.address.port), 10) as connection:
            lines = [f"POST {path} HTTP/1.1", f"Host: {raw.address.netloc}", f"Content-Length: {len(body)}"]
            lines += [f"{name}: {value}" for name, value in signed.items()]
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            connection.sendall(body[:50_000])
            # A reset, not an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert probe.do("echo", value=1) == 1

    @pytest.mark.booted
    def test_a_client_that_hangs_up_while_its_function_runs(self, raw, deploy, background, machine):
        function = deploy("probe.py")
        path = f"/2015-03-31/functions/{function.name}/invocations"
        body = b'{"do": "sleep", "seconds": 2, "say": "hung up"}'
        connection = raw.connect()
        connection.request("POST", path, body=body, headers=raw.headers("POST", path, body))
        background.wait_for_line(function, "hung up")
        connection.close()
        # The function runs to its end; its report is written, and its environment serves again.
        eventually(
            "the invocation has ended",
            lambda: any(e["MESSAGE"].startswith("REPORT ") for e in machine.journal("-t", function.name)),
        )
        assert function.do("count")["calls"] == 1

    @pytest.mark.parametrize(
        "request_bytes",
        [
            b"\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"POST /2015-03-31/functions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            b"POST /2015-03-31/functions HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: " + b"a" * (2 << 20) + b"\r\n\r\n",
            b"POST /2015-03-31/functions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        ],
        ids=["blank", "no target", "version", "tls", "negative length", "two lengths", "huge header", "bad chunk"],
    )
    def test_bytes_that_are_no_request_are_answered_or_closed(self, raw, request_bytes):
        with socket.create_connection((raw.address.hostname, raw.address.port), 10) as connection:
            connection.settimeout(10)
            try:
                connection.sendall(request_bytes)
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(65_536)
            except (ConnectionResetError, BrokenPipeError, OSError):
                answer = b""
        assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer

    def test_many_idle_connections_do_not_stop_the_others(self, raw, probe):
        held = [socket.create_connection((raw.address.hostname, raw.address.port), 10) for _ in range(300)]
        try:
            for connection in held:
                connection.sendall(b"POST /2015-03-31/functions HTTP/1.1\r\nHost: x\r\n")
            assert probe.do("echo", value=1) == 1
        finally:
            for connection in held:
                connection.close()
