"""Deploying and invoking, through boto3 and through the AWS CLI."""

import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

import pytest

import deployed

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.mark.everywhere
def test_a_python_function_gives_its_event_back(probe):
    value = {"text": "grüße", "numbers": [1, 2.5, None, True], "deep": {"a": {}}}
    answer = probe.invoke({"do": "echo", "value": value})
    assert (answer.status, answer.error, answer.version) == (200, None, "$LATEST")
    assert answer.payload == value


def test_nothing_comes_back_as_null(probe):
    assert probe.invoke({"do": "echo"}).body == b"null"


@pytest.mark.parametrize("size", [0, 1, 100_000, 6_291_000])
def test_large_events_and_answers_arrive_whole(probe, size):
    text = "x" * size
    assert probe.do("echo", value=text) == text


@pytest.mark.everywhere
def test_a_shell_function_runs_in_bash_and_reaches_curl(deploy):
    function = deploy("echo.bash")
    answer = function.invoke({"a": [1]})
    assert answer.error is None, answer.body
    found = answer.payload
    assert found["event"] == {"a": [1]}
    assert found["shell"].startswith("5.")
    assert (found["cwd"], found["handler"], found["managed"]) == ("/var/task", "app.handler", "none")
    assert f"handles {answer.request_id}" in answer.log


def test_no_payload_is_an_empty_object(client, deploy):
    function = deploy({"app.py": "def handler(event, context):\n    return event\n"})
    assert function.invoke(None).payload == {}


@pytest.mark.everywhere
def test_the_tail_holds_the_log_of_this_invocation(probe):
    probe.do("say", lines=["of an earlier one"])
    answer = probe.invoke({"do": "say", "lines": ["first", "second"]})
    lines = answer.log.splitlines()
    assert lines[0] == f"START RequestId: {answer.request_id} Version: $LATEST"
    assert lines[1:3] == ["first", "second"]
    assert lines[3] == f"END RequestId: {answer.request_id}"
    assert lines[4].startswith(f"REPORT RequestId: {answer.request_id}\tDuration: ")
    assert answer.report["size"] == "256"


def test_the_tail_is_cut_at_4096_bytes(client, probe):
    result = client.invoke(
        FunctionName=probe.name,
        LogType="Tail",
        Payload=json.dumps({"do": "say", "lines": [f"{number:04} {'y' * 90}" for number in range(100)]}).encode(),
    )
    tail = base64.b64decode(result["LogResult"])
    assert len(tail) == 4096
    assert b"\nREPORT RequestId: " in tail and b"0099 " in tail and b"0001 " not in tail


def test_no_tail_unless_asked_for(client, probe):
    result = client.invoke(FunctionName=probe.name, Payload=b'{"do": "echo"}')
    assert "LogResult" not in result


def test_a_dry_run_runs_nothing(probe, client):
    before = probe.do("count")["calls"]
    result = client.invoke(FunctionName=probe.name, InvocationType="DryRun", Payload=b'{"do": "count"}')
    assert result["StatusCode"] == 204
    assert result["Payload"].read() == b""
    assert "ExecutedVersion" not in result
    assert probe.do("count")["calls"] == before + 1


def test_headers_are_those_of_aws(raw, probe):
    status, headers, body = raw.invoke(probe.name, b'{"do": "echo", "value": 1}')
    assert (status, body) == (200, b"1")
    assert UUID.fullmatch(headers["x-amzn-requestid"])
    assert headers["x-amz-executed-version"] == "$LATEST"
    assert headers["x-amzn-remapped-content-length"] == "0"
    assert headers["content-type"] == "application/json"
    assert re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]", headers["x-amzn-trace-id"])
    assert "x-amz-function-error" not in headers and "x-amz-log-result" not in headers


@pytest.mark.everywhere
def test_the_context_is_complete(probe, client):
    custom = {"custom": {"tenant": "grün"}}
    answer = probe.invoke({"do": "context"}, ClientContext=base64.b64encode(json.dumps(custom).encode()).decode())
    seen = answer.payload
    assert seen["id"] == answer.request_id
    assert seen["arn"] == f"arn:aws:lambda:eu-central-1:000000000000:function:{probe.name}"
    assert (seen["name"], seen["version"], int(seen["memory"])) == (probe.name, "$LATEST", 256)
    assert seen["group"] == f"/aws/lambda/{probe.name}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", seen["stream"])
    assert 0 < seen["remaining"] <= 60_000
    assert seen["client"] == custom["custom"]
    assert re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]", seen["trace"])


def test_a_given_trace_and_request_id_are_kept(raw, probe):
    given = "0f0f0f0f-1111-4222-8333-444444444444"
    trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9581a8d4aaaaaaaa;Sampled=1"
    status, headers, body = raw.invoke(
        probe.name, b'{"do": "context"}', headers={"x-amzn-RequestId": given, "X-Amzn-Trace-Id": trace}
    )
    assert status == 200
    assert headers["x-amzn-requestid"] == given and json.loads(body)["id"] == given
    assert json.loads(body)["trace"].startswith("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;")


