"""Asynchronous invocations: taken once, run at least once, also where lambdad is killed in between."""

import json

import pytest

import test_crash
from machines import eventually

pytestmark = [pytest.mark.everywhere, pytest.mark.timeout(180)]


def send(client, function, **event):
    answer = client.invoke(FunctionName=function.name, InvocationType="Event", Payload=json.dumps(event))
    assert answer["StatusCode"] == 202
    return answer["ResponseMetadata"]["RequestId"]


def have_run(machine, function, texts):
    for text in texts:
        eventually(
            f"{text} has run", lambda: machine.has_line(function.name, text), within=30 * machine.slowness, every=0.2
        )


def test_an_event_runs_with_the_request_id_that_its_sender_was_told(machine, client, deploy):
    function = deploy("probe.py")
    request = send(client, function, do="sleep", seconds=0, say="the event ran")
    have_run(machine, function, ["the event ran", f"START RequestId: {request} Version: $LATEST"])


@pytest.mark.booted
def test_every_event_that_was_taken_runs_although_lambdad_is_killed(machine, client, deploy):
    function = deploy("probe.py")
    texts = [f"event-{number}-ran" for number in range(20)]
    for text in texts:
        send(client, function, do="sleep", seconds=0.5, say=text)
    test_crash.kill(machine, "lambdad")
    have_run(machine, function, texts)
