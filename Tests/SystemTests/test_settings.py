"""Settings that operators have and AWS does not, each seen to be in force."""

import http.client
import io
import socket
import threading
import time
import zipfile

import botocore.config
import pytest

from deployed import ROLE, refused, zipped
from machines import eventually, with_settings
from test_extensions import EXTENSIONS, layer_of
from test_logs_api import all_events, group_of

pytestmark = pytest.mark.booted


HANDLER = "def handler(event, context):\n    return 1\n"


def deflated(text):
    """A zip of code that is as long as wanted, and small."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", text)
    return buffer.getvalue()


class TestSizesOfCode:
    """The limits are AWS's texts with other numbers."""

    @pytest.fixture
    def limited(self, configured):
        # A zip is a third longer in its request.
        configured(code_size_zipped=30_000, code_size_unzipped=50_000, code_request_size=60_000)

    @pytest.mark.parametrize(
        "content, refusal",
        [
            (
                deflated(HANDLER + "#" * 50_000),
                ("InvalidParameterValueException", 400, "Unzipped size must be smaller than 50000 bytes"),
            ),
            (
                zipped({"app.py": "#" * 31_000}),
                ("RequestEntityTooLargeException", 413, "Zipped size must be smaller than 30000 bytes"),
            ),
            (
                zipped({"app.py": "#" * 45_000}),
                (
                    "RequestEntityTooLargeException",
                    413,
                    "Request must be smaller than 60000 bytes for the {} operation",
                ),
            ),
        ],
        ids=["unzipped", "zipped", "request"],
    )
    def test_what_is_too_large_is_refused_and_what_fits_is_not(self, limited, client, deploy, content, refusal):
        code, status, text = refusal
        assert refused(deploy, source=content) == (code, status, text.format("CreateFunction"))
        function = deploy(deflated(HANDLER + "#" * 49_000))
        assert function.invoke({}).payload == 1
        update = refused(client.update_function_code, FunctionName=function.name, ZipFile=content)
        assert update == (code, status, text.format("UpdateFunctionCode"))
        assert function.invoke({}).payload == 1

    def test_layers_count_with_the_code(self, limited, client, deploy, new_name):
        content = deflated("#" * 30_000)
        layer = client.publish_layer_version(LayerName=new_name, Content={"ZipFile": content})
        try:
            members = {"source": content, "Layers": [layer["LayerVersionArn"]]}
            assert refused(deploy, **members) == (
                "InvalidParameterValueException",
                400,
                "Function code combined with layers exceeds the maximum allowed size of 50000 bytes. "
                "The actual size is 60000 bytes.",
            )
        finally:
            client.delete_layer_version(LayerName=new_name, VersionNumber=layer["Version"])


def test_connections_past_the_limit_are_closed(configured, raw):
    configured(max_connections=3)

    def is_served(connection):
        try:
            connection.request("GET", "/_lambdad/health")
            response = connection.getresponse()
            return response.status == 200 and bool(response.read())
        except (ConnectionError, http.client.BadStatusLine):
            connection.close()
            return False

    held = []

    def hold():
        connection = raw.connect(10)
        if is_served(connection):
            held.append(connection)
        return len(held)

    # Perhaps others' last connections are still counted.
    eventually("three are held", lambda: hold() == 3, every=0.1)
    assert not any(is_served(raw.connect(10)) for _ in range(3))
    assert all(map(is_served, held)), "those that were there are served"
    held.pop().close()
    eventually("another one takes its place", lambda: hold() == 3, every=0.1)
    for connection in held:
        connection.close()


def test_a_request_to_the_logs_api_reads_so_many_lines_and_the_next_goes_on(configured, machine, session, deploy):
    configured(log_read_lines=100)
    logs = session.client("logs", endpoint_url=machine.endpoint)
    function = deploy("probe.py")
    function.do("flood", lines=450)
    expected = [f"flood {number:06}\n" for number in range(450)]

    def flood(events):
        return [event["message"] for event in events if event["message"].startswith("flood ")]

    group = {"logGroupName": group_of(function)}
    eventually(
        "all lines are there", lambda: len(flood(all_events(logs, **group))) == 450, within=15 * machine.slowness
    )
    pages = [page["events"] for page in logs.get_paginator("filter_log_events").paginate(**group)]
    assert len(pages) >= 5 and max(map(len, pages)) <= 100
    assert flood(sum(pages, [])) == expected
    # What it looks for is on the last page only: those before are empty and have a token.
    pages = list(logs.get_paginator("filter_log_events").paginate(**group, filterPattern='"flood 000449"'))
    assert len(pages) >= 5 and [len(page["events"]) for page in pages[:4]] == [0] * 4
    assert flood(sum((page["events"] for page in pages), [])) == expected[-1:]

    stream = {**group, "logStreamName": logs.describe_log_streams(**group)["logStreams"][0]["logStreamName"]}
    seen, counts, token = [], [], {"startFromHead": True}
    while True:
        page = logs.get_log_events(**stream, **token)
        seen += page["events"]
        counts.append(len(page["events"]))
        if page["nextForwardToken"] == token.get("nextToken"):
            break
        token = {"nextToken": page["nextForwardToken"]}
    assert flood(seen) == expected and max(counts) <= 100, counts
    logs.close()


