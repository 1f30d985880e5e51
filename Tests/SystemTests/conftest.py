"""Fixtures, which tests a machine can answer, and the rule that a skipped test has failed."""

import concurrent.futures
import pathlib
import subprocess
import sys
import urllib.request
import uuid

import boto3
import pytest

import deployed
from machines import POLICY, eventually, machine_named, with_settings

HERE = pathlib.Path(__file__).resolve().parent
REGION = "eu-central-1"


def pytest_addoption(parser):
    parser.addoption("--machine", required=True, help="nspawn:NAME, qemu:NAME:PORT or plain:FOLDER")
    parser.addoption("--deb", help="the package under test")


def pytest_collection_modifyitems(config, items):
    kind = config.getoption("--machine").partition(":")[0]

    def wanted(item):
        marks = {mark.name for mark in item.iter_markers()}
        if kind == "qemu":
            return bool(marks & {"everywhere", "limits", "virtual"})
        if marks & {"limits", "virtual"}:
            return False
        return kind != "plain" or not marks & {"booted", "network", "last"}

    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = sorted(filter(wanted, items), key=lambda item: item.get_closest_marker("last") is not None)
    slowness = 6 if kind == "qemu" else 1
    for item in items:
        limit = item.get_closest_marker("timeout")
        item.add_marker(pytest.mark.timeout((limit.args[0] if limit else 90) * slowness), append=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be: {report.longrepr}"


@pytest.fixture(scope="session")
def machine(request):
    machine = machine_named(request.config.getoption("--machine"))
    try:
        eventually("lambdad answers", machine.is_healthy, within=20 * machine.slowness)
    except AssertionError as error:
        pytest.exit(f"{error}\n{machine.last_words()}", returncode=1)
    yield machine
    if hasattr(machine, "close"):
        machine.close()


@pytest.fixture(scope="session")
def credentials(machine):
    return machine.credentials()


@pytest.fixture(scope="session")
def session(credentials):
    return boto3.session.Session(
        aws_access_key_id=credentials[0], aws_secret_access_key=credentials[1], region_name=REGION
    )


@pytest.fixture(scope="session")
def shared_client(session, machine):
    return deployed.client_of(session, machine.endpoint)


@pytest.fixture
def client(session, machine):
    """A client without retries, so that an error shows."""
    client = deployed.client_of(session, machine.endpoint)
    yield client
    client.close()


@pytest.fixture
def raw(machine, credentials):
    """Requests as bytes on a connection of their own, signed or spoiled."""
    return deployed.RawClient(machine.endpoint, *credentials, REGION)


@pytest.fixture
def deploy(client, machine):
    """Makes functions that go when the test ends."""
    made = []

    def deploy(source, **members):
        function = deployed.create(client, machine, source, **members)
        made.append(function)
        return function

    yield deploy
    for function in made:
        function.delete_if_there()


@pytest.fixture(scope="module")
def probe(shared_client, machine):
    """A function that looks around: see functions/probe.py. Its environment is shared by the tests of a module."""
    function = deployed.create(shared_client, machine, "probe.py", Timeout=60 if machine.slowness > 1 else 20)
    yield function
    function.delete_if_there()


@pytest.fixture
def new_name():
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def configured(machine):
    """Sets keys of [lambdad] for one test; the service is restarted, or reloaded where the test says so."""
    original = machine.configuration()

    def configured(by="restart", **settings):
        machine.configure(with_settings(machine.configuration(), settings))
        machine.reload() if by == "reload" else machine.restart()

    yield configured
    machine.configure(original)
    machine.restart()


@pytest.fixture
def policy(machine):
    """Sets keys of the executor's policy for one test; it is restarted, which ends all environments."""
    original = machine.read(POLICY)

    def policy(**settings):
        machine.write(POLICY, with_settings(machine.read(POLICY), settings, section="[executor]"))
        machine.restart("lambda-executor.service")

    yield policy
    machine.write(POLICY, original)
    machine.restart("lambda-executor.service")


@pytest.fixture
def idle(machine, shared_client):
    """What is there while no sandbox is: no function, so no environment."""
    deployed.delete_everything(shared_client)
    eventually(
        "the machine has no sandbox", lambda: not machine.traces()["processes"], within=20 * machine.slowness, every=0.2
    )
    return machine.traces()


@pytest.fixture(scope="session")
def services():
    """A server that speaks AWS's protocols, on the machine's loopback; this process is in its network namespace."""
    port = 4577
    server = subprocess.Popen(
        [str(pathlib.Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"

    def answers():
        assert server.poll() is None, "moto has ended"
        try:
            return urllib.request.urlopen(f"{url}/moto-api/", timeout=2).status == 200
        except OSError:
            return False

    eventually("moto answers", answers, within=40)
    yield url
    server.terminate()
    server.wait(10)


class Background:
    """Calls in threads of their own; all are waited for when the test ends."""

    def __init__(self, machine):
        self.machine = machine
        self.pool = concurrent.futures.ThreadPoolExecutor(16)

    def __call__(self, work):
        return self.pool.submit(work)

    def wait_for_line(self, function, text, within=15.0):
        """Waits until the function has written a line: then its invocation is running."""
        eventually(
            f"{function.name} has written {text!r}",
            lambda: self.machine.has_line(function.name, text),
            within=within * self.machine.slowness,
        )


@pytest.fixture
def background(machine):
    background = Background(machine)
    yield background
    background.pool.shutdown(wait=False, cancel_futures=True)
