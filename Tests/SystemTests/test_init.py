"""An init that fails or takes too long is tried again inside the first invocation, in the same sandbox."""

import pytest

from test_failures import unhandled

pytestmark = pytest.mark.timeout(150)

# Counts the tries in /tmp, which stays.
COUNTING = """
import os, pathlib, time
mark = pathlib.Path("/tmp/tries")
tries = int(mark.read_text()) + 1 if mark.exists() else 1
mark.write_text(str(tries))
{fault}

def handler(event, context):
    return tries
"""


@pytest.mark.parametrize("fault", ["raise RuntimeError('once')", "os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_one_that_fails_once_is_hidden(deploy, machine, fault):
    function = deploy({"app.py": COUNTING.format(fault=f"if tries == 1: {fault}")})
    answer = function.invoke({})
    assert (answer.error, answer.payload) == (None, 2)
    report = answer.report
    assert (report["init"], report["status"]) == (None, None)
    assert "INIT_REPORT" not in answer.log
    # The runtime goes on: the next invocation finds it there.
    assert function.invoke({}).payload == 2


def test_one_that_always_fails_is_run_once_more_for_each_invocation(deploy):
    function = deploy({"app.py": COUNTING.format(fault="raise RuntimeError(f'try {tries}')")})
    for tries in (2, 3):
        answer = function.invoke({})
        assert unhandled(answer)["errorMessage"] == f"try {tries}"
        lines = answer.log.splitlines()
        reports = [line for line in lines if line.startswith("INIT_REPORT")]
        assert len(reports) == 1
        assert "\tPhase: invoke\tStatus: error\tError Type: " in reports[0]
        # AWS writes START after the init that ran inside the invocation.
        assert lines.index(reports[0]) < next(n for n, line in enumerate(lines) if line.startswith("START "))
        assert answer.report["status"] == "error"


def test_one_that_takes_too_long_has_the_functions_time(configured, deploy, machine):
    limit = 1 if machine.slowness == 1 else 12
    configured(init_timeout=limit, startup_timeout=600)
    function = deploy({"app.py": COUNTING.format(fault=f"if tries == 1: time.sleep({60 * limit})")}, Timeout=200)
    answer = function.invoke({})
    assert (answer.error, answer.payload) == (None, 2)
    # The second try is in the duration, the first is not.
    assert answer.report["init"] is None
    assert float(answer.report["duration"]) < 60_000 * limit


def test_one_that_takes_longer_than_the_function_may_is_its_timeout(configured, deploy, machine):
    limit = 1 if machine.slowness == 1 else 12
    configured(init_timeout=limit, startup_timeout=600)
    function = deploy({"app.py": "import time\ntime.sleep(500)\n"}, Timeout=2 * limit)
    answer = function.invoke({})
    assert unhandled(answer)["errorType"] == "Sandbox.Timedout"
    assert unhandled(answer)["errorMessage"].endswith(f" Error: Task timed out after {2 * limit}.00 seconds")
    assert "\tPhase: invoke\tStatus: timeout" in answer.log
    assert answer.report["status"] == "timeout"