def test_a_warm_environment_serves_again(probe):
    first, second = probe.do("count"), probe.do("count")
    assert second == {"calls": first["calls"] + 1, "pid": first["pid"], "stream": first["stream"]}


@pytest.mark.parametrize("form", ["{name}", "{name}:$LATEST", "000000000000:function:{name}", "{arn}", "{arn}:$LATEST"])
def test_every_form_of_a_name_is_understood(client, probe, form):
    arn = f"arn:aws:lambda:eu-central-1:000000000000:function:{probe.name}"
    result = client.invoke(FunctionName=form.format(name=probe.name, arn=arn), Payload=b'{"do": "echo", "value": 7}')
    assert result["Payload"].read() == b"7"


class TestTheLifeOfAFunction:
    def test_creation_echoes_every_default(self, client, deploy, new_name):
        package = deployed.package_of("probe.py")
        made = client.create_function(
            FunctionName=new_name,
            Runtime="python3.11",
            Handler="app.handler",
            Role=deployed.ROLE,
            Code={"ZipFile": package},
        )
        try:
            assert made["State"] == "Pending" and made["StateReasonCode"] == "Creating"
            assert (made["Timeout"], made["MemorySize"], made["Description"]) == (3, 128, "")
            assert made["EphemeralStorage"] == {"Size": 512} and made["PackageType"] == "Zip"
            assert made["Architectures"] == ["x86_64"] and made["TracingConfig"] == {"Mode": "PassThrough"}
            assert made["CodeSize"] == len(package)
            assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
            assert "Environment" not in made and "LastUpdateStatus" not in made
        finally:
            client.delete_function(FunctionName=new_name)

    def test_its_code_can_be_fetched_back(self, client, probe):
        found = client.get_function(FunctionName=probe.name)
        assert found["Code"]["RepositoryType"] == "S3"
        with urllib.request.urlopen(found["Code"]["Location"], timeout=30) as response:
            package = response.read()
        assert base64.b64encode(hashlib.sha256(package).digest()).decode() == found["Configuration"]["CodeSha256"]

    def test_as_soon_as_it_is_said_to_be_active_it_can_be_invoked(self, client, deploy):
        for _ in range(10):
            function = deploy("probe.py")
            client.invoke(FunctionName=function.name, InvocationType="DryRun")

    def test_it_is_listed(self, client, probe):
        names = [
            f["FunctionName"] for page in client.get_paginator("list_functions").paginate() for f in page["Functions"]
        ]
        assert probe.name in names

    def test_new_code_serves_the_next_invocation(self, client, deploy):
        function = deploy({"app.py": "def handler(event, context):\n    return 1\n"})
        assert function.invoke().payload == 1
        client.update_function_code(
            FunctionName=function.name, ZipFile=deployed.zipped({"app.py": "def handler(e, c):\n    return 2\n"})
        )
        function.wait_until_usable()
        assert function.invoke().payload == 2

    def test_a_dry_run_of_an_update_changes_nothing(self, client, deploy):
        function = deploy({"app.py": "def handler(event, context):\n    return 1\n"})
        client.update_function_code(
            FunctionName=function.name,
            DryRun=True,
            ZipFile=deployed.zipped({"app.py": "def handler(e, c):\n    return 2\n"}),
        )
        assert function.invoke().payload == 1

    def test_a_new_configuration_serves_the_next_invocation(self, client, deploy):
        function = deploy({"app.py": "import os\ndef handler(e, c):\n    return os.environ.get('COLOUR')\n"})
        assert function.invoke().payload is None
        function.configure(Environment={"Variables": {"COLOUR": "green"}}, Timeout=7, Description="new")
        assert function.invoke().payload == "green"
        now = client.get_function_configuration(FunctionName=function.name)
        assert (now["Timeout"], now["Description"], now["MemorySize"]) == (7, "new", 256)
        assert now["LastUpdateStatus"] == "Successful"

    def test_an_old_revision_is_refused(self, client, deploy):
        function = deploy("probe.py")
        code, status, message = deployed.refused(
            client.update_function_configuration,
            FunctionName=function.name,
            Timeout=9,
            RevisionId="00000000-0000-4000-8000-000000000000",
        )
        assert (code, status) == ("PreconditionFailedException", 412)
        assert "does not match the latest Revision Id" in message

    @pytest.mark.everywhere
    def test_deleted_it_is_gone(self, client, deploy):
        function = deploy("probe.py")
        assert function.do("echo", value=1) == 1
        client.delete_function(FunctionName=function.name)
        arn = f"arn:aws:lambda:eu-central-1:000000000000:function:{function.name}"
        assert deployed.refused(client.get_function, FunctionName=function.name) == (
            "ResourceNotFoundException",
            404,
            f"Function not found: {arn}",
        )
        code, status, message = deployed.refused(client.invoke, FunctionName=function.name)
        assert (code, status, message) == ("ResourceNotFoundException", 404, f"Function not found: {arn}:$LATEST")

    def test_its_name_can_be_used_again(self, client, deploy):
        function = deploy({"app.py": "def handler(e, c):\n    return 1\n"})
        assert function.invoke().payload == 1
        client.delete_function(FunctionName=function.name)
        again = deploy({"app.py": "def handler(e, c):\n    return 2\n"}, FunctionName=function.name)
        assert again.invoke().payload == 2

    def test_a_second_one_of_the_same_name_is_refused(self, client, deploy):
        function = deploy("probe.py")
        code, status, message = deployed.refused(
            client.create_function,
            FunctionName=function.name,
            Runtime="python3.11",
            Handler="app.handler",
            Role=deployed.ROLE,
            Code={"ZipFile": deployed.package_of("probe.py")},
        )
        assert (code, status, message) == ("ResourceConflictException", 409, f"Function already exist: {function.name}")

    def test_a_running_invocation_survives_an_update_and_a_delete(self, client, deploy, background):
        function = deploy("probe.py")
        function.do("echo")
        running = background(lambda: function.do("sleep", seconds=3, say="updated"))
        background.wait_for_line(function, "updated")
        client.update_function_configuration(FunctionName=function.name, Description="meanwhile")
        function.wait_until_usable()
        second = background(lambda: function.do("sleep", seconds=2, say="deleted"))
        background.wait_for_line(function, "deleted")
        client.delete_function(FunctionName=function.name)
        assert running.result(30) == "slept"
        assert second.result(30) == "slept"


