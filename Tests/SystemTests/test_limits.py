"""The limits of a sandbox's cgroup, seen to hold. For the machine with unified cgroups and every controller."""

import pytest

from machines import eventually

pytestmark = [pytest.mark.limits, pytest.mark.timeout(120)]


def cgroup_of(machine, function):
    """The folder of the cgroup of the one environment of a function."""
    found = [folder for folder in machine.traces()["cgroups"] if f"/{function.name}." in folder]
    assert found, machine.traces()["cgroups"]
    return min(found, key=len)


def test_the_numbers_are_those_of_the_function(machine, deploy):
    function = deploy("probe.py", MemorySize=1769)
    function.do("echo")
    folder = cgroup_of(machine, function)
    read = {
        name: machine.read(f"{folder}/{name}").strip()
        for name in ("memory.max", "memory.swap.max", "pids.max", "cpu.max")
    }
    assert read["memory.max"] == str(1769 << 20)
    assert (read["memory.swap.max"], read["pids.max"]) == ("0", "1024")
    quota, period = map(int, read["cpu.max"].split())
    assert 0.95 <= quota / period <= 1.05


def test_a_hungry_function_is_killed_and_says_so(machine, deploy):
    function = deploy("probe.py", MemorySize=192)
    function.do("count")
    answer = function.invoke({"do": "eat", "mebibytes": 400})
    assert answer.error == "Unhandled"
    assert answer.payload == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": f"RequestId: {answer.request_id} Error: Runtime exited with error: signal: killed",
    }
    assert (answer.report["status"], answer.report["type"]) == ("error", "Runtime.OutOfMemory")
    assert 150 <= int(answer.report["used"]) <= 192
    # Only what was inside has died, and it serves again.
    assert machine.unit("lambda-executor.service", "ActiveState")["ActiveState"] == "active"
    assert function.do("count")["calls"] == 1


def test_peak_memory_comes_from_the_cgroup(machine, deploy):
    function = deploy("probe.py", MemorySize=512)
    answer = function.invoke({"do": "eat", "mebibytes": 150})
    peak = int(machine.read(f"{cgroup_of(machine, function)}/memory.peak")) / (1 << 20)
    used = int(answer.report["used"])
    assert 150 <= used <= 512 and abs(used - peak) <= 8


def test_a_full_tmp_counts_as_memory_of_the_function(machine, deploy):
    function = deploy("probe.py", MemorySize=128, EphemeralStorage={"Size": 512})
    answer = function.invoke({"do": "fill", "limit": 400})
    assert answer.error == "Unhandled" and answer.payload["errorType"] == "Runtime.OutOfMemory"


def test_a_fork_bomb_meets_the_limit_of_processes(machine, deploy, client):
    function = deploy("probe.py", MemorySize=1024)
    children, reason = function.do("fork_bomb", limit=1100)
    assert reason == "EAGAIN" and 900 <= children <= 1024
    folder = cgroup_of(machine, function)
    assert int(machine.read(f"{folder}/pids.current")) <= 1024
    client.delete_function(FunctionName=function.name)
    eventually("all are gone", lambda: machine.traces()["processes"] == [], within=200, every=1)


def test_a_small_function_gets_a_small_share_of_a_processor(machine, deploy):
    function = deploy("probe.py", MemorySize=256)
    function.do("echo")
    # As on AWS, a start has a whole processor, and what follows its part of one: 256 / 1769.
    path = f"{cgroup_of(machine, function)}/cpu.max"
    eventually(
        "the share is that of the memory", lambda: machine.read(path).split() == ["14471", "100000"], within=40, every=1
    )
    share = function.do("spin", seconds=8)
    assert 0.10 <= share <= 0.20


def test_the_service_restarts_with_live_sandboxes(machine, deploy, idle):
    function = deploy("probe.py")
    function.do("daemonize")
    for name in ("lambda-executor.service", "lambdad.service"):
        machine.restart(name)
        state = machine.unit(name, "ActiveState", "Result")
        assert state == {"ActiveState": "active", "Result": "success"}
    eventually(
        "no old sandbox is left",
        lambda: not any("left-behind" in line for line in machine.traces()["processes"]),
        within=60,
        every=1,
    )
    assert function.do("count")["calls"] == 1
