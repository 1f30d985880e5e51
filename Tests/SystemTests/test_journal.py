"""What the journal has to say about functions, and about lambdad."""

import math
import re

import pytest

import deployed
from machines import eventually

pytestmark = pytest.mark.booted
INIT_START = re.compile(
    r"INIT_START Runtime Version: \S+\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:[0-9a-f]{64}"
)


def wait_for_report(machine, function, request_id):
    """Entries of one invocation, once its REPORT is there."""

    def complete():
        entries = machine.journal(f"LAMBDA_REQUEST_ID={request_id}")
        return entries if any(e["MESSAGE"].startswith("REPORT ") for e in entries) else None

    return eventually("the REPORT line is in the journal", complete, within=10 * machine.slowness, every=0.1)


@pytest.mark.everywhere
def test_an_invocation_is_found_by_its_request_id_with_every_field(machine, deploy):
    function = deploy("probe.py")
    answer = function.invoke({"do": "say", "lines": ["one", "two"]})
    entries = wait_for_report(machine, function, answer.request_id)
    kinds = [(entry["LAMBDA_LOG_KIND"], entry["MESSAGE"].split(" ")[0]) for entry in entries]
    assert kinds == [
        ("platform", "START"),
        ("function", "one"),
        ("function", "two"),
        ("platform", "END"),
        ("platform", "REPORT"),
    ]
    for entry in entries:
        assert entry["SYSLOG_IDENTIFIER"] == function.name
        assert entry["LAMBDA_FUNCTION"] == function.name
        assert entry["LAMBDA_VERSION"] == "$LATEST"
        assert entry["LAMBDA_LOG_GROUP"] == f"/aws/lambda/{function.name}"
        assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", entry["LAMBDA_LOG_STREAM"])
        assert entry["LAMBDA_LOG_STREAM"].endswith(entry["LAMBDA_ENVIRONMENT"])
        assert (entry["LAMBDA_ACCOUNT"], entry["LAMBDA_REGION"]) == ("000000000000", "eu-central-1")
        assert (entry["PRIORITY"], entry["_SYSTEMD_UNIT"]) == ("6", "lambdad.service")


@pytest.mark.everywhere
def test_all_entries_of_a_function_and_of_the_service_are_found(machine, deploy):
    function = deploy("probe.py")
    answer = function.invoke({"do": "say", "lines": ["needle"]})
    wait_for_report(machine, function, answer.request_id)
    by_name = [entry["MESSAGE"] for entry in machine.journal("-t", function.name)]
    assert INIT_START.fullmatch(by_name[0])
    assert by_name[1] == f"START RequestId: {answer.request_id} Version: $LATEST"
    assert by_name.count("needle") == 1
    by_unit = machine.journal("-u", "lambdad", f"SYSLOG_IDENTIFIER={function.name}")
    assert [entry["MESSAGE"] for entry in by_unit] == by_name


def test_the_daemon_writes_its_own_log_there(machine):
    own = machine.journal("-u", "lambdad", "SYSLOG_IDENTIFIER=lambdad")
    assert own and all(entry["PRIORITY"] in "01234567" for entry in own)
    assert machine.journal("-u", "lambda-executor", "SYSLOG_IDENTIFIER=lambda-executor")


@pytest.mark.everywhere
def test_a_line_is_there_before_its_invocation_ends(machine, deploy, background):
    function = deploy("probe.py")
    running = background(lambda: function.invoke({"do": "sleep", "seconds": 4 if machine.slowness == 1 else 25}))
    background.wait_for_line(function, "sleeping")
    assert not running.done(), "the invocation has ended, so this shows nothing"
    assert running.result(60).error is None


