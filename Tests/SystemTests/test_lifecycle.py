"""Environments come, stay, and go as the configuration says; so does the service."""

import threading
import time

import pytest

import deployed
from machines import eventually


@pytest.mark.everywhere
def test_a_start_that_takes_too_long_is_told_to_the_caller(configured, client, deploy, machine):
    limit = 2 if machine.slowness == 1 else 5
    configured(startup_timeout=limit)
    function = deploy({"app.py": "import time\ntime.sleep(300)\n"}, Timeout=200)
    begin = time.monotonic()
    # The sandbox is there and the runtime is not ready: the function's own fault, so a function error, not a 500.
    answer = function.invoke({})
    took = time.monotonic() - begin
    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "Sandbox.Timedout"
    assert answer.payload["errorMessage"].endswith(f" Error: Task timed out after {limit}.00 seconds")
    assert limit <= took < limit + 3 * machine.slowness


@pytest.mark.booted
@pytest.mark.everywhere
def test_an_idle_environment_goes_after_the_keepalive(configured, deploy, machine, idle):
    configured(keepalive=1)
    function = deploy("probe.py")
    first = function.do("count")
    assert first["calls"] == 1
    eventually(
        "the environment is gone",
        lambda: machine.traces()["processes"] == [] and not machine.traces()["cgroups"],
        within=10 * machine.slowness,
        every=0.2,
    )
    second = function.do("count")
    assert second["calls"] == 1 and second["stream"] != first["stream"]


def test_a_busy_environment_does_not_go(configured, deploy):
    configured(keepalive=1)
    function = deploy("probe.py")
    first = function.do("count")
    assert function.do("sleep", seconds=2.5) == "slept"
    assert function.do("count") == {"calls": 2, "pid": first["pid"], "stream": first["stream"]}


@pytest.mark.everywhere
def test_without_keepalive_each_invocation_gets_a_fresh_sandbox(configured, deploy):
    configured(keepalive=0)
    function = deploy("probe.py")
    function.do("write", paths=["/tmp/mark"])
    seen = [function.do("count") for _ in range(3)]
    assert [one["calls"] for one in seen] == [1, 1, 1]
    assert len({one["stream"] for one in seen}) == 3
    assert function.do("found") == {"mark": None, "calls": 0}


@pytest.mark.booted
def test_a_reload_is_enough_for_the_keepalive(configured, deploy, machine):
    pid = machine.main_pid("lambdad.service")
    function = deploy("probe.py")
    function.do("count")
    configured(by="reload", keepalive=0)
    function.do("count")
    seen = [function.do("count")["stream"] for _ in range(2)]
    assert seen[0] != seen[1]
    assert machine.main_pid("lambdad.service") == pid


@pytest.mark.booted
def test_a_broken_configuration_is_refused_and_the_old_one_kept(configured, deploy, machine):
    function = deploy("probe.py")
    configured(by="reload", keepalive="soon")
    assert function.do("echo", value=1) == 1
    eventually(
        "the reason is in the journal",
        lambda: any(
            "keepalive" in entry["MESSAGE"] for entry in machine.journal("-u", "lambdad", "SYSLOG_IDENTIFIER=lambdad")
        ),
    )


def test_concurrent_invocations_have_environments_of_their_own(deploy, background):
    function = deploy("probe.py", Timeout=30)
    running = [background(lambda: function.do("stay", seconds=1)) for _ in range(6)]
    assert len({one.result(60) for one in running}) == 6


@pytest.mark.booted
class TestTheService:
    def test_it_says_what_it_does(self, machine, deploy):
        deploy("probe.py").do("echo")
        for name in ("lambdad.service", "lambda-executor.service"):
            state = machine.unit(name, "ActiveState", "SubState", "StatusText")
            assert (state["ActiveState"], state["SubState"]) == ("active", "running")
            assert state["StatusText"]

    @pytest.mark.everywhere
    @pytest.mark.timeout(150)
    def test_a_restart_under_load_refuses_nobody(self, machine, deploy, background, raw, session):
        function = deploy("probe.py")
        function.do("echo")
        stop = threading.Event()
        patient = deployed.client_of(session, machine.endpoint, retries={"max_attempts": 2, "mode": "standard"})

        def fresh_connections():
            done = 0
            while not stop.is_set():
                status, _, body = raw.invoke(function.name, b'{"do": "echo", "value": 5}', timeout=120)
                assert (status, body) == (200, b"5")
                done += 1
            return done

        def kept_connection():
            done = 0
            while not stop.is_set():
                result = patient.invoke(FunctionName=function.name, Payload=b'{"do": "echo", "value": 5}')
                assert result["Payload"].read() == b"5"
                done += 1
            return done

        loops = [background(fresh_connections) for _ in range(3)] + [background(kept_connection)]
        try:
            before = machine.main_pid("lambdad.service")
            for _ in range(2 if machine.slowness == 1 else 1):
                machine.restart()
            assert machine.main_pid("lambdad.service") != before
            raw.invoke(function.name, b'{"do": "echo"}', timeout=120)
        finally:
            stop.set()
        assert all(loop.result(120) > 0 for loop in loops)

    def test_a_stop_lets_running_invocations_end(self, machine, deploy, background):
        function = deploy("probe.py")
        running = background(lambda: function.invoke({"do": "sleep", "seconds": 3, "say": "draining"}))
        background.wait_for_line(function, "draining")
        machine.run("systemctl", "stop", "lambdad.service", timeout=60)
        assert running.result(5).payload == "slept"
        machine.run("systemctl", "start", "lambdad.service", timeout=60)
        assert function.do("echo", value=1) == 1

    def test_the_socket_starts_a_stopped_service(self, machine, deploy):
        function = deploy("probe.py")
        machine.run("systemctl", "stop", "lambdad.service", timeout=60)
        assert function.do("echo", value=2) == 2

    def test_functions_survive_a_restart(self, machine, deploy, client):
        function = deploy("probe.py", Environment={"Variables": {"COLOUR": "green"}})
        before = client.get_function_configuration(FunctionName=function.name)
        machine.restart()
        after = client.get_function_configuration(FunctionName=function.name)
        before.pop("ResponseMetadata"), after.pop("ResponseMetadata")
        assert after == before
        assert function.do("environment")["COLOUR"] == "green"

    def test_it_answers_on_its_unix_socket(self, machine):
        text = machine.run("curl", "-s", "--unix-socket", "/run/lambdad/api.sock", "http://localhost/_lambdad/health")
        assert text.startswith("{")

    @pytest.mark.timeout(120)
    @pytest.mark.parametrize("name", ["lambdad", "lambda-executor"])
    def test_the_watchdog_ends_a_daemon_that_hangs(self, machine, deploy, name):
        function = deploy("probe.py")
        function.do("echo")
        folder = f"/run/systemd/system/{name}.service.d"
        machine.run("mkdir", "-p", folder)
        machine.write(f"{folder}/test.conf", "[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n")
        try:
            machine.run("systemctl", "daemon-reload")
            machine.restart(f"{name}.service")
            machine.restart()
            pid = machine.main_pid(f"{name}.service")
            machine.run("kill", "-STOP", str(pid))
            eventually(
                "the daemon runs again under another pid",
                lambda: machine.main_pid(f"{name}.service") not in (0, pid),
                within=30,
                every=0.2,
            )
            eventually(
                "it is active", lambda: machine.unit(f"{name}.service", "ActiveState")["ActiveState"] == "active"
            )
            assert function.do("echo", value=3) == 3
        finally:
            machine.run("rm", "-r", folder)
            machine.run("systemctl", "daemon-reload")
            machine.restart(f"{name}.service")
            machine.restart()
