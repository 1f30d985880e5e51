"""SnapStart: the hooks of AWS's own Python client around a restore, and what is told of it."""

import json
import re

import pytest

import deployed
from machines import eventually
from test_logs_api import all_events, group_of, logs  # noqa: F401  (a fixture is used by its name)

SNAP_START = {"ApplyOn": "PublishedVersions"}
# The end of a REPORT line, and what of it is billed.
RESTORED = re.compile(
    r"REPORT RequestId: \S+\tDuration: (?P<duration>\d+\.\d\d) ms\tBilled Duration: (?P<billed>\d+) ms\t.*"
    r"\tRestore Duration: (?P<restore>\d+\.\d\d) ms\tBilled Restore Duration: (?P<extra>\d+) ms\t?"
)


@pytest.fixture
def snapped(deploy, configured):
    """Deploys functions/snapped.py as python3.12, which another Python serves. Who waits for a restore is frozen like any idle one."""
    configured(runtime_substitution="yes", freeze_grace=50)

    def snapped(breaks="", **members):
        members.setdefault("SnapStart", SNAP_START)
        members.setdefault("Environment", {"Variables": {"BREAKS": breaks}})
        return deploy("snapped.py", Runtime="python3.12", **members)

    return snapped


def publish(function):
    """The shape of a new version, and the shape once it is Pending no more."""
    first = function.client.publish_version(FunctionName=function.name)

    def settled():
        now = function.client.get_function_configuration(FunctionName=function.name, Qualifier=first["Version"])
        return now if now["State"] != "Pending" else None

    return first, eventually("the version is settled", settled, within=60 * function.machine.slowness, every=0.2)


def messages(machine, logs, function, last):  # noqa: F811
    """All messages of the function, once one begins with `last`."""

    def complete():
        found = [event["message"].rstrip("\n") for event in all_events(logs, logGroupName=group_of(function))]
        return found if any(message.startswith(last) for message in found) else None

    return eventually(f"{last} is in the log", complete, within=10 * machine.slowness, every=0.2)