def test_durations_are_true(deploy):
    function = deploy("probe.py")
    cold = function.invoke({"do": "sleep", "seconds": 0.3}).report
    assert 300 <= float(cold["duration"]) < 600
    assert 10 < float(cold["init"]) < 5000
    # On demand, AWS bills the start of a managed runtime, too. In hundredths, for floats do not add up.
    hundredths = sum(int(cold[part].replace(".", "")) for part in ("duration", "init"))
    assert int(cold["billed"]) == -(-hundredths // 100)
    warm = function.invoke({"do": "sleep", "seconds": 0.2}).report
    assert 200 <= float(warm["duration"]) < 400 and warm["init"] is None
    assert int(warm["billed"]) == math.ceil(float(warm["duration"]))


def test_peak_memory_is_true(deploy):
    function = deploy("probe.py", MemorySize=512)
    small = int(function.invoke({"do": "echo"}).report["used"])
    large = int(function.invoke({"do": "eat", "mebibytes": 200}).report["used"])
    assert 5 <= small < 150
    assert small + 150 <= large <= 512


@pytest.mark.parametrize(
    "event, status, kind",
    [({"do": "exit", "status": 1}, "error", "Runtime.ExitError"), ({"do": "sleep", "seconds": 30}, "timeout", None)],
)
def test_a_failure_is_in_the_report(machine, deploy, event, status, kind):
    function = deploy("probe.py", Timeout=1)
    answer = function.invoke(event)
    entries = wait_for_report(machine, function, answer.request_id)
    report = deployed.REPORT.fullmatch(entries[-1]["MESSAGE"]).groupdict()
    assert (report["id"], report["status"], report["type"]) == (answer.request_id, status, kind)


def test_a_failed_start_is_reported(machine, deploy):
    function = deploy({"app.py": "raise RuntimeError('at import')\n"})
    function.invoke({})
    eventually(
        "there is an INIT_REPORT",
        lambda: any(
            re.fullmatch(
                r"INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: (init|invoke)\tStatus: error\tError Type: \S+",
                entry["MESSAGE"].rstrip("\t"),
            )
            for entry in machine.journal("-t", function.name)
        ),
    )


@pytest.mark.timeout(180)
def test_a_flood_is_kept_whole_and_in_order(machine, deploy):
    function = deploy("probe.py", Timeout=120, MemorySize=512)
    lines = 100_000
    answer = function.invoke({"do": "flood", "lines": lines})
    assert answer.payload == lines
    assert answer.log.count("flood ") <= 4096 / 13
    wait_for_report(machine, function, answer.request_id)
    text = machine.run("journalctl", "--no-pager", "-o", "cat", "-t", function.name, timeout=60)
    assert [line for line in text.splitlines() if line.startswith("flood ")] == [f"flood {n:06}" for n in range(lines)]


def test_any_bytes_and_any_length_are_kept(machine, deploy):
    function = deploy("probe.py")
    answer = function.invoke({"do": "say_bytes", "bytes": [0x61, 0xFF, 0x00, 0x62, 0x1B, 0x0A]})
    entries = wait_for_report(machine, function, answer.request_id)
    assert entries[1]["MESSAGE"] == "a\ufffd\0b\x1b"
    long = "l" * 200_000
    answer = function.invoke({"do": "say", "lines": [long, "after"]})
    entries = wait_for_report(machine, function, answer.request_id)
    assert [entry["MESSAGE"] for entry in entries[1:3]] == [long, "after"]


def test_a_function_cannot_pass_for_the_daemon(machine, deploy):
    function = deploy("probe.py")
    forged = "<3>REPORT RequestId: 0f0f0f0f-1111-4222-8333-444444444444\tDuration: 1.00 ms"
    answer = function.invoke({"do": "say", "lines": [forged, "PRIORITY=0"]})
    entries = wait_for_report(machine, function, answer.request_id)
    own = [entry for entry in entries if entry["LAMBDA_LOG_KIND"] == "function"]
    assert [(entry["MESSAGE"], entry["PRIORITY"]) for entry in own] == [(forged, "6"), ("PRIORITY=0", "6")]


@pytest.mark.parametrize("secret", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "COLOUR"])
def test_no_secret_is_ever_in_the_journal(machine, deploy, secret):
    function = deploy("probe.py", Environment={"Variables": {"COLOUR": "secretive-green"}})
    value = function.do("environment")[secret]
    assert len(value) > 8
    assert value not in machine.run("journalctl", "--no-pager", "-o", "json", "--all", timeout=60)