@pytest.mark.parametrize("percent, sampled", [(0, "0"), (100, "1")])
def test_traces_are_sampled_as_often_as_the_operator_wants(configured, deploy, percent, sampled):
    configured(xray_daemon="127.0.0.1:2000", trace_requests_per_second=0, trace_percent=percent)
    function = deploy("logging_probe.py", TracingConfig={"Mode": "Active"})
    traces = [function.do("identity")["trace"] for _ in range(8)]
    assert {trace.rsplit("Sampled=", 1)[1][:1] for trace in traces} == {sampled}, traces


def test_extensions_have_as_long_to_end_as_the_operator_wants(configured, client, deploy, machine, new_name):
    stays = (EXTENSIONS / "stays.bash").read_text()
    content = {"ZipFile": layer_of({"stays": (stays, 0o755)})}
    layer = client.publish_layer_version(LayerName=new_name, Content=content)

    def stay(milliseconds):
        """Seconds from the first to the last line that the extension says after it was told to end."""
        configured(by="reload", extension_shutdown=milliseconds)
        function = deploy({"app.py": HANDLER}, Layers=[layer["LayerVersionArn"]])
        assert function.invoke({}).payload == 1
        function.delete_if_there()
        eventually("no sandbox is left", lambda: not machine.sandboxes(), within=15, every=0.1)
        lines = [entry for entry in machine.journal("-t", function.name) if entry.get("MESSAGE") == "still here"]
        times = [int(entry["__REALTIME_TIMESTAMP"]) / 1e6 for entry in lines]
        return max(times) - min(times)

    try:
        # Two seconds are the default; the runtime has the first 30 percent, where it does not go before.
        assert 2.1 < stay(4_000) < 4.2
        assert 0.1 <= stay(600) < 0.9
    finally:
        client.delete_layer_version(LayerName=new_name, VersionNumber=layer["Version"])


