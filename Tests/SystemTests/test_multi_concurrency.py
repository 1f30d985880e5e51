"""Environments that hold several invocations, with AWS's runtime client, where a manifest asks for them."""

import re
import uuid

import pytest

from machines import eventually

pytestmark = pytest.mark.timeout(120)

SLOTS = 3
CODE = """
import os, time

def handler(event, context):
    print("at work", event.get("mark", ""), flush=True)
    if event.get("exit") == "worker":
        os._exit(1)
    if event.get("exit") == "main":
        os.kill(os.getppid(), 9)
    end = time.monotonic() + event.get("within", 20)
    seen = set()
    # Together in one environment: each sees the files of all.
    if "meet" in event:
        open(f"/tmp/{event['group']}-{os.getpid()}", "w").close()
        while len(seen) < event["meet"] and time.monotonic() < end:
            seen = {name for name in os.listdir("/tmp") if name.startswith(event["group"])}
    time.sleep(event.get("sleep", 0))
    return {
        "pid": os.getpid(), "mark": event.get("mark"), "together": len(seen), "stream": context.log_stream_name,
        "slots": os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY"), "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
    }
"""


@pytest.fixture(scope="module")
def runtime(machine):
    """The id of a runtime like python3.11 whose environments hold several invocations."""
    setting = re.search(r"(?m)^\s*runtime_directories\s*=\s*(\S+)", machine.configuration())
    source = setting[1] if setting else "/usr/lib/lambdad/runtimes"
    target = source if setting else "/etc/lambdad/runtimes"
    name = "python3.11-several"
    lines = machine.read(f"{source}/python3.11.runtime").splitlines()
    kept = [line for line in lines if not re.match(r"\s*(id|substitutes|max_concurrency)\s*=", line)]
    kept.insert(kept.index("[runtime]") + 1, f"id = {name}\nmax_concurrency = {SLOTS}")
    machine.run("mkdir", "-p", target)
    machine.write(f"{target}/{name}.runtime", "\n".join(kept) + "\n")
    machine.restart()
    yield name
    machine.run("rm", f"{target}/{name}.runtime")
    machine.restart()


@pytest.fixture
def function(runtime, deploy):
    return deploy({"app.py": CODE}, Runtime=runtime)


def meeting(function, background, count):
    """So many invocations at one time that wait for each other. Gives what each saw."""
    group = uuid.uuid4().hex
    calls = [background(lambda: function.invoke({"group": group, "meet": count})) for _ in range(count)]
    return [call.result() for call in calls]


def test_one_environment_runs_as_many_as_its_runtime_asks_for(function, background):
    answers = meeting(function, background, SLOTS)
    seen = [answer.payload for answer in answers]
    assert [one["together"] for one in seen] == [SLOTS] * SLOTS
    assert len({one["stream"] for one in seen}) == 1
    assert len({one["pid"] for one in seen}) == SLOTS
    assert {one["slots"] for one in seen} == {str(SLOTS)}
    assert {one["type"] for one in seen} == {"lambda-managed-instances"}
    for answer in answers:
        assert answer.report["id"] == answer.request_id
        assert f"START RequestId: {answer.request_id}" in answer.log
        assert f"END RequestId: {answer.request_id}" in answer.log


def test_more_than_that_get_a_second_environment(function, background):
    calls = [background(lambda: function.invoke({"sleep": 3}).payload) for _ in range(SLOTS + 1)]
    seen = [call.result() for call in calls]
    assert len({one["stream"] for one in seen}) == 2


def test_one_after_the_other_stays_in_one_environment(function):
    seen = [function.invoke({}).payload for _ in range(20)]
    assert len({one["stream"] for one in seen}) == 1


def test_each_of_many_gets_its_own_answer(function, background):
    def caller(number):
        marks = [f"{number}-{turn}" for turn in range(25)]
        return [function.invoke({"mark": mark}).payload["mark"] for mark in marks] == marks

    calls = [background(lambda number=number: caller(number)) for number in range(8)]
    assert all(call.result() for call in calls)


def test_a_timeout_ends_nothing(runtime, machine, deploy, background):
    # Long enough for a start on a slow machine.
    limit = int(2 * machine.slowness)
    function = deploy({"app.py": CODE}, Runtime=runtime, Timeout=limit)
    before = function.invoke({}).payload
    late = background(lambda: function.invoke({"sleep": limit + 1}))
    background.wait_for_line(function, "at work ")
    answer = late.result()
    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "Sandbox.Timedout"
    assert answer.report["status"] == "timeout"
    # The worker comes back by itself, and the environment was never reset.
    group = uuid.uuid4().hex

    def all_are_back():
        calls = [background(lambda: function.invoke({"group": group, "meet": SLOTS, "within": 1})) for _ in range(SLOTS)]
        seen = [call.result().payload for call in calls]
        return {one["stream"] for one in seen} == {before["stream"]} and len({one["pid"] for one in seen}) == SLOTS

    eventually("all workers are back", all_are_back, within=30 * machine.slowness)


def test_a_worker_that_dies_leaves_the_others(runtime, machine, deploy):
    limit = int(2 * machine.slowness)
    function = deploy({"app.py": CODE}, Runtime=runtime, Timeout=limit)
    before = function.invoke({}).payload
    answer = function.invoke({"exit": "worker"})
    assert answer.payload["errorType"] == "Sandbox.Timedout"
    assert function.invoke({}).payload["stream"] == before["stream"]


def test_the_end_of_the_main_process_answers_all_and_the_next_finds_another_environment(function, background):
    before = function.invoke({}).payload
    others = [background(lambda: function.invoke({"sleep": 60})) for _ in range(SLOTS - 1)]
    for _ in others:
        background.wait_for_line(function, "at work ")
    crashed = function.invoke({"exit": "main", "mark": "crash", "sleep": 60})
    for answer in [crashed, *(other.result() for other in others)]:
        assert answer.error == "Unhandled"
        assert answer.payload["errorType"] == "Runtime.ExitError"
        assert answer.payload["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    after = function.invoke({}).payload
    assert after["stream"] != before["stream"]


def test_an_update_lets_all_finish(function, machine, background):
    group = uuid.uuid4().hex
    calls = [
        background(lambda: function.invoke({"group": group, "meet": SLOTS, "sleep": 3, "mark": "before"}))
        for _ in range(SLOTS)
    ]
    background.wait_for_line(function, "at work before")
    function.configure(Description="another")
    after = function.invoke({}).payload
    seen = [call.result().payload for call in calls]
    assert after["stream"] not in {one["stream"] for one in seen}
    assert [one["together"] for one in seen] == [SLOTS] * SLOTS


def test_a_broken_init_fails_all_that_waited(runtime, deploy, background):
    function = deploy({"app.py": "raise RuntimeError('broken')\n"}, Runtime=runtime)
    calls = [background(lambda: function.invoke({})) for _ in range(SLOTS)]
    for call in calls:
        assert call.result().error == "Unhandled"
