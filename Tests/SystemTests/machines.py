"""The machines that lambdad runs on in these tests, and what a test may do to them."""

import configparser
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONFIGURATION = "/etc/lambdad/lambdad.conf"
POLICY = "/etc/lambdad/executor.conf"


def eventually(claim, probe, within=10.0, every=0.05):
    """The first true value of `probe`, asked again until `within` seconds have passed."""
    deadline = time.monotonic() + within
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within:g} s: {claim} (last seen: {value!r})")
        time.sleep(every)


def with_settings(text, settings, section="[lambdad]"):
    """The text of a configuration file with keys of its one section set; `None` takes a key out."""
    names = "|".join(re.escape(name) for name in settings)
    lines = [line for line in text.splitlines() if not re.match(rf"\s*({names})\s*=", line)]
    start = next((index for index, line in enumerate(lines) if line.strip() == section), None)
    if start is None:
        lines.append(section)
        start = len(lines) - 1
    lines[start + 1 : start + 1] = [f"{name} = {value}" for name, value in settings.items() if value is not None]
    return "\n".join(lines) + "\n"


class Machine:
    """A machine with lambdad on it."""

    # How much longer things take here than on bare metal.
    slowness = 1.0
    endpoint = "http://127.0.0.1:3001"

    def run(self, *command, input=None, timeout=30, check=True):
        """Runs a command as root on the machine. Gives its standard output."""
        done = self.start(command, input=input, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def succeeds(self, *command, timeout=30):
        return self.start(command, input=None, timeout=timeout).returncode == 0

    def python(self, script, *arguments, timeout=60):
        """Runs a script of the folder `inside` with the machine's Python, and reads the JSON it prints."""
        text = (HERE / "inside" / script).read_text()
        return json.loads(self.run("/usr/bin/python3", "-", *arguments, input=text, timeout=timeout))

    def read(self, path):
        return self.run("cat", path)

    def write(self, path, text):
        self.run("sh", "-c", 'cat >"$1"', "sh", path, input=text)

    def credentials(self):
        """Key id and secret of the profile made at installation."""
        book = configparser.ConfigParser(interpolation=None)
        book.read_file(io.StringIO(self.read(self.credentials_path)))
        profile = book[book.sections()[0]] if "default" not in book else book["default"]
        return profile["aws_access_key_id"], profile["aws_secret_access_key"]

    credentials_path = "/etc/lambdad/credentials"

    def is_healthy(self):
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_lambdad/health", timeout=5) as response:
                return response.status == 200
        except OSError:
            return False

    def last_words(self):
        return self.run("journalctl", "--no-pager", "-u", "lambdad", "-u", "lambda-executor", "-n", "40", check=False)

    # systemd

    def unit(self, name, *properties):
        """Properties of a unit, as a dictionary."""
        wanted = ",".join(properties)
        text = self.run("systemctl", "show", name, f"--property={wanted}")
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def main_pid(self, name):
        return int(self.unit(name, "MainPID")["MainPID"])

    def crash(self):
        """Kills lambdad with SIGKILL. Gives the seconds until it answers again."""
        pid = self.main_pid("lambdad.service")
        assert pid > 1
        # The tests kill more often than the unit's start limit allows.
        self.run("systemctl", "reset-failed", "lambdad.service", check=False)
        self.run("kill", "-KILL", str(pid))
        begin = time.monotonic()
        eventually("lambdad answers again", self.is_healthy, within=30 * self.slowness, every=0.01)
        return time.monotonic() - begin

    def sandboxes(self):
        """The cgroups of sandboxes, each with its processes as pid and start time."""
        return self.python("sandboxes.py")

    def restart(self, name="lambdad.service"):
        # The tests restart more often than the unit's start limit allows.
        self.run("systemctl", "reset-failed", name, check=False)
        self.run("systemctl", "restart", name, timeout=60)

    def reload(self):
        self.run("systemctl", "reload", "lambdad.service", timeout=30 * self.slowness)

    def configure(self, text):
        self.write(CONFIGURATION, text)

    def configuration(self):
        return self.read(CONFIGURATION)

    # The journal

    def journal(self, *matches):
        """Entries of the journal that match, oldest first, each a dictionary of its fields as text."""
        self.run("journalctl", "--sync", check=False)
        text = self.run("journalctl", "--no-pager", "--all", "-o", "json", *matches, timeout=60)
        return [_as_text(json.loads(line)) for line in text.splitlines()]

    def has_line(self, function, text):
        return any(entry.get("MESSAGE") == text for entry in self.journal("-t", function))

    def traces(self):
        """What is there of sandboxes: processes, mounts, cgroups, namespaces, files."""
        return self.python("traces.py")


def _as_text(entry):
    # A field with bytes that are no text comes as a list of numbers.
    return {
        key: bytes(value).decode("utf-8", "replace")
        if isinstance(value, list) and value and isinstance(value[0], int)
        else value
        for key, value in entry.items()
    }


class NspawnMachine(Machine):
    """A container with systemd; this process is in its network namespace."""

    def __init__(self, name):
        self.name = name
        self.lab = HERE / "lab" / "nspawn-lab"
        # Straight into the namespaces, for starting the lab's script each time would cost more than the command.
        run = pathlib.Path(os.environ.get("LAMBDAD_LAB_DIR", "/var/tmp/lambdad-lab")) / "nspawn/run" / name
        self.leader = (run / "leader").read_text().split()[0]

    def start(self, command, input, timeout):
        enter = ["nsenter", "-t", self.leader, "-m", "-u", "-i", "-n", "-p", "-C", "--", "env", "-i", "HOME=/root"]
        enter += ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        return _started([*enter, *command], input, timeout)


class QemuMachine(Machine):
    """A virtual machine without hardware help; its API is at a forwarded port."""

    slowness = 12.0

    def __init__(self, name, port):
        self.name = name
        self.port = port
        self.lab = HERE / "lab" / "qemu-lab"
        self.endpoint = f"http://127.0.0.1:{port}"

    def start(self, command, input, timeout):
        return _started([str(self.lab), "exec", self.name, "--", *command], input, timeout * self.slowness)

    def lose_power(self):
        """What was not on the disk is gone. Returns once lambdad answers again after the boot."""
        subprocess.run([self.lab, "reset", self.name], check=True, timeout=240)
        subprocess.run([self.lab, "forward", self.name, f"{self.port}:3001"], check=True, timeout=60)
        eventually("lambdad answers again", self.is_healthy, within=120)


class PlainMachine(Machine):
    """Both daemons as plain processes of this machine, in a temporary folder. No systemd, no journal."""

    def __init__(self, programs):
        self.programs = pathlib.Path(programs)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lambdad-plain-"))
        self.folder.chmod(0o755)
        self.processes = {}
        self.credentials_path = str(self.folder / "credentials")
        self.port = _free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        try:
            self._write_files()
            self._launch()
        except BaseException:
            self.close()
            raise

    def _write_files(self):
        folder = self.folder
        tree = folder / "package"
        deb = max((ROOT / "build").glob("lambdad_*.deb"), key=lambda path: path.stat().st_mtime, default=None)
        if deb is None:
            raise RuntimeError("no package in build: the runtimes are taken out of it")
        subprocess.run(["dpkg-deb", "--extract", deb, tree], check=True)
        library = tree / "usr/lib/lambdad"
        shutil.copytree(library / "runtimes", folder / "runtimes")
        for manifest in (folder / "runtimes").glob("*.runtime"):
            manifest.write_text(manifest.read_text().replace("/usr/lib/lambdad/", f"{library}/"))
        (folder / "state").mkdir()
        (folder / "credentials").write_text(
            "[default]\naws_access_key_id = AKIAPLAINPLAINPLAIN0\naws_secret_access_key = plain-secret\n"
        )
        etc = library / "roots/host/etc"
        subprocess.run([library / "refresh-host-root", etc], check=True)
        (folder / "executor.conf").write_text(
            f"[executor]\ngroup = root\nhost_etc = {etc}\n"
            f"code_directories = {folder / 'state'}\nruntime_directories = {library}\n"
            # Another executor may run on this machine, and each wants a tree of its own.
            f"cgroup = /{folder.name}\n"
        )
        self.configure(
            with_settings(
                "[lambdad]\n",
                {
                    "listen": f"127.0.0.1:{self.port}",
                    "executor_socket": folder / "executor.sock",
                    "state_directory": folder / "state",
                    "credentials": folder / "credentials",
                    "runtime_directories": folder / "runtimes",
                    "auth": "sigv4",
                    "log": "stderr",
                },
            )
        )

    def _launch(self):
        library = self.folder / "package/usr/lib/lambdad"
        policy = library / "seccomp/default.policy"
        self._spawn(
            "lambda-executor",
            "--socket",
            self.folder / "executor.sock",
            "--policy",
            self.folder / "executor.conf",
            "--init",
            library / "lambda-init",
            "--filter",
            policy,
        )
        eventually("the executor listens", (self.folder / "executor.sock").exists)
        self._spawn("lambdad", "--config", self.folder / "lambdad.conf")
        eventually("lambdad answers", self._answers)

    def _spawn(self, name, *arguments):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(
            [str(self.programs / name), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )

    def _answers(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise AssertionError(f"{name} ended: {(self.folder / f'{name}.log').read_text()[-2000:]}")
        return self.is_healthy()

    def last_words(self):
        return "\n".join((self.folder / f"{name}.log").read_text()[-2000:] for name in self.processes)

    def start(self, command, input, timeout):
        return _started(list(map(str, command)), input, timeout)

    def configuration(self):
        return (self.folder / "lambdad.conf").read_text()

    def configure(self, text):
        (self.folder / "lambdad.conf").write_text(text)

    def has_line(self, function, text):
        return text in (self.folder / "lambdad.log").read_text(errors="replace")

    def main_pid(self, name):
        return self.processes[name.removesuffix(".service")].pid

    def restart(self):
        self._end("lambdad")
        self._spawn("lambdad", "--config", self.folder / "lambdad.conf")
        eventually("lambdad answers", self._answers)

    def crash(self):
        process = self.processes.pop("lambdad")
        process.kill()
        process.wait()
        begin = time.monotonic()
        self._spawn("lambdad", "--config", self.folder / "lambdad.conf")
        eventually("lambdad answers again", self._answers, within=30, every=0.01)
        return time.monotonic() - begin

    def sandboxes(self):
        return self.python("sandboxes.py", self.folder.name)

    def reload(self):
        self.processes["lambdad"].send_signal(signal.SIGHUP)

    def _end(self, name):
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self):
        for name in reversed(list(self.processes)):
            self._end(name)
        shutil.rmtree(self.folder, ignore_errors=True)


def _started(command, input, timeout):
    return subprocess.run(
        command,
        input=input,
        stdin=subprocess.DEVNULL if input is None else None,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
    )


def _free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def machine_named(text):
    """`nspawn:NAME`, `qemu:NAME:PORT` or `plain:FOLDER`."""
    kind, _, rest = text.partition(":")
    if kind == "nspawn":
        return NspawnMachine(rest)
    if kind == "qemu":
        name, port = rest.split(":")
        return QemuMachine(name, int(port))
    if kind == "plain":
        return PlainMachine(rest)
    raise ValueError(f"no such machine: {text}")
