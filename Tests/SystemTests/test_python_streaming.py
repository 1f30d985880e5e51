"""Streams and AWS's Python client, which has none of its own: what its functions give, and a function that streams past it."""

from test_streaming import joined, stream


def test_the_client_gives_whole_answers_to_who_asks_for_a_stream(deploy):
    function = deploy("python_stream.py")
    pieces, end, _ = stream(function, {"a": "ü"})
    assert joined(pieces) == b'{"a": "\\u00fc"}' and end == {}
    pieces, end, _ = stream(function, {"bytes": "as they are"})
    assert joined(pieces) == b"as they are" and end == {}


def test_the_client_knows_no_generators(deploy):
    function = deploy("python_stream.py")
    answer = function.invoke({"pieces": ["first", "second"]})
    assert answer.error == "Unhandled" and answer.payload["errorType"] == "Runtime.MarshalError"
    assert "generator is not JSON serializable" in answer.payload["errorMessage"]
    # The environment is well.
    assert function.invoke({"a": 1}).payload == {"a": 1}


def test_a_function_may_stream_by_the_runtime_api_itself(deploy):
    function = deploy("python_stream.py", Environment={"Variables": {"BY_HAND": "1"}})
    for _ in range(2):
        pieces, end, ended = stream(function, {"pieces": ["first", "second", "third"], "pause": 1})
        assert joined(pieces) == b"firstsecondthird" and end == {}
        assert pieces[0][0] == b"first" and ended - pieces[0][1] > 1.5
    # Whoever waits for the whole gets it whole, and answers that are no stream go the client's own way.
    assert function.invoke({"pieces": ["first", "second"]}).body == b"firstsecond"
    assert function.invoke({"a": 1}).payload == {"a": 1}
