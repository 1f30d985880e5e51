"""Traces, with a receiver of datagrams in the X-Ray daemon's place, and chains of invocations."""

import json
import re
import socket

import pytest

import deployed

TRACE = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9581a8d4aaaaaaaa;Sampled={}"


class Receiver:
    """A UDP socket on the machine's loopback; this process is in its network namespace."""

    def __init__(self, patience):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(patience)
        self.address = "127.0.0.1:{}".format(self.socket.getsockname()[1])

    def next(self):
        return self.socket.recv(65_536)

    def segment(self):
        head, _, document = self.next().partition(b"\n")
        assert json.loads(head) == {"format": "json", "version": 1}
        return json.loads(document)


@pytest.fixture
def daemon(machine, configured):
    receiver = Receiver(20 * machine.slowness)
    configured(xray_daemon=receiver.address)
    yield receiver
    receiver.socket.close()


def traced(raw, function, event, sampled=1):
    status, headers, body = raw.invoke(
        function.name, json.dumps(event).encode(), headers={"X-Amzn-Trace-Id": TRACE.format(sampled)}
    )
    assert status == 200
    return headers, json.loads(body)


def test_segments_of_a_traced_function_arrive_with_the_right_parents(deploy, daemon, raw):
    function = deploy("logging_probe.py", TracingConfig={"Mode": "Active"})
    headers, seen = traced(raw, function, {"do": "identity"})
    service, own = daemon.segment(), daemon.segment()
    assert (service["origin"], own["origin"]) == ("AWS::Lambda", "AWS::Lambda::Function")
    assert service["trace_id"] == own["trace_id"] == "1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
    assert service["parent_id"] == "9581a8d4aaaaaaaa"
    assert own["parent_id"] == service["id"]
    assert f";Parent={own['id']};Sampled=1" in seen["trace"]
    assert [part["name"] for part in own["subsegments"]] == ["Initialization", "Invocation", "Overhead"]
    assert service["start_time"] <= own["subsegments"][1]["start_time"] <= own["end_time"]
    assert service["aws"]["request_id"] == headers["x-amzn-requestid"]


def test_the_log_names_the_segment(deploy, daemon):
    function = deploy("logging_probe.py", TracingConfig={"Mode": "Active"})
    # Nobody decided, so the first one of a second is sampled.
    answer = function.invoke({"do": "identity"})
    daemon.segment()
    own = daemon.segment()
    assert re.search(
        rf"\nXRAY TraceId: {own['trace_id']}\tSegmentId: {own['id']}\tSampled: true\n$", answer.log
    ), answer.log


def test_an_error_is_a_fault_with_its_cause(deploy, daemon, raw):
    function = deploy("logging_probe.py", TracingConfig={"Mode": "Active"})
    traced(raw, function, {"do": "fail"})
    service, own = daemon.segment(), daemon.segment()
    assert service["fault"] and own["fault"]
    exception = own["cause"]["exceptions"][0]
    assert exception["type"] == "KeyError" and "shown with its trace" in exception["message"]
    assert any(frame["label"] == "fail" for frame in exception["stack"])


def test_what_the_function_sends_itself_arrives(deploy, daemon):
    function = deploy("logging_probe.py")
    function.do("segment", text="a segment of its own")
    assert daemon.next() == b"a segment of its own"


def test_nothing_is_sent_where_it_was_decided_against(deploy, daemon, raw):
    active = deploy("logging_probe.py", TracingConfig={"Mode": "Active"})
    _, seen = traced(raw, active, {"do": "identity"}, sampled=0)
    assert ";Sampled=0" in seen["trace"] and "9581a8d4aaaaaaaa" not in seen["trace"]
    passing = deploy("logging_probe.py")
    _, seen = traced(raw, passing, {"do": "identity"})
    assert seen["trace"].startswith(TRACE.format(1))
    # Whatever would have been sent before is ahead of this.
    passing.do("segment", text="the first")
    assert daemon.next() == b"the first"


@pytest.fixture
def chain(monkeypatch, deploy):
    """Invokes a function again and again as it would itself: the SDK carries on the header that the function was given."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "chain")

    def chain(function, length):
        for _ in range(length):
            monkeypatch.setenv("_X_AMZN_TRACE_ID", function.invoke({"do": "identity"}).payload["trace"])

    return chain


def test_a_chain_that_comes_back_too_often_is_ended(deploy, chain):
    function = deploy("logging_probe.py")
    chain(function, 16)
    code, status, message = deployed.refused(function.invoke, event={"do": "identity"})
    assert (code, status) == ("RecursiveInvocationException", 400)
    assert "recursive loop" in message


def test_a_chain_goes_on_where_the_function_allows_it(deploy, chain, client):
    function = deploy("logging_probe.py")
    client.put_function_recursion_config(FunctionName=function.name, RecursiveLoop="Allow")
    chain(function, 18)
