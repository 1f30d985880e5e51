"""Clients that people bring, as they are installed: version 2 of the AWS CLI, the SAM CLI, and Chalice."""

import base64
import json

import pytest

import clients
import deployed
from machines import eventually

ACCOUNT = "eu-central-1:000000000000"
HANDLER = "def handler(event, context):\n    print('saw', event)\n    return {'saw': event}\n"


def group_of(function):
    return f"/aws/lambda/{function.name}"


def arn_of(function):
    return f"arn:aws:lambda:{ACCOUNT}:function:{function.name}"


@pytest.fixture
def variables(credentials, session):
    return clients.settings(credentials, session.region_name)


@pytest.fixture
def aws(machine, variables, tmp_path):
    return clients.version2(variables, tmp_path, machine.endpoint)


@pytest.fixture
def sam(machine, variables, tmp_path):
    return clients.tool("sam", variables, tmp_path, machine.endpoint)


@pytest.fixture
def following():
    """Starts commands that go on until the test ends at the latest."""
    started = []

    def follow(tool, *arguments):
        started.append(tool.follow(*arguments))
        return started[-1]

    yield follow
    for each in started:
        each.close()


ROLE_OF_STACK = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": "lambda-role",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
    },
}


def said(machine, function, *lines):
    """Has a function of probe.py write lines, and waits until the logs API has them."""
    function.do("say", lines=list(lines))
    eventually("the line is logged", lambda: machine.has_line(function.name, lines[-1]), within=10 * machine.slowness)


class TestVersion2:
    """Of the AWS CLI. Every operation is asked for in test_api_operations.py."""

    def test_is_version_2(self, aws):
        assert aws("--version").startswith("aws-cli/2.")

    def test_takes_an_event_as_base64_as_text_and_from_files(self, aws, deploy, tmp_path):
        function = deploy({"app.py": HANDLER})
        event = '{"name": "you"}'
        (tmp_path / "event.json").write_text(event)
        raw = ("--cli-binary-format", "raw-in-base64-out")
        for options in (
            ("--payload", base64.b64encode(event.encode()).decode()),
            ("--payload", event, *raw),
            ("--payload", "file://event.json", *raw),
            ("--payload", "fileb://event.json"),
        ):
            answer = json.loads(aws("lambda", "invoke", "--function-name", function.name, *options, "answer.json"))
            assert answer == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
            assert json.loads((tmp_path / "answer.json").read_text()) == {"saw": {"name": "you"}}

    def test_reads_a_log_in_every_form(self, aws, machine, deploy):
        function = deploy("probe.py")
        said(machine, function, '{"level": "ERROR", "n": 7}', "fine")
        tail = ("logs", "tail", group_of(function), "--since", "5m")
        assert [line.split(" ")[2] for line in aws(*tail).splitlines()] == [
            "INIT_START",
            "START",
            '{"level":',
            "fine",
            "END",
            "REPORT",
        ]
        (short,) = aws(*tail, "--format", "short", "--filter-pattern", "fine").splitlines()
        assert short.split(" ")[1:] == ["fine"]
        choice = ("--log-group-name", group_of(function))
        found = aws("logs", "filter-log-events", *choice, "--filter-pattern", "{ $.n > 5 }", "--output", "yaml")
        assert found.count("eventId:") == 1 and '"level": "ERROR"' in found
        stream = json.loads(aws("logs", "describe-log-streams", *choice))["logStreams"][0]["logStreamName"]
        text = ("--query", "events[].message", "--output", "text")
        read = aws("logs", "get-log-events", *choice, "--log-stream-name", stream, "--limit", "2", *text)
        assert read.startswith("END RequestId: ")

    def test_follows_a_log_until_it_is_interrupted(self, aws, machine, deploy, following):
        function = deploy("probe.py")
        said(machine, function, "line before", "other")
        follower = following(
            aws, "logs", "tail", group_of(function), "--follow", "--format", "short", "--filter-pattern", "line"
        )
        seen = follower.until("line before", within=20)
        for number in range(3):
            said(machine, function, f"line {number}", "other")
        # It asks every five seconds.
        seen += follower.until("line 2", within=30)
        assert [line.partition(" ")[2] for line in seen] == ["line before", "line 0", "line 1", "line 2"]
        # Zero where it waits, and 130 where it asks, as a shell has it.
        status, message = follower.interrupt()
        assert status in (0, 130) and message == ""

    def test_says_what_is_not_there(self, aws):
        done = aws.start("logs", "tail", "/aws/lambda/there-is-none", "--follow")
        assert done.returncode == 254
        assert "(ResourceNotFoundException) when calling the FilterLogEvents operation" in done.stderr


