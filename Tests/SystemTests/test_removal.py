"""The package is installed again, removed, and purged. These tests come last, in this order."""

import base64

import pytest

import deployed
from machines import eventually

pytestmark = [pytest.mark.booted, pytest.mark.last, pytest.mark.timeout(150)]
DPKG = ("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-confold")


def installed_again(machine, request):
    deb = request.config.getoption("--deb")
    with open(deb, "rb") as file:
        text = base64.b64encode(file.read()).decode()
    machine.run("sh", "-c", "base64 -d >/var/tmp/again.deb", input=text, timeout=60)
    machine.run(*DPKG, "-i", "/var/tmp/again.deb", timeout=120)


def test_an_upgrade_keeps_functions_keys_and_configuration(machine, request, client, deploy, configured):
    function = deploy("probe.py")
    assert function.do("echo", value=1) == 1
    machine.write("/etc/lambdad/lambdad.conf", machine.configuration() + "# of the operator\n")
    key = machine.read("/etc/lambdad/credentials")
    pid = machine.main_pid("lambdad.service")
    installed_again(machine, request)
    eventually("the new one runs", lambda: machine.main_pid("lambdad.service") not in (0, pid), within=20)
    assert machine.read("/etc/lambdad/credentials") == key
    assert machine.configuration().endswith("# of the operator\n")
    assert function.do("echo", value=2) == 2


def test_removal_stops_everything_and_keeps_the_data(machine, client, deploy):
    deployed.delete_everything(client)
    machine.run(*DPKG, "-r", "lambdad", timeout=120)
    for unit in ("lambdad.service", "lambdad.socket", "lambda-executor.service", "lambda-executor.socket"):
        assert machine.unit(unit, "ActiveState")["ActiveState"] in ("inactive", "failed"), unit
    assert machine.traces()["processes"] == []
    assert not machine.succeeds("pgrep", "-x", "lambdad") and not machine.succeeds("pgrep", "-x", "lambda-executor")
    assert machine.succeeds("test", "-s", "/etc/lambdad/credentials")
    assert machine.succeeds("test", "-d", "/var/lib/lambdad")


def test_purge_leaves_nothing(machine):
    machine.run(*DPKG, "-P", "lambdad", timeout=120)
    found = machine.run(
        "find",
        "/etc",
        "/usr",
        "/var/lib",
        "/var/cache",
        "/var/log",
        "/run",
        "/lib/systemd",
        "-xdev",
        "-iname",
        "*lambda*",
        "-not",
        "-path",
        "/usr/lib/python3*",
        "-not",
        "-path",
        "/var/lib/dpkg/*",
        timeout=60,
    ).splitlines()
    assert found == []
    assert not machine.succeeds("getent", "passwd", "lambdad")
    assert not machine.succeeds("getent", "group", "lambdad")
    assert "lambda" not in machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend")


def test_it_can_be_installed_anew(machine, request):
    installed_again(machine, request)
    assert machine.unit("lambdad.socket", "ActiveState")["ActiveState"] == "active"
    assert machine.succeeds("curl", "-sf", "http://127.0.0.1:3001/_lambdad/health")