def test_a_version_is_prepared_and_its_hooks_run_around_the_restore(machine, snapped, logs):  # noqa: F811
    function = snapped()
    first, settled = publish(function)
    assert first["State"] == "Pending" and first["StateReasonCode"] == "Creating"
    assert first["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    assert settled["State"] == "Active" and settled["LastUpdateStatus"] == "Successful"
    # Its init and the hooks before the snapshot are over, and nothing else is.
    begun = messages(machine, logs, function, "INIT_REPORT")
    assert "before the snapshot" in begun and "after the restore" not in begun
    answer = function.invoke({}, Qualifier="1")
    assert answer.payload["steps"] == ["init", "before", "after", "handler"]
    told = messages(machine, logs, function, "REPORT")
    assert [message.split(" ")[0] for message in told] == [
        "INIT_START",
        "before",
        "INIT_REPORT",
        "RESTORE_START",
        "after",
        "RESTORE_REPORT",
        "START",
        "END",
        "REPORT",
    ]
    assert re.fullmatch(
        r"INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: snap-start\tStatus: success", told[2]
    ), told
    report = RESTORED.fullmatch(told[-1])
    assert report, told[-1]
    assert int(report["billed"]) - int(report["extra"]) - float(report["duration"]) < 1
    # Restored once: the next one finds it as it is.
    again = function.invoke({}, Qualifier="1")
    assert again.payload["pid"] == answer.payload["pid"]
    assert again.payload["steps"][-2:] == ["handler", "handler"]
    assert "Restore" not in again.log


def test_what_a_snapshot_must_not_hold_is_not_in_the_environment(snapped):
    function = snapped()
    publish(function)
    seen = function.invoke({}, Qualifier="1").payload
    environment = seen["environment"]
    assert environment["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
    assert environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"].endswith("/2021-04-23/credentials")
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "LAMBDA_LOG_GROUP_NAME", "LAMBDA_LOG_STREAM_NAME"):
        assert f"AWS_{name}" not in environment
    assert seen["stream"] is None
    # AWS's own SDK finds the role's where the variables say.
    method, key, _ = seen["credentials"]
    assert method == "container-role" and key
    # $LATEST is never restored.
    latest = function.invoke({}).payload
    assert latest["steps"] == ["init", "handler"]
    assert latest["environment"]["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert latest["credentials"][0] == "env"


def test_a_failing_hook_before_the_snapshot_fails_the_version(machine, snapped, logs):  # noqa: F811
    function = snapped("before")
    _, settled = publish(function)
    assert (settled["State"], settled["StateReasonCode"]) == ("Failed", "FunctionError")
    assert settled["StateReason"] == "An error occurred during function initialization."
    report = [m for m in messages(machine, logs, function, "INIT_REPORT") if m.startswith("INIT_REPORT")]
    assert report[0].endswith("\tPhase: snap-start\tStatus: error\tError Type: Runtime.BeforeSnapshotError"), report
    code, status, _ = deployed.refused(function.client.invoke, FunctionName=function.name, Qualifier="1")
    assert (code, status) == ("ResourceConflictException", 409)


def test_a_failing_hook_after_the_restore_fails_the_invocation(machine, snapped, logs):  # noqa: F811
    function = snapped("after")
    _, settled = publish(function)
    assert settled["State"] == "Active"
    for _ in range(2):
        code, status, _ = deployed.refused(function.client.invoke, FunctionName=function.name, Qualifier="1")
        assert (code, status) == ("SnapStartException", 400)
    told = messages(machine, logs, function, "RESTORE_REPORT")
    report = [message for message in told if message.startswith("RESTORE_REPORT")]
    assert report[0].endswith("\tStatus: error\tError Type: Runtime.AfterRestoreError"), report
    assert not any(message.startswith(("START", "END", "REPORT")) for message in told)


def test_a_slow_hook_after_the_restore_is_a_timeout(snapped, configured):
    function = snapped("slow")
    configured("reload", restore_timeout=2)
    publish(function)
    code, status, _ = deployed.refused(function.client.invoke, FunctionName=function.name, Qualifier="1")
    assert (code, status) == ("SnapStartTimeoutException", 408)


def test_a_version_that_is_being_prepared_is_not_invoked(deploy, configured):
    configured(runtime_substitution="yes")
    function = deploy(
        {"app.py": "import time\ntime.sleep(12)\n\n\ndef handler(event, context):\n    return event\n"},
        Runtime="python3.12",
        SnapStart=SNAP_START,
    )
    assert function.client.publish_version(FunctionName=function.name)["State"] == "Pending"
    code, status, _ = deployed.refused(function.client.invoke, FunctionName=function.name, Qualifier="1")
    assert (code, status) == ("SnapStartNotReadyException", 409)
    # An init of more than 10 seconds is as long as it is: it may take 130.
    _, settled = publish(function)
    assert settled["State"] == "Active"
    assert function.invoke({"a": 1}, Qualifier="1").payload == {"a": 1}


def test_an_interrupted_preparation_goes_on_after_a_restart(machine, deploy, configured):
    configured(runtime_substitution="yes")
    function = deploy(
        {"app.py": "import time\ntime.sleep(5)\n\n\ndef handler(event, context):\n    return event\n"},
        Runtime="python3.12",
        SnapStart=SNAP_START,
    )
    assert function.client.publish_version(FunctionName=function.name)["State"] == "Pending"
    machine.restart()
    _, settled = publish(function)
    assert settled["State"] == "Active" and settled["Version"] == "1"


def test_after_a_crash_comes_a_fresh_environment(snapped):
    function = snapped()
    publish(function)
    function.invoke({}, Qualifier="1")
    assert function.invoke({"exit": 3}, Qualifier="1").payload["errorType"] == "Runtime.ExitError"
    after = function.invoke({}, Qualifier="1")
    assert after.payload["steps"] == ["init", "before", "after", "handler"]
    assert "RESTORE_REPORT" in after.log and "INIT_REPORT" not in after.log


def test_logs_in_json_tell_of_the_restore(machine, snapped, logs):  # noqa: F811
    function = snapped(LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG"})
    publish(function)
    answer = function.invoke({}, Qualifier="1")
    assert answer.error is None

    def complete():
        found = [event["message"] for event in all_events(logs, logGroupName=group_of(function))]
        events = [json.loads(message) for message in found if '"type":"platform.' in message]
        return events if any(event["type"] == "platform.report" for event in events) else None

    events = eventually("the report is in the log", complete, within=10 * machine.slowness, every=0.2)
    assert [event["type"].removeprefix("platform.") for event in events] == [
        "initStart",
        "initRuntimeDone",
        "initReport",
        "restoreStart",
        "restoreRuntimeDone",
        "restoreReport",
        "start",
        "runtimeDone",
        "report",
    ]
    assert {event["record"].get("phase") for event in events[:3]} == {"snap-start"}
    assert {event["record"].get("initializationType") for event in events[:3]} == {"snap-start"}
    metrics = events[-1]["record"]["metrics"]
    # Billed is what two decimals show, rounded up.
    assert metrics["billedRestoreDurationMs"] >= metrics["restoreDurationMs"] - 0.005
    assert events[5]["record"]["metrics"]["durationMs"] == metrics["restoreDurationMs"]
