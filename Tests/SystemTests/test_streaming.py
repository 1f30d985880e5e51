"""Answers that come while the function makes them: event streams, function URLs, and payloads of the largest size."""

import base64
import http.client
import json
import time
import urllib.parse

import pytest

import deployed
from machines import eventually

SOURCES = deployed.FUNCTIONS
INVOKE = "/2021-11-15/functions/{}/response-streaming-invocations"


def bootstrap(name):
    return {"bootstrap": (SOURCES / name).read_text()}


@pytest.fixture
def runtime(deploy):
    """A function whose runtime answers in chunks: functions/stream.py."""
    return lambda **members: deploy(bootstrap("stream.py"), Runtime="provided.al2023", **members)


@pytest.fixture
def node(deploy):
    files = {path.name: path.read_text() for path in (SOURCES / "streaming").iterdir()}
    return lambda handler, **members: deploy(files, Runtime="nodejs20.x", Handler=f"index.{handler}", **members)


def stream(function, event, **members):
    """The pieces of an answer with the time at which each came, what its end says, and when."""
    answer = function.client.invoke_with_response_stream(
        FunctionName=function.name, Payload=json.dumps(event).encode(), **members
    )
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST"
    pieces, end = [], None
    for item in answer["EventStream"]:
        assert end is None, "nothing follows the end"
        if "PayloadChunk" in item:
            pieces.append((item["PayloadChunk"]["Payload"], time.monotonic()))
        else:
            end = item["InvokeComplete"]
    return pieces, end, time.monotonic()


def joined(pieces):
    return b"".join(piece for piece, _ in pieces)


@pytest.mark.everywhere
def test_pieces_come_while_the_function_runs(runtime):
    pieces, end, ended = stream(runtime(), {"pieces": ["first", "second", "third"], "pause": 1}, LogType="Tail")
    assert joined(pieces) == b"firstsecondthird"
    assert pieces[0][0] == b"first" and ended - pieces[0][1] > 1.5
    assert set(end) == {"LogResult"}
    assert "REPORT RequestId" in base64.b64decode(end["LogResult"]).decode()


def test_an_error_in_the_middle_is_told_at_the_end(runtime):
    function = runtime()
    error = {"errorType": "Function.Broken", "errorMessage": "in the middle"}
    pieces, end, _ = stream(function, {"pieces": ["half"], "error": error})
    assert joined(pieces) == b"half"
    assert end["ErrorCode"] == "Function.Broken" and json.loads(end["ErrorDetails"]) == error
    pieces, end, _ = stream(function, {"pieces": ["whole"]})
    assert joined(pieces) == b"whole" and end == {}, "the runtime goes on"


def test_a_timeout_ends_the_stream(runtime):
    function = runtime(Timeout=3)
    pieces, end, _ = stream(function, {"pieces": ["half"], "sleep": 60})
    assert joined(pieces) == b"half"
    assert end["ErrorCode"] == "Sandbox.Timedout"
    assert "Task timed out after 3.00 seconds" in json.loads(end["ErrorDetails"])["errorMessage"]
    assert joined(stream(function, {"pieces": ["again"]})[0]) == b"again"


def test_a_crash_ends_the_stream(runtime):
    pieces, end, _ = stream(runtime(), {"pieces": ["half"], "exit": 3})
    assert joined(pieces) == b"half"
    assert end["ErrorCode"] == "Runtime.ExitError"
    assert "exit status 3" in json.loads(end["ErrorDetails"])["errorMessage"]


def test_a_response_that_breaks_off_is_truncated(runtime):
    function = runtime()
    pieces, end, _ = stream(function, {"pieces": ["half"], "breaks": True})
    assert joined(pieces) == b"half" and end["ErrorCode"] == "Runtime.TruncatedResponse"
    assert joined(stream(function, {"pieces": ["again"]})[0]) == b"again"


def test_a_caller_of_the_whole_gets_it_collected(runtime):
    function = runtime()
    answer = function.invoke({"pieces": ["first", "second"], "pause": 0.1})
    assert (answer.error, answer.body) == (None, b"firstsecond")
    error = {"errorType": "Function.Broken", "errorMessage": "in the middle"}
    answer = function.invoke({"pieces": ["half"], "error": error})
    assert answer.error == "Unhandled" and answer.payload == error
    answer = function.invoke({"megabytes": 7})
    assert answer.error == "Unhandled" and answer.payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_more_than_a_whole_answer_may_have_can_be_streamed(runtime):
    pieces, end, _ = stream(runtime(Timeout=30), {"megabytes": 64})
    assert sum(len(piece) for piece, _ in pieces) == 64 * 1048576 and end == {}


def test_a_streamed_answer_has_a_largest_size(runtime, configured):
    configured("reload", streamed_response_limit=1048576)
    function = runtime()
    pieces, end, _ = stream(function, {"megabytes": 3})
    assert sum(len(piece) for piece, _ in pieces) <= 1048576
    assert end["ErrorCode"] == "Function.ResponseSizeTooLarge"
    assert joined(stream(function, {"pieces": ["again"]})[0]) == b"again"


