"""Either daemon is killed, with warm and with running environments: nothing of a sandbox may be left."""

import pytest

from machines import eventually

pytestmark = [pytest.mark.booted, pytest.mark.everywhere, pytest.mark.timeout(120)]


def kill(machine, name):
    """Kills a daemon, and waits until it runs again under another pid."""
    service = f"{name}.service"
    pid = machine.main_pid(service)
    assert pid > 1
    machine.run("systemctl", "reset-failed", service, check=False)
    machine.run("kill", "-KILL", str(pid))
    eventually(
        f"{name} is killed",
        lambda: not machine.succeeds("kill", "-0", str(pid)) or machine.main_pid(service) != pid,
        within=5 * machine.slowness,
    )


def nothing_is_left(machine, before):
    """Everything of a sandbox is gone; what the daemons themselves have is as it was."""

    def settled():
        now = machine.traces()
        return now if now["processes"] == [] and now["cgroups"] == before["cgroups"] else None

    eventually("no process and no cgroup of a sandbox is left", settled, within=15 * machine.slowness, every=0.2)
    now = eventually(
        "network namespaces and temporary files are as before",
        lambda: (
            (now := machine.traces())
            and now["networks"] <= before["networks"]
            and now["files"] == before["files"]
            and now
        ),
        within=10 * machine.slowness,
        every=0.2,
    )
    for name, mounts in now["mounts"].items():
        assert mounts == before["mounts"].get(name, mounts), f"mounts of {name} are left"


@pytest.mark.parametrize("name", ["lambdad", "lambda-executor"])
@pytest.mark.parametrize("state", ["warm", "running"])
def test_nothing_is_left_and_the_next_invocation_works(idle, machine, client, deploy, background, name, state):
    function = deploy("probe.py")
    function.do("write", paths=["/tmp/mark"])
    function.do("daemonize")
    during = machine.traces()
    assert any("left-behind" in line for line in during["processes"]), "a sandbox cannot be seen"
    assert during["networks"] > idle["networks"] and during["cgroups"], "a sandbox cannot be seen"
    if state == "running":
        running = background(lambda: function.invoke({"do": "sleep", "seconds": 60, "say": "until killed"}))
        background.wait_for_line(function, "until killed")
    kill(machine, name)
    if state == "running":
        # Whatever the caller is told, it is told at once, and not that all went well.
        error = running.exception(30 * machine.slowness)
        assert error is not None or running.result().error is not None
    eventually(
        "no old sandbox is left",
        lambda: not any("left-behind" in line for line in machine.traces()["processes"]),
        within=15 * machine.slowness,
        every=0.2,
    )
    assert function.do("found") == {"mark": None, "calls": 0}
    client.delete_function(FunctionName=function.name)
    nothing_is_left(machine, idle)


def test_many_sandboxes_leave_no_descriptor(idle, machine, client, deploy, configured):
    configured(keepalive=0)
    function = deploy("probe.py")
    rounds = 30 if machine.slowness == 1 else 4
    function.do("echo")
    eventually("one is gone", lambda: machine.traces()["processes"] == [], within=15 * machine.slowness, every=0.2)
    before = machine.traces()["descriptors"]
    for _ in range(rounds):
        function.do("echo")

    def as_before():
        now = machine.traces()
        return now["processes"] == [] and all(
            now["descriptors"][d] <= before[d] + 2 for d in ("lambdad", "lambda-executor")
        )

    eventually("the daemons' descriptors are as before", as_before, within=15 * machine.slowness, every=0.2)
