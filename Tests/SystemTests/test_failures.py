"""Functions that fail, each in its own way: HTTP 200, `Unhandled`, and the words of aws-lambda."""

import json

import pytest

from machines import eventually


def unhandled(answer):
    assert (answer.status, answer.error, answer.version) == (200, "Unhandled", "$LATEST"), answer
    return answer.payload


def runtime_exit(answer, text):
    assert unhandled(answer) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer.request_id} Error: {text}",
    }
    assert (answer.report["status"], answer.report["type"]) == ("error", "Runtime.ExitError")


@pytest.mark.everywhere
def test_a_handler_that_raises(probe):
    answer = probe.invoke({"do": "raise_error"})
    found = unhandled(answer)
    assert (found["errorType"], found["errorMessage"]) == ("ValueError", "spoiled on purpose")
    assert found["requestId"] == answer.request_id and found["stackTrace"]
    assert "[ERROR] ValueError: spoiled on purpose" in answer.log
    assert probe.do("echo", value=1) == 1


@pytest.mark.parametrize(
    "handler, kind, text",
    [
        ("app.nobody", "Runtime.HandlerNotFound", "Handler 'nobody' missing on module 'app'"),
        ("nothing.handler", "Runtime.ImportModuleError", "Unable to import module 'nothing'"),
        ("nodot", "Runtime.MalformedHandlerName", "Bad handler 'nodot'"),
    ],
)
def test_a_handler_that_is_not_there(deploy, handler, kind, text):
    answer = deploy("probe.py", Handler=handler).invoke({})
    found = unhandled(answer)
    assert found["errorType"] == kind and text in found["errorMessage"]


def test_code_that_cannot_be_loaded(deploy):
    answer = deploy({"app.py": "def handler(event, context)\n    return 1\n"}).invoke({})
    assert unhandled(answer)["errorType"] == "Runtime.UserCodeSyntaxError"


def test_code_that_raises_while_it_is_loaded(deploy):
    answer = deploy({"app.py": "raise RuntimeError('at import')\n"}).invoke({})
    found = unhandled(answer)
    assert (found["errorType"], found["errorMessage"], found["requestId"]) == ("RuntimeError", "at import", "")


@pytest.mark.parametrize(
    "line, text",
    [
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os._exit(9)", "Runtime exited with error: exit status 9"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_crash_while_the_code_is_loaded_is_reported_at_once(deploy, line, text):
    answer = deploy({"app.py": f"import os\n{line}\n"}).invoke({})
    assert unhandled(answer) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer.request_id} Error: {text}",
    }


@pytest.mark.everywhere
@pytest.mark.parametrize(
    "status, text",
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (127, "Runtime exited with error: exit status 127"),
    ],
)
def test_a_runtime_that_exits(probe, status, text):
    runtime_exit(probe.invoke({"do": "exit", "status": status}), text)
    assert probe.do("echo", value=1) == 1


@pytest.mark.everywhere
@pytest.mark.parametrize(
    "signal, text",
    [("SIGKILL", "killed"), ("SIGSEGV", "segmentation fault"), ("SIGABRT", "aborted"), ("SIGTERM", "terminated")],
)
def test_a_runtime_that_is_killed(probe, signal, text):
    runtime_exit(probe.invoke({"do": "die", "signal": signal}), f"Runtime exited with error: signal: {text}")
    assert probe.do("echo", value=1) == 1


@pytest.mark.everywhere
def test_a_function_that_takes_too_long(deploy, machine):
    function = deploy("probe.py")
    before = function.do("count")
    timeout = 1 if machine.slowness == 1 else 8
    function.configure(Timeout=timeout)
    answer = function.invoke({"do": "leave"})
    assert unhandled(answer) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {answer.request_id} Error: Task timed out after {timeout}.00 seconds",
    }
    report = answer.report
    assert report["status"] == "timeout" and report["type"] is None
    assert timeout * 1000 <= float(report["duration"]) < timeout * 1000 + 500 * machine.slowness
    # AWS starts the runtime again in the same environment: files stay, memory does not.
    assert function.do("found") == {"mark": "here", "calls": 0}
    assert before["calls"] == 1


def test_after_a_crash_tmp_survives_and_memory_does_not(deploy):
    function = deploy("probe.py")
    first = function.do("count")
    function.do("write", paths=["/tmp/mark"])
    function.invoke({"do": "exit", "status": 1})
    assert function.do("found") == {"mark": "x", "calls": 0}
    assert function.do("count")["stream"] == first["stream"]


def test_the_start_after_a_crash_is_inside_the_invocation(deploy):
    function = deploy("probe.py")
    assert function.invoke({"do": "echo"}).report["init"] is not None
    function.invoke({"do": "exit", "status": 1})
    answer = function.invoke({"do": "echo"})
    assert answer.report["init"] is None
    assert "INIT_START" not in answer.log


def test_an_answer_that_is_too_large(deploy):
    # A function of its own: other tests leave the shared one with several environments.
    probe = deploy("probe.py")
    answer = probe.invoke({"do": "large", "bytes": 6_291_557})
    assert unhandled(answer) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    before = probe.do("count")
    assert len(probe.invoke({"do": "large", "bytes": 6_291_556}).body) == 6_291_556
    assert probe.do("count")["pid"] == before["pid"]


def test_a_bootstrap_that_is_not_there(deploy):
    answer = deploy({"other": "nothing"}, Runtime="provided.al2023").invoke({})
    found = unhandled(answer)
    assert found["errorType"] == "Runtime.InvalidEntrypoint"
    assert "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]" in found["errorMessage"]


class TestARuntimeThatBreaksTheProtocol:
    def test_a_second_answer_is_refused_and_the_first_one_counts(self, deploy):
        function = deploy("answers.bash")
        assert function.invoke("twice").payload == "first"
        first, second, body = function.invoke("told").payload.split(" ", 2)
        assert first == "202" and second in ("400", "403")
        assert json.loads(body)["errorType"] in ("InvalidRequestID", "InvalidStateTransition")

    def test_another_request_cannot_be_answered(self, deploy):
        function = deploy("answers.bash")
        assert function.invoke("another").payload == "own"
        status, body = function.invoke("told").payload.split(" ", 1)
        assert (status, json.loads(body)) == (
            "400",
            {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"},
        )

    def test_no_answer_ends_at_the_timeout(self, deploy):
        function = deploy("answers.bash", Timeout=1)
        answer = function.invoke("never")
        assert unhandled(answer)["errorType"] == "Sandbox.Timedout"
        assert function.invoke("told").payload == "none"

    def test_an_exit_is_told_with_its_status(self, deploy):
        runtime_exit(deploy("answers.bash").invoke("exit"), "Runtime exited with error: exit status 3")


@pytest.mark.timeout(120)
def test_a_fork_bomb_stays_inside(probe, deploy, machine, client):
    function = deploy("probe.py", Timeout=30)
    children, reason = function.do("fork_bomb", limit=2000)
    assert reason == "EAGAIN" and 100 < children <= 1024
    # Others are served meanwhile, and the bomber itself afterwards, in one way or the other.
    assert probe.do("echo", value="untouched") == "untouched"
    client.delete_function(FunctionName=function.name)


@pytest.mark.booted
def test_a_process_left_behind_does_not_outlive_the_environment(idle, deploy, machine, client):
    function = deploy("probe.py")
    assert function.do("daemonize") == "left"
    assert any("left-behind" in line for line in machine.traces()["processes"]), "the process cannot be seen"
    client.delete_function(FunctionName=function.name)
    eventually("no process is left", lambda: machine.traces()["processes"] == [], within=15)