def test_a_rate_can_be_set(runtime, configured):
    configured("reload", stream_burst=1048576, stream_rate=1048576)
    pieces, _, ended = stream(runtime(Timeout=30), {"megabytes": 4})
    assert ended - pieces[0][1] > 2, "3 MiB at 1 MiB a second, less what the sockets hold"


def asked(raw, function, event):
    """A connection on which the request is out and nothing of the answer was read."""
    body = json.dumps(event).encode()
    path = INVOKE.format(function.name)
    connection = raw.connect()
    connection.request("POST", path, body=body, headers=raw.headers("POST", path, body))
    return connection


def test_a_slow_caller_slows_the_function(runtime, raw, machine, new_name):
    function = runtime(Timeout=60)
    connection = asked(raw, function, {"pieces": ["x"], "megabytes": 64, "mark": new_name})
    response = connection.getresponse()
    assert response.status == 200
    # Nothing shows that the function waits but that it has not ended: it writes 64 MiB in far less time.
    time.sleep(3)
    assert not machine.has_line(function.name, f"wrote everything {new_name}")
    assert len(response.read()) > 64 * 1048576
    connection.close()
    eventually("the function has ended", lambda: machine.has_line(function.name, f"wrote everything {new_name}"), within=10)


def test_a_caller_that_goes_away_does_not_stop_the_function(runtime, raw, machine, new_name):
    function = runtime(Timeout=60)
    connection = asked(raw, function, {"pieces": ["x"], "megabytes": 32, "mark": new_name})
    response = connection.getresponse()
    response.read(10)
    response.close()
    connection.close()
    eventually("the function has ended", lambda: machine.has_line(function.name, f"answered with 202 {new_name}"), within=20)


def test_node_streams(node):
    function = node("pieces")
    pieces, end, ended = stream(function, {"pieces": ["first", "grüße"], "pause": 1500})
    assert joined(pieces) == "firstgrüße".encode() and end == {}
    assert ended - pieces[0][1] > 1
    pieces, end, _ = stream(function, {"pieces": ["half"], "error": "in the middle"})
    assert joined(pieces) == b"half" and end["ErrorCode"] == "Unhandled"
    assert json.loads(end["ErrorDetails"])["errorType"] == "RangeError"
    pieces, end, _ = stream(node("early"), {})
    assert pieces == [] and end["ErrorCode"] == "Unhandled"
    assert json.loads(end["ErrorDetails"])["errorMessage"] == "before the first byte"
    answer = node("large", Timeout=30).invoke({"bytes": 3 * 1048576})
    assert answer.error is None and len(answer.body) == 3 * 1048576


def test_a_function_that_does_not_stream_gives_its_answer_in_pieces(node):
    pieces, end, _ = stream(node("buffered"), [1])
    assert json.loads(joined(pieces)) == {"statusCode": 418, "body": [1]} and end == {}


def url_of(function, client):
    made = client.create_function_url_config(
        FunctionName=function.name, AuthType="NONE", InvokeMode="RESPONSE_STREAM"
    )
    client.add_permission(
        FunctionName=function.name,
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    return urllib.parse.urlsplit(made["FunctionUrl"])


def get(machine, url, path="/", body=None):
    address = urllib.parse.urlsplit(machine.endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("POST" if body else "GET", path, body=body, headers={"Host": url.netloc})
    return connection.getresponse()


def test_a_url_streams_what_a_prelude_says(node, client, machine):
    response = get(machine, url_of(node("page"), client), "/some/where")
    assert response.status == 203
    assert response.headers["Content-Type"] == "text/html; charset=utf-8" and response.headers["X-Path"] == "/some/where"
    assert response.headers.get_all("set-cookie") == ["a=1", "b=2; Path=/"]
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert response.read() == "<h1>grüße</h1>".encode() + bytes(8) + b"\1"


def test_a_url_tells_an_early_error_by_its_status_and_breaks_off_at_a_late_one(node, client, machine):
    response = get(machine, url_of(node("early"), client))
    assert (response.status, response.read()) == (502, b"Internal Server Error")
    response = get(machine, url_of(node("late"), client))
    assert response.status == 200
    with pytest.raises(http.client.IncompleteRead) as cut:
        response.read()
    assert cut.value.partial == b"half"


def test_a_url_gives_a_whole_answer_as_it_is(node, client, machine):
    response = get(machine, url_of(node("buffered"), client))
    assert response.status == 200
    assert json.loads(response.read())["statusCode"] == 418


def test_six_megabytes_come_back_as_they_were(deploy):
    function = deploy(bootstrap("echo_bytes.py"), Runtime="provided.al2023", Timeout=30)
    payload = b'"' + b"0123456789abcdef" * 393215 + b'"'
    assert len(payload) < 6291456
    for _ in range(3):
        answer = function.invoke(payload, LogType="None")
        assert answer.error is None and answer.body == payload
    assert function.invoke(b"[1]", LogType="None").body == b"[1]"
    code, status, _ = deployed.refused(function.invoke, event=b'"' + b"x" * 6291455 + b'"')
    assert (code, status) == ("RequestEntityTooLargeException", 413)