class TestTheCommandLineInterface:
    @pytest.fixture
    def aws(self, machine, credentials):
        tool = pathlib.Path(sys.executable).parent / "aws"

        def aws(*arguments, check=True):
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": "/nonexistent",
                "AWS_ACCESS_KEY_ID": credentials[0],
                "AWS_SECRET_ACCESS_KEY": credentials[1],
                "AWS_DEFAULT_REGION": "eu-central-1",
                "AWS_PAGER": "",
                "AWS_MAX_ATTEMPTS": "1",
                "AWS_EC2_METADATA_DISABLED": "true",
            }
            command = [sys.executable, str(tool), "--endpoint-url", machine.endpoint, "lambda", *arguments]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
            if check:
                assert done.returncode == 0, done.stderr
            return done

        return aws

    @pytest.mark.everywhere
    @pytest.mark.timeout(180)
    def test_it_deploys_invokes_and_deletes(self, aws, client, new_name, tmp_path):
        (tmp_path / "code.zip").write_bytes(deployed.package_of("probe.py"))
        aws(
            "create-function",
            "--function-name",
            new_name,
            "--runtime",
            "python3.11",
            "--handler",
            "app.handler",
            "--role",
            deployed.ROLE,
            "--zip-file",
            f"fileb://{tmp_path}/code.zip",
            "--timeout",
            "60",
        )
        aws("wait", "function-active-v2", "--function-name", new_name)
        done = aws(
            "invoke",
            "--function-name",
            new_name,
            "--log-type",
            "Tail",
            "--payload",
            '{"do": "echo", "value": "by the command line"}',
            str(tmp_path / "answer"),
        )
        assert json.loads((tmp_path / "answer").read_text()) == "by the command line"
        said = json.loads(done.stdout)
        assert (said["StatusCode"], said["ExecutedVersion"]) == (200, "$LATEST")
        assert "REPORT RequestId" in base64.b64decode(said["LogResult"]).decode()
        assert new_name in aws("list-functions").stdout
        aws("delete-function", "--function-name", new_name)
        gone = aws("get-function", "--function-name", new_name, check=False)
        assert gone.returncode != 0 and "ResourceNotFoundException" in gone.stderr


class TestRuntimes:
    def test_one_that_is_not_installed_is_refused_with_the_reason(self, client, new_name):
        code, status, message = deployed.refused(
            client.create_function,
            FunctionName=new_name,
            Runtime="python3.12",
            Handler="app.handler",
            Role=deployed.ROLE,
            Code={"ZipFile": deployed.package_of("probe.py")},
        )
        assert (code, status) == ("InvalidParameterValueException", 400)
        assert "python3.12" in message and "install" in message

    def test_one_that_does_not_exist_is_refused(self, client, new_name):
        code, status, message = deployed.refused(
            client.create_function,
            FunctionName=new_name,
            Runtime="non-existent-runtime",
            Handler="app.handler",
            Role=deployed.ROLE,
            Code={"ZipFile": deployed.package_of("probe.py")},
        )
        assert (code, status) == ("InvalidParameterValueException", 400)
        assert message.startswith(
            "Value non-existent-runtime at 'runtime' failed to satisfy constraint: "
            "Member must satisfy enum value set: ["
        )

    def test_another_may_stand_in_where_the_operator_allows_it(self, client, deploy, configured):
        configured(runtime_substitution="yes")
        function = deploy("probe.py", Runtime="python3.12")
        assert client.get_function_configuration(FunctionName=function.name)["Runtime"] == "python3.12"
        assert function.do("environment")["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"

    @pytest.mark.parametrize("runtime", ["provided.al2", "provided.al2023"])
    def test_the_plain_ones_run_a_bootstrap(self, deploy, runtime):
        assert deploy("echo.bash", Runtime=runtime).invoke({}).payload["event"] == {}
