"""Idle environments use no CPU, and go on where they were with the next invocation."""

import pytest

import test_crash
from machines import eventually
from test_limits import cgroup_of

pytestmark = pytest.mark.timeout(120)

BUSY = """
import os, threading

turns = 0

def spin():
    global turns
    while True:
        turns += 1

threading.Thread(target=spin, daemon=True).start()

def handler(event, context):
    return [os.getpid(), turns]
"""


def numbers(machine, folder, name):
    return {key: int(value) for key, value in map(str.split, machine.read(f"{folder}/{name}").splitlines())}


def usage(machine, folder):
    return numbers(machine, folder, "cpu.stat")["usage_usec"]


def is_frozen(machine, folder):
    return numbers(machine, folder, "cgroup.events")["frozen"] == 1


def until_frozen(machine, folder):
    eventually("it is frozen", lambda: is_frozen(machine, folder), within=10 * machine.slowness)


def let_time_pass(deploy):
    """A second of somebody else's work."""
    other = deploy("probe.py")
    assert other.do("spin", seconds=1) > 0


@pytest.mark.everywhere
def test_a_thread_that_never_rests_rests_while_nothing_is_asked(machine, deploy):
    function = deploy({"app.py": BUSY})
    pid, turns = function.invoke({}).payload
    folder = cgroup_of(machine, function)
    until_frozen(machine, folder)
    before = usage(machine, folder)
    let_time_pass(deploy)
    assert usage(machine, folder) == before
    again, more = function.invoke({}).payload
    assert again == pid and more > turns
    assert usage(machine, folder) > before


def test_that_the_same_thread_does_not_rest_where_freezing_is_off(configured, machine, deploy):
    configured(freeze_grace="off")
    function = deploy({"app.py": BUSY})
    function.invoke({})
    folder = cgroup_of(machine, function)
    before = usage(machine, folder)
    let_time_pass(deploy)
    assert usage(machine, folder) > before + 100_000
    assert not is_frozen(machine, folder)


def test_a_grace_is_kept(configured, machine, deploy):
    configured(freeze_grace=3_600_000)
    function = deploy({"app.py": BUSY})
    function.invoke({})
    let_time_pass(deploy)
    assert not is_frozen(machine, cgroup_of(machine, function))


@pytest.mark.everywhere
def test_one_environment_serves_on_after_each_rest(machine, deploy):
    function = deploy("probe.py")
    first = function.do("count")
    for turn in range(2, 6):
        until_frozen(machine, cgroup_of(machine, function))
        assert function.do("count") == first | {"calls": turn}


@pytest.mark.everywhere
def test_a_process_left_behind_rests_with_it(machine, deploy):
    code = "import subprocess\ndef handler(event, context):\n    subprocess.Popen(['sh', '-c', 'while :; do :; done'])\n"
    function = deploy({"app.py": code})
    function.invoke({})
    folder = cgroup_of(machine, function)
    until_frozen(machine, folder)
    before = usage(machine, folder)
    let_time_pass(deploy)
    assert usage(machine, folder) == before


def test_the_keepalive_ends_what_is_frozen(configured, machine, deploy):
    configured(keepalive=2)
    function = deploy({"app.py": BUSY})
    function.invoke({})
    folder = cgroup_of(machine, function)
    until_frozen(machine, folder)
    eventually(
        "its cgroup is gone", lambda: folder not in machine.traces()["cgroups"], within=15 * machine.slowness, every=0.2
    )


@pytest.mark.everywhere
def test_a_delete_ends_what_is_frozen(machine, deploy, client):
    function = deploy({"app.py": BUSY})
    function.invoke({})
    folder = cgroup_of(machine, function)
    until_frozen(machine, folder)
    client.delete_function(FunctionName=function.name)
    eventually(
        "its cgroup is gone", lambda: folder not in machine.traces()["cgroups"], within=15 * machine.slowness, every=0.2
    )


@pytest.mark.everywhere
def test_a_runtime_that_was_reset_rests_and_starts_again(machine, deploy):
    function = deploy("probe.py")
    stream = function.do("count")["stream"]
    function.invoke({"do": "exit", "status": 1})
    until_frozen(machine, cgroup_of(machine, function))
    assert function.do("count")["stream"] == stream


@pytest.mark.booted
@pytest.mark.everywhere
def test_a_crash_leaves_nothing_frozen_behind(idle, machine, deploy):
    function = deploy({"app.py": BUSY})
    function.invoke({})
    until_frozen(machine, cgroup_of(machine, function))
    test_crash.kill(machine, "lambdad")
    eventually("nothing is left", lambda: not machine.traces()["processes"], within=20 * machine.slowness, every=0.2)
    assert function.invoke({}).error is None
