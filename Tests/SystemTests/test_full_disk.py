"""A disk that gets full: what lambdad does not take, what it goes on doing, and that it takes it again afterwards."""

import collections
import json

import pytest

from deployed import refused
from machines import eventually

pytestmark = [pytest.mark.booted, pytest.mark.timeout(120)]

STATE = "/var/lib/lambdad"
# An eighth of it is left to the outcomes of events, and they are counted twice until they are in the main file.
DISK = 48 << 20
PADDING = "x" * 200_000
NO_ROOM = (
    "ServiceUnavailableException",
    503,
    "There is too little space left on the disk of asynchronous invocations.",
)
HANDLER = """
import time

def handler(event, context):
    print("ran", event["id"], flush=True)
    time.sleep(event.get("seconds", 0))
    return event["id"]
"""


class Disk:
    """A small file system below lambdad's state, for as long as it is asked to be there."""

    def __init__(self, machine):
        self.machine = machine

    def mount(self):
        self.machine.run("systemctl", "stop", "lambdad.service", timeout=60)
        user, group = (self.machine.run("id", option, "lambdad").strip() for option in ("-u", "-g"))
        options = f"size={DISK},mode=0750,uid={user},gid={group}"
        self.machine.run("mount", "-t", "tmpfs", "-o", options, "small", STATE)

    def unmount(self):
        self.machine.run("systemctl", "stop", "lambdad.service", timeout=60)
        # What is mounted out of it for environments goes when they do, and they go after lambdad.
        eventually("nobody uses the disk", lambda: self.machine.succeeds("umount", STATE), within=10, every=0.2)

    def available(self):
        blocks, size = map(int, self.machine.run("stat", "-f", "-c", "%a %S", STATE).split())
        return blocks * size

    def queue_size(self):
        """Bytes of the events' database and its log."""
        sizes = self.machine.run("sh", "-c", f"stat -c %s {STATE}/events.sqlite {STATE}/events.sqlite-wal")
        return sum(map(int, sizes.split()))

    def fill(self):
        """Takes every byte that is left."""
        self.machine.run("sh", "-c", f"cat /dev/zero >{STATE}/filler", check=False)
        assert self.available() == 0

    def relieve(self):
        self.machine.run("rm", "-f", f"{STATE}/filler")


@pytest.fixture
def disk(machine, configured):
    """The service starts anew on an empty small disk. Afterwards `configured` starts it on its own again."""
    disk = Disk(machine)
    disk.mount()
    try:
        configured(async_backoff_max=1, drain_timeout=1)
        eventually("lambdad answers", machine.is_healthy, within=20)
        yield disk
    finally:
        disk.unmount()


@pytest.fixture
def busy(client, deploy, background):
    """A function whose only place is taken, so that its events wait."""
    function = deploy({"app.py": HANDLER}, Timeout=120)
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    background(lambda: function.invoke({"id": "long", "seconds": 110}))
    background.wait_for_line(function, "ran long")
    return function


def send(client, function, name, padding=PADDING, **members):
    event = json.dumps({"id": name, "padding": padding, **members}).encode()
    answer = client.invoke(FunctionName=function.name, InvocationType="Event", Payload=event)
    assert answer["StatusCode"] == 202
    return name


def send_until_refused(client, function, most):
    """The events that were taken, and what became of the first that was not."""
    taken = []
    while len(taken) < most:
        try:
            taken.append(send(client, function, f"event-{len(taken)}"))
        except client.exceptions.ClientError:
            break
    return taken, refused(send, client=client, function=function, name="refused")


def runs(machine, function):
    """How often each event has run."""
    lines = (entry.get("MESSAGE", "") for entry in machine.journal("-t", function.name))
    return collections.Counter(line.removeprefix("ran ") for line in lines if line.startswith("ran "))


def waits_for_disk(machine):
    """Whether this process of lambdad has said that the outcome of an event could not be written."""
    entries = machine.journal(f"_PID={machine.main_pid('lambdad.service')}")
    return any("disk does not take an outcome" in entry.get("MESSAGE", "") for entry in entries)


def wait_until_run(machine, function, names):
    eventually(
        "every event that was taken has run", lambda: set(names) <= set(runs(machine, function)), within=40, every=0.5
    )


def test_a_queue_that_fills_the_disk_is_worked_off_and_taken_up_again(machine, client, disk, deploy, busy, new_name):
    other = deploy({"app.py": HANDLER})
    taken, refusal = send_until_refused(client, busy, most=DISK // len(PADDING))
    assert refusal == NO_ROOM and len(taken) > 50
    assert disk.queue_size() > DISK // 2 and disk.available() > 0
    # What waits for its answer goes on, and a function whose code has no room is refused and leaves nothing.
    assert other.invoke({"id": "answered"}).payload == "answered"
    left = disk.available()
    large = {"app.py": HANDLER, "large": "#" * left}
    assert refused(deploy, source=large, FunctionName=new_name)[:2] == ("ServiceException", 500)
    eventually("what was unpacked has gone", lambda: left - disk.available() < 1 << 20, within=10, every=0.2)
    client.put_function_concurrency(FunctionName=busy.name, ReservedConcurrentExecutions=5)
    wait_until_run(machine, busy, taken)
    eventually("the disk has its space again", lambda: disk.available() > DISK // 2, within=10, every=0.2)
    later = [send(client, busy, f"later-{number}") for number in range(20)]
    wait_until_run(machine, busy, later)
    assert deploy(large, FunctionName=new_name).invoke({"id": "made"}).payload == "made"


def test_a_disk_without_a_byte_left_stops_what_must_be_written_and_nothing_else(
    machine, client, disk, deploy, busy, new_name
):
    other = deploy({"app.py": HANDLER})
    # Few, so that their log is not emptied yet and begun anew: there an outcome would have room.
    waiting = [send(client, busy, f"waiting-{number}") for number in range(3)]
    send(client, other, "running", seconds=1)
    eventually("the event is running", lambda: machine.has_line(other.name, "ran running"))
    disk.fill()
    try:
        assert refused(send, client=client, function=busy, name="refused", padding="") == NO_ROOM
        assert refused(deploy, source={"app.py": HANDLER}, FunctionName=new_name)[:2] == ("ServiceException", 500)
        assert other.invoke({"id": "answered"}).payload == "answered"
        eventually("the outcome of the event waits for the disk", lambda: waits_for_disk(machine))
    finally:
        disk.relieve()
    assert new_name not in [one["FunctionName"] for one in client.list_functions()["Functions"]]
    assert deploy({"app.py": HANDLER}, FunctionName=new_name).invoke({"id": "made"}).payload == "made"
    client.put_function_concurrency(FunctionName=busy.name, ReservedConcurrentExecutions=5)
    wait_until_run(machine, busy, [*waiting, send(client, busy, "after", padding="")])
    # It was written down at last, so it is not taken up again.
    machine.restart()
    wait_until_run(machine, other, [send(client, other, "last")])
    assert runs(machine, other)["running"] == 1
