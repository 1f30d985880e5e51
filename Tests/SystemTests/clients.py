"""Command-line clients as people have them: both versions of the AWS CLI, the SAM CLI, and their like."""

import contextlib
import io
import json
import logging
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

import awscli.clidriver

from recorder import Recorder

HERE = pathlib.Path(__file__).resolve().parent
# Made by `run`: Debian's package of version 2, unpacked, and the programs of a Python environment with other clients.
AWSCLI2 = pathlib.Path(os.environ.get("LAMBDAD_AWSCLI2", "/nonexistent"))
CLIENTS = pathlib.Path(os.environ.get("LAMBDAD_CLIENTS", "/nonexistent"))

# Operations, and options of operations, that came after Debian's version 2.
LATER = {
    "CheckpointDurableExecution",
    "CreateCapacityProvider",
    "CreateFunctionUrlConfig",
    "DeleteCapacityProvider",
    "GetCapacityProvider",
    "GetDurableExecution",
    "GetDurableExecutionHistory",
    "GetDurableExecutionState",
    "GetFunctionRecursionConfig",
    "GetFunctionScalingConfig",
    "ListCapacityProviders",
    "ListDurableExecutionsByFunction",
    "ListFunctionVersionsByCapacityProvider",
    "PutFunctionRecursionConfig",
    "PutFunctionScalingConfig",
    "SendDurableExecutionCallbackFailure",
    "SendDurableExecutionCallbackHeartbeat",
    "SendDurableExecutionCallbackSuccess",
    "StopDurableExecution",
    "UpdateCapacityProvider",
}


def settings(credentials, region, **more):
    """The variables that every client takes its key and region from; no file of this machine's has a say."""
    return {
        "AWS_ACCESS_KEY_ID": credentials[0],
        "AWS_SECRET_ACCESS_KEY": credentials[1],
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


class Version1:
    """The AWS CLI of the tests' own environment. Gives what it printed, how it ended, and what it asked."""

    # Operations that it need not have a command for.
    lacks = frozenset()

    def __init__(self, endpoint, variables):
        self.recorder = Recorder(endpoint)
        self.variables = variables
        # It logs every step of its own, which would bury what a failure has to say.
        logging.getLogger("awscli").propagate = False
        with self._environment():
            self.driver = awscli.clidriver.create_clidriver()

    @contextlib.contextmanager
    def _environment(self):
        before = dict(os.environ)
        os.environ.update(self.variables)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def __call__(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        self.recorder.take()
        with self._environment(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = self.driver.main(["--endpoint-url", self.recorder.endpoint, "lambda", *arguments])
            except SystemExit as end:
                code = end.code
        return code, out.getvalue(), err.getvalue(), self.recorder.take()

    def close(self):
        self.recorder.close()


def around(variables):
    """This process's environment with other variables, and without what version 1 sets in it: where its models are."""
    return {name: value for name, value in os.environ.items() if name != "AWS_DATA_PATH"} | variables


def version2_variables(variables):
    return around(variables) | {"PYTHONPATH": str(AWSCLI2 / "usr/lib/python3/dist-packages")}


class Version2:
    """Version 2 of the AWS CLI in a process of its own, see awscli2.py."""

    # Debian's is from January 2023.
    lacks = frozenset(LATER)

    def __init__(self, endpoint, variables):
        self.recorder = Recorder(endpoint)
        self.process = subprocess.Popen(
            ["/usr/bin/python3", HERE / "awscli2.py"],
            env=version2_variables(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments):
        self.recorder.take()
        common = ["--endpoint-url", self.recorder.endpoint, "--cli-binary-format", "raw-in-base64-out"]
        self.process.stdin.write(json.dumps([*common, "lambda", *arguments]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["code"], answer["out"], answer["err"], self.recorder.take()

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
        self.recorder.close()


class Tool:
    """A client that is started anew for each command, in a folder of its own, with settings by environment only."""

    def __init__(self, program, variables, folder, common=()):
        self.program, self.folder, self.common = program, folder, common
        self.variables = around(variables) | {"HOME": str(folder)}

    def command(self, *arguments):
        return [*map(str, self.program), *self.common, *arguments]

    def start(self, *arguments, input="", timeout=60):
        return subprocess.run(
            self.command(*arguments),
            env=self.variables,
            cwd=self.folder,
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def __call__(self, *arguments, **members):
        """What it printed. It must succeed."""
        done = self.start(*arguments, **members)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, *arguments):
        return Following(self.command(*arguments), self.variables)


def version2(variables, folder, endpoint):
    program = ["/usr/bin/python3", AWSCLI2 / "usr/bin/aws"]
    return Tool(program, version2_variables(variables), folder, common=("--endpoint-url", endpoint))


def tool(name, variables, folder, endpoint):
    """A client of the environment `clients`, which takes the address from its variables."""
    # Its own Python comes first, for what it builds, too.
    path = f"{CLIENTS}:{os.environ['PATH']}"
    return Tool([CLIENTS / name], variables | {"PATH": path, "AWS_ENDPOINT_URL": endpoint}, folder)


class Following:
    """A command that goes on until it is interrupted, and the lines that it prints."""

    def __init__(self, command, variables):
        self.lines = queue.SimpleQueue()
        # What runs in the background may ignore SIGINT, and hands that on to its children.
        command = ["/usr/bin/env", "--default-signal=INT", *command]
        self.process = subprocess.Popen(
            command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def until(self, text, within):
        """The lines up to the first that has the text in it."""
        deadline, seen = time.monotonic() + within, []
        while not seen or text not in seen[-1]:
            try:
                seen.append(self.lines.get(timeout=max(0, deadline - time.monotonic())))
            except queue.Empty:
                state = self.process.poll()
                raise AssertionError(f"{text!r} was not printed within {within:g} s ({state}): {seen}") from None
        return seen

    def interrupt(self):
        """As Ctrl-C does. Gives the exit status and what was said on standard error."""
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(20)
        finally:
            self.close()
        return status, self.err

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join(10)
        if not self.process.stderr.closed:
            self.err = self.process.stderr.read()
            self.process.stderr.close()
            self.process.stdout.close()