class TestSAM:
    def test_invokes_and_shows_the_log_beside_the_answer(self, sam, deploy):
        function = deploy({"app.py": HANDLER})
        done = sam.start("remote", "invoke", arn_of(function), "--event", '{"a": 1}')
        assert (done.returncode, json.loads(done.stdout)) == (0, {"saw": {"a": 1}})
        assert "\nsaw {'a': 1}\n" in done.stderr and "\nREPORT RequestId: " in done.stderr
        event = sam("local", "generate-event", "sqs", "receive-message")
        whole = json.loads(
            sam("remote", "invoke", arn_of(function), "--event-file", "-", "--output", "json", input=event)
        )
        assert json.loads(whole["Payload"]) == {"saw": json.loads(event)} and whole["StatusCode"] == 200

    def test_shows_an_error_and_starts_what_runs_later(self, sam, machine, deploy):
        function = deploy({"app.py": "def handler(event, context):\n    print('began')\n    raise ValueError('no')\n"})
        done = sam.start("remote", "invoke", arn_of(function), "--parameter", "Qualifier=$LATEST")
        assert json.loads(done.stdout)["errorType"] == "ValueError" and "ValueError: no" in done.stderr
        later = deploy({"app.py": HANDLER})
        started = json.loads(
            sam("remote", "invoke", arn_of(later), "--parameter", "InvocationType=Event", "--output", "json")
        )
        assert (started["StatusCode"], started["Payload"]) == (202, "")
        eventually("it has run", lambda: machine.has_line(later.name, "saw {}"), within=10 * machine.slowness)

    def test_reads_a_streamed_answer(self, sam, client, deploy):
        source = {"bootstrap": (deployed.FUNCTIONS / "stream.py").read_text()}
        function = deploy(source, Runtime="provided.al2023")
        # By this it knows that the function's answers are streams.
        client.create_function_url_config(
            FunctionName=function.name, AuthType="AWS_IAM", InvokeMode="RESPONSE_STREAM"
        )
        event = json.dumps({"pieces": ["first\n", "second\n"], "pause": 0.1})
        done = sam.start("remote", "invoke", arn_of(function), "--event", event)
        assert (done.returncode, done.stdout) == (0, "first\nsecond\n")
        assert "\nREPORT RequestId: " in done.stderr
        whole = json.loads(sam("remote", "invoke", arn_of(function), "--event", event, "--output", "json"))
        assert [list(each) for each in whole["EventStream"]] == [["PayloadChunk"], ["PayloadChunk"], ["InvokeComplete"]]

    def test_reads_and_follows_a_log(self, sam, machine, deploy, following):
        function = deploy("probe.py")
        said(machine, function, "line before", "other")
        logs = ("logs", "--cw-log-group", group_of(function))
        chosen = sam(*logs, "--start-time", "5mins ago", "--filter", "line")
        assert [line.split(" ", 2)[2] for line in chosen.splitlines() if line] == ["line before"]
        shown = [json.loads(line)["message"] for line in sam(*logs, "--output", "json").splitlines() if line]
        assert [message.partition(" ")[0].rstrip("\n") for message in shown] == [
            "INIT_START",
            "START",
            "line",
            "other",
            "END",
            "REPORT",
        ]
        follower = following(sam, *logs, "--tail", "--start-time", "5mins ago")
        follower.until("line before", within=20)
        for number in range(3):
            said(machine, function, f"line {number}", "other")
            follower.until(f"line {number}", within=20)
        status, message = follower.interrupt()
        assert status == 0 and "CTRL+C received" in message
        assert "does not exist" in sam.start("logs", "--cw-log-group", "/aws/lambda/there-is-none").stderr

    @pytest.mark.network
    def test_finds_functions_by_the_stack_of_a_neighbour(self, sam, session, services, machine, deploy, tmp_path):
        """CloudFormation is not here. Where another server has it, its stack names the functions that are here."""
        function = deploy({"app.py": HANDLER})
        properties = {"FunctionName": function.name, "Runtime": "python3.11", "Handler": "app.handler"}
        stack = {
            "Role": ROLE_OF_STACK,
            "Hello": {
                "Type": "AWS::Lambda::Function",
                "Properties": properties
                | {"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"ZipFile": "def handler(event, context): pass"}},
            },
        }
        formation = session.client("cloudformation", endpoint_url=services)
        formation.create_stack(
            StackName=function.name, TemplateBody=json.dumps({"Resources": stack}), Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        for service in ("CLOUDFORMATION", "S3", "STS"):
            sam.variables[f"AWS_ENDPOINT_URL_{service}"] = services
        by_stack = ("--stack-name", function.name)
        answer = sam("remote", "invoke", "Hello", *by_stack, "--event", '{"a": 1}')
        assert json.loads(answer) == {"saw": {"a": 1}}
        eventually("it is logged", lambda: machine.has_line(function.name, "saw {'a': 1}"), within=10)
        assert " saw {'a': 1}\n" in sam("logs", "-n", "Hello", *by_stack)

        project = {
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {
                "Hello": {"Type": "AWS::Serverless::Function", "Properties": properties | {"CodeUri": "source"}}
            },
        }
        (tmp_path / "template.json").write_text(json.dumps(project))
        (tmp_path / "source").mkdir()
        (tmp_path / "source/app.py").write_text("def handler(event, context):\n    return 'synced'\n")
        (tmp_path / "source/requirements.txt").write_text("")
        sam(
            *("sync", "--code", "--template", "template.json", "--no-dependency-layer", "--resource-id", "Hello"),
            *(*by_stack, "--s3-bucket", "not-asked-for"),
            input="y\n",
        )
        function.wait_until_usable()
        assert function.invoke({}).payload == "synced"


class TestChalice:
    def test_deploys_invokes_and_takes_away(self, machine, variables, client, new_name, tmp_path):
        chalice = clients.tool("chalice", variables, tmp_path, machine.endpoint)
        (tmp_path / "app.py").write_text(
            "import chalice\n"
            f"app = chalice.Chalice('{new_name}')\n\n\n"
            "@app.lambda_function()\n"
            "def first(event, context):\n"
            "    print('saw', event)\n"
            "    return {'saw': event}\n"
        )
        (tmp_path / "requirements.txt").write_text("")
        (tmp_path / ".chalice").mkdir()
        settings = {"version": "2.0", "app_name": new_name, "manage_iam_role": False, "iam_role_arn": deployed.ROLE}
        (tmp_path / ".chalice/config.json").write_text(json.dumps(settings | {"stages": {"dev": {}}}))
        name = f"{new_name}-dev-first"
        assert f"function:{name}" in chalice("deploy")
        try:
            assert json.loads(chalice("invoke", "-n", "first", input='{"a": 1}')) == {"saw": {"a": 1}}
            eventually("it is logged", lambda: machine.has_line(name, "saw {'a': 1}"), within=10 * machine.slowness)
            assert " saw {'a': 1}\n" in chalice("logs", "-n", "first")
            chalice("deploy")
        finally:
            chalice("delete")
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_function(FunctionName=name)
