"""nodejs20.x: the machine's Node.js with the runtime client of this package."""

import base64
import json

import pytest

import deployed

SOURCES = deployed.FUNCTIONS / "nodejs"


def files(**extra):
    return {path.name: path.read_text() for path in SOURCES.iterdir()} | extra


@pytest.fixture
def node(deploy):
    def node(handler, source=None, **members):
        return deploy(source or files(), Runtime="nodejs20.x", Handler=handler, **members)

    return node


def test_an_event_comes_back_twice_from_one_environment(node):
    function = node("index.echo")
    first = function.invoke({"text": "grüße", "list": [1, None]})
    assert (first.error, first.payload) == (None, {"text": "grüße", "list": [1, None]})
    assert "init" in first.report and first.report["init"]
    assert function.invoke([1]).report["init"] is None


def test_the_context_is_complete(node):
    function = node("index.context")
    context = {"custom": {"a": "b"}, "env": {}, "client": {}}
    answer = function.invoke({}, ClientContext=base64.b64encode(json.dumps(context).encode()).decode())
    found = answer.payload
    assert found["start"] == "waited"
    assert (found["id"], found["name"], found["version"]) == (answer.request_id, function.name, "$LATEST")
    assert (found["memory"], found["group"]) == ("256", f"/aws/lambda/{function.name}")
    assert found["arn"].endswith(f":function:{function.name}")
    assert found["client"] == context
    assert 0 < found["remaining"] <= 60_000
    assert found["trace"].startswith("Root=1-")
    assert (found["environment"], found["uid"], found["directory"]) == ("AWS_Lambda_nodejs20.x", 993, "/var/task")


def test_the_console_writes_one_line_for_each_call(node):
    answer = node("index.log").invoke({})
    lines = [line.split("\t") for line in answer.log.splitlines() if answer.request_id in line and "\t" in line]
    said = [line[1:4] for line in lines if line[1] == answer.request_id]
    assert said[0] == [answer.request_id, "INFO", "first line { a: 1 }"]
    assert said[1][1:] == ["WARN", "two\rlines"] or said[1][1] == "WARN"
    assert [entry[1] for entry in said] == ["INFO", "WARN", "ERROR", "DEBUG"]


@pytest.mark.parametrize(
    ("handler", "kind", "message"),
    [
        ("index.raise", "TypeError", "not this"),
        ("index.text", "string", "only a text"),
        ("index.circle", "Error", "Unable to stringify response body"),
        ("callbacks.error", "Error", "by callback"),
        ("callbacks.rejection", "Runtime.UnhandledPromiseRejection", "Error: nobody listens"),
        ("callbacks.later", "RangeError", "too late to be caught"),
    ],
)
def test_errors_reach_the_caller(node, handler, kind, message):
    function = node(handler)
    answer = function.invoke({})
    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == kind
    assert message in answer.payload["errorMessage"]
    assert isinstance(answer.payload["trace"], list)
    assert function.invoke({}).error == "Unhandled", "and the next invocation runs again"


@pytest.mark.parametrize(
    ("handler", "value"),
    [
        ("callbacks.callback", {"called": {"a": 1}}),
        ("callbacks.waits", "answered early"),
        ("callbacks.hurries", "at once"),
        ("callbacks.nothing", None),
        ("callbacks.succeed", "by the context"),
        ("index.api.method", "nested"),
    ],
)
def test_every_form_of_a_handler_answers(node, handler, value):
    answer = node(handler).invoke({"a": 1})
    assert answer.error is None, answer.body
    assert answer.payload == value
    assert ("the loop is empty now" in answer.log) == (handler == "callbacks.waits")


@pytest.mark.parametrize(
    ("handler", "kind", "message"),
    [
        ("absent.handler", "Runtime.ImportModuleError", "Cannot find module 'absent'"),
        ("index.absent", "Runtime.HandlerNotFound", "index.absent is undefined or not exported"),
        ("broken.handler", "Runtime.UserCodeSyntaxError", "SyntaxError"),
        ("nodots", "Runtime.MalformedHandlerName", "Bad handler"),
        ("throws.handler", "Error", "at the first line"),
    ],
)
def test_a_start_that_fails_says_why(node, handler, kind, message):
    source = files(**{"broken.js": "exports.handler = (", "throws.js": "throw new Error('at the first line');"})
    answer = node(handler, source).invoke({})
    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == kind
    assert message in answer.payload["errorMessage"]


def test_json_logs_hold_level_and_request(node):
    function = node("index.log", LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO"})
    answer = function.invoke({})
    lines = [json.loads(line) for line in answer.log.splitlines() if line.startswith('{"timestamp"')]
    assert [line["level"] for line in lines] == ["INFO", "WARN", "ERROR"], "DEBUG is below the level"
    assert {line["requestId"] for line in lines} == {answer.request_id}
    assert lines[1]["message"] == "two\nlines"
    assert (lines[2]["errorType"], lines[2]["errorMessage"]) == ("RangeError", "shown")