@pytest.fixture
def silence():
    """The URL of a server that takes connections and requests, and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    taken = []

    def take():
        while True:
            try:
                taken.append(server.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)
    for connection in taken:
        connection.close()


def test_a_services_endpoint_that_never_answers_is_given_up_in_time(configured, client, deploy, silence, new_name):
    function = deploy("probe.py")
    configured(services_endpoint=silence, services_timeout=1, services_object_timeout=2)

    def timed(call, **members):
        began = time.monotonic()
        error = refused(call, **members)
        return error, time.monotonic() - began

    (code, status, message), seconds = timed(function.invoke, event={"do": "echo"})
    assert (code, status) == ("ServiceException", 500) and message.endswith(
        "Caused by the execution role's credentials were not to be had: no whole answer came within 1.0 seconds"
    )
    assert 0.9 < seconds < 5
    code = {"S3Bucket": "bucket", "S3Key": "key"}
    members = {"FunctionName": new_name, "Runtime": "python3.11", "Handler": "app.handler", "Role": ROLE, "Code": code}
    (code, status, message), seconds = timed(client.create_function, **members)
    assert (code, status) == ("ServiceException", 500) and "did not give the object" in message
    assert 1.9 < seconds < 8


class TestSizesOfRequests:
    @pytest.fixture
    def limited(self, configured):
        payloads = {"payload_limit": 1_000, "async_payload_limit": 500, "response_payload_limit": 2_000}
        configured(**payloads, environment_size_limit=60)

    def test_payloads_and_variables_past_the_limits_are_refused(self, limited, deploy):
        function = deploy("probe.py", Environment={"Variables": {"KEPT": "x" * 49}})
        event = b'"' + b"x" * 999 + b'"'
        assert refused(function.invoke, event=event) == (
            "RequestEntityTooLargeException",
            413,
            "1001 byte payload is too large for the RequestResponse invocation type (limit 1000 bytes)",
        )
        assert refused(function.invoke, event=event[:500] + b'"', InvocationType="Event", LogType="None") == (
            "RequestEntityTooLargeException",
            413,
            "501 byte payload is too large for the Event invocation type (limit 500 bytes)",
        )
        assert len(function.do("large", bytes=2_000)) == 1_998
        answer = function.invoke({"do": "large", "bytes": 2_001})
        assert answer.error == "Unhandled" and answer.payload == {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size (2000 bytes).",
        }
        code, status, message = refused(function.configure, Environment={"Variables": {"KEPT": "x" * 50}})
        assert (code, status) == ("InvalidParameterValueException", 400)
        assert "exceeded the 60 byte limit." in message


class TestNumbers:
    @pytest.fixture
    def limited(self, configured):
        configured(async_queue_limit=2, code_storage=1, live_tails=0, synchronous_create="yes", log_level="error")

    def test_what_is_too_many_is_refused(self, limited, client, deploy, session, machine, background):
        function = deploy("probe.py")
        client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
        running = background(lambda: function.do("sleep", seconds=2, say="busy"))
        background.wait_for_line(function, "busy")
        event = {"event": {"do": "echo"}, "InvocationType": "Event", "LogType": "None"}
        assert [function.invoke(**event).status for _ in range(2)] == [202, 202]
        assert refused(function.invoke, **event) == (
            "TooManyRequestsException",
            429,
            "The queue of asynchronous invocations is full. Try again.",
        )
        assert refused(deploy, source={"app.py": "#" * 1_100_000}) == (
            "CodeStorageExceededException",
            400,
            "Code storage limit exceeded.",
        )
        # botocore would put "stream-" before the address.
        settings = botocore.config.Config(inject_host_prefix=False, retries={"total_max_attempts": 1})
        logs = session.client("logs", endpoint_url=machine.endpoint, config=settings)
        arn = f"arn:aws:logs:eu-central-1:000000000000:log-group:{group_of(function)}"
        assert refused(logs.start_live_tail, logGroupIdentifiers=[arn])[0] == "LimitExceededException"
        logs.close()
        assert running.result(30) == "slept"

    def test_a_function_is_active_when_its_making_is_answered(self, limited, client, new_name):
        code = {"ZipFile": deflated(HANDLER)}
        members = {"FunctionName": new_name, "Runtime": "python3.11", "Handler": "app.handler", "Role": ROLE}
        state = client.create_function(Code=code, **members)["State"]
        client.delete_function(FunctionName=new_name)
        assert state == "Active"

    def test_the_log_says_what_it_shall_and_no_more(self, limited, machine):
        def words():
            entries = machine.journal(f"_PID={machine.main_pid('lambdad.service')}", "SYSLOG_IDENTIFIER=lambdad")
            return [entry["MESSAGE"].split(" ", 1)[0] for entry in entries]

        assert "ready" not in words()
        machine.configure(with_settings(machine.configuration(), {"log_level": "info"}))
        machine.restart()
        assert "ready" in words()


@pytest.mark.parametrize("setting", ["max_environments", "scaling_rate"])
def test_an_environment_more_than_there_may_be_is_a_throttle(configured, deploy, background, setting):
    configured(**{setting: 1})
    first = deploy("probe.py")
    # One is of the machine, the other of each function.
    second = deploy("probe.py") if setting == "max_environments" else first
    running = background(lambda: first.do("sleep", seconds=2, say="busy"))
    background.wait_for_line(first, "busy")
    assert refused(second.invoke, event={"do": "echo"}) == ("TooManyRequestsException", 429, "Rate Exceeded.")
    assert running.result(30) == "slept"
    assert first.do("echo", value=1) == 1


class TestTimesOfConnections:
    """Each is looked at once a second where one of them is as short as this."""

    @pytest.fixture
    def limited(self, configured):
        configured(idle_connection_timeout=1, request_head_timeout=1, request_body_timeout=1)

    @pytest.mark.parametrize(
        "request_text, last_word",
        [
            (b"GET /_lambdad/health HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 200"),
            (b"GET /_lambdad/health HTTP/1.1\r\nHost:", b""),
            (b"POST /2015-03-31/functions HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{", b"HTTP/1.1 408"),
        ],
        ids=["idle", "head", "body"],
    )
    def test_whoever_stands_still_is_let_go(self, limited, raw, request_text, last_word):
        connection = raw.connect(10)
        connection.connect()
        connection.sock.sendall(request_text)
        began, answer = time.monotonic(), b""
        # What is refused is still read for a while, so that its sender sees the answer.
        while b"408" not in answer and (part := connection.sock.recv(65_536)):
            answer += part
        seconds = time.monotonic() - began
        connection.close()
        assert answer.startswith(last_word) and bool(answer) == bool(last_word)
        assert 0.9 < seconds < 4
