"""Asynchronous invocations: taken once, run at least once, also where lambdad is killed in between."""

import json

import pytest

import crash_loop
from machines import eventually

pytestmark = pytest.mark.timeout(180)


def send(client, function, **event):
    answer = client.invoke(FunctionName=function.name, InvocationType="Event", Payload=json.dumps(event))
    assert answer["StatusCode"] == 202
    return answer["ResponseMetadata"]["RequestId"]


def have_run(machine, function, texts):
    for text in texts:
        eventually(
            f"{text} has run", lambda: machine.has_line(function.name, text), within=30 * machine.slowness, every=0.2
        )


@pytest.mark.everywhere
def test_an_event_runs_with_the_request_id_that_its_sender_was_told(machine, client, deploy):
    function = deploy("probe.py")
    request = send(client, function, do="sleep", seconds=0, say="the event ran")
    have_run(machine, function, ["the event ran", f"START RequestId: {request} Version: $LATEST"])


@pytest.fixture
def outside():
    outside = crash_loop.Outside()
    yield outside
    outside.close()


@pytest.mark.booted
@pytest.mark.timeout(300)
def test_nothing_is_lost_although_lambdad_is_killed_again_and_again(machine, session, client, configured, outside):
    configured(**crash_loop.settings(outside))
    function = crash_loop.deploy(client, machine)
    report = crash_loop.run(machine, session, 3 if machine.slowness > 1 else 8, outside, function.name)
    client.delete_function(FunctionName=function.name)
    assert report["of these run"] == report["events answered with 202"], report
    eventually("no sandbox is left", lambda: not machine.sandboxes(), within=30 * machine.slowness, every=0.5)
