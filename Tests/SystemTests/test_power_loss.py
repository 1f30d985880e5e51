"""The plug is pulled under load: what was answered was on the disk."""

import threading
import uuid

import botocore.exceptions
import pytest

import deployed
from machines import eventually

HANDLER = """
import time

def handler(event, context):
    print("ran", event["id"])
    time.sleep(event.get("seconds", 0))
    return event["id"]
"""


class Senders:
    """Events from several threads until the server is gone. `accepted` are those answered with 202."""

    def __init__(self, session, machine, function, count=3):
        self.accepted = []
        self.lost = threading.Event()
        self.threads = [threading.Thread(target=self.send, args=(session, machine, function)) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def send(self, session, machine, function):
        client = deployed.client_of(session, machine.endpoint, read_timeout=10, connect_timeout=5)
        while not self.lost.is_set():
            name = uuid.uuid4().hex
            try:
                answer = client.invoke(
                    FunctionName=function, InvocationType="Event", Payload=f'{{"id": "{name}"}}'.encode()
                )
            except botocore.exceptions.BotoCoreError:
                return
            assert answer["StatusCode"] == 202
            self.accepted.append(name)

    def end(self):
        self.lost.set()
        for thread in self.threads:
            thread.join(30)


@pytest.mark.virtual
@pytest.mark.timeout(120)
def test_what_was_answered_survives_a_loss_of_power(machine, session, client, deploy, configured, background):
    configured(async_backoff_max=2)
    # The file that was just written is the test's own business.
    machine.run("sync")
    function = deploy({"app.py": HANDLER}, Timeout=900)
    # The only environment is taken, so no event runs before the power goes, and each can be seen to run afterwards.
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    background(lambda: function.invoke({"id": "long", "seconds": 800}))
    background.wait_for_line(function, "ran long")
    senders = Senders(session, machine, function.name)
    try:
        eventually("events are taken", lambda: len(senders.accepted) >= 40, within=5 * machine.slowness)
        late = deploy({"app.py": HANDLER}, Timeout=60)
        machine.lose_power()
    finally:
        senders.end()
    assert client.get_function_concurrency(FunctionName=function.name)["ReservedConcurrentExecutions"] == 1
    answer = late.invoke({"id": "late"})
    assert answer.error is None and answer.payload == "late", answer

    def missing():
        ran = {entry.get("MESSAGE") for entry in machine.journal("-t", function.name)}
        return {name for name in senders.accepted if f"ran {name}" not in ran}

    eventually("every event that was answered has run", lambda: not missing(), within=15 * machine.slowness, every=1)
