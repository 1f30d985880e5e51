"""The programs that are measured, as plain processes on a directory of their own."""

import glob
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3.11"
ECHO = "def handler(event, context):\n    return event\n"
RIE_WHEEL = "aws-sam-cli"


class Installation:
    """Where the files are: the tree of packaging/build-deb, another one, or this machine's own."""

    def __init__(self, tree=None, binaries=None):
        tree = pathlib.Path(tree).resolve() if tree else REPOSITORY / "build/deb"
        self.root = tree if (tree / "usr/lib/lambdad").is_dir() else pathlib.Path("/")
        self.library = self.root / "usr/lib/lambdad"
        if not self.library.is_dir():
            sys.exit("benchmarks: no lambdad here; run packaging/build-deb first, or install the package")
        self.lambdad = self.root / "usr/sbin/lambdad"
        self.executor = self.library / "lambda-executor"
        self.init = self.library / "lambda-init"
        if binaries:
            self.lambdad = pathlib.Path(binaries) / "lambdad"
            self.executor = pathlib.Path(binaries) / "lambda-executor"
        self.client = self.library / "runtime/python3.11"


class Servers:
    """Starts programs and ends them all, in reverse, whatever happens in between."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name, command, **options):
        log = open(self.directory / f"{name}.log", "wb")
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **options)
        self.processes.append(process)
        process.name = name
        return process

    def wait_until(self, process, condition, what):
        deadline = time.monotonic() + 30
        while not condition():
            if process.poll() is not None or time.monotonic() > deadline:
                log = (self.directory / f"{process.name}.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{process.name}: {what} did not happen\n{log}")
            time.sleep(0.01)

    def executor(self, installation):
        path = self.directory / "executor.sock"
        etc = self.directory / "etc"
        shutil.copytree(installation.library / "roots/host/etc", etc, symlinks=True, ignore_dangling_symlinks=True)
        policy = self.directory / "executor.conf"
        policy.write_text(
            # A cgroup of its own: the machine's lambdad may be running.
            f"[executor]\ngroup = root\nhost_etc = {etc}\ncode_directories = {self.directory}\n"
            f"cgroup = /{self.directory.name}\n"
            f"runtime_directories = {installation.library}\n")
        process = self.start("lambda-executor", [
            installation.executor, "--socket", path, "--policy", policy, "--init", installation.init,
            "--filter", installation.library / "seccomp/default.policy", "--log", "stderr"])
        self.wait_until(process, lambda: connects(path), "a socket that answers")
        return path

    def lambdad(self, installation, executor_socket, access_key, secret, runtime="python3.11", settings=""):
        port = free_port()
        runtimes = self.directory / "runtimes"
        runtimes.mkdir()
        text = (installation.library / f"runtimes/{runtime}.runtime").read_text()
        (runtimes / f"{runtime}.runtime").write_text(text.replace("/usr/lib/lambdad", str(installation.library)))
        credentials = self.directory / "credentials"
        credentials.write_text(
            f"[default]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret}\n")
        credentials.chmod(0o600)
        (self.directory / "state").mkdir()
        configuration = self.directory / "lambdad.conf"
        configuration.write_text(
            f"[lambdad]\nlisten = 127.0.0.1:{port}\nauth = sigv4\ncredentials = {credentials}\n"
            f"state_directory = {self.directory}/state\nexecutor_socket = {executor_socket}\n"
            f"runtime_directories = {runtimes}\nlog = auto\n{settings}")
        process = self.start("lambdad", [installation.lambdad, "--config", configuration])
        self.wait_until(process, lambda: answers(port), "a port that answers")
        return process, port

    def emulator(self, installation, program):
        """AWS's Runtime Interface Emulator with the same function and the same runtime client."""
        port, runtime_port = free_port(), free_port()
        task = self.directory / "task"
        task.mkdir()
        (task / "echo.py").write_text(ECHO)
        environment = {
            "PATH": "/usr/bin:/bin", "PYTHONPATH": str(installation.client), "LAMBDA_TASK_ROOT": str(task),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "30"}
        process = self.start(
            "emulator",
            [program, "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
             "--runtime-api-address", f"127.0.0.1:{runtime_port}", PYTHON, "-m", "awslambdaric", "echo.handler"],
            env=environment, cwd=task)
        self.wait_until(process, lambda: answers(port), "a port that answers")
        return process, port


def emulator_program(cache):
    """Out of the wheel of aws-sam-cli, which is fetched once."""
    program = cache / "aws-lambda-rie"
    if program.exists():
        return program
    cache.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache), RIE_WHEEL], check=True)
    wheel = glob.glob(str(cache / "aws_sam_cli*.whl"))[0]
    with zipfile.ZipFile(wheel) as archive:
        name = next(
            entry for entry in archive.namelist()
            if os.path.basename(entry).startswith("aws-lambda-rie") and "arm64" not in entry)
        program.write_bytes(archive.read(name))
    os.remove(wheel)
    program.chmod(0o755)
    return program


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def connects(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        return probe.connect_ex(str(path)) == 0
