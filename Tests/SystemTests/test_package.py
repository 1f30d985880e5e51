"""The installed package: what it put where, and how its units are."""

import re

import pytest

pytestmark = pytest.mark.booted
UNITS = ("lambdad.service", "lambdad.socket", "lambda-executor.service", "lambda-executor.socket")


@pytest.mark.everywhere
def test_every_unit_is_active_and_enabled(machine):
    machine.run("systemctl", "start", "lambdad.service", timeout=60)
    for unit in UNITS:
        assert machine.unit(unit, "ActiveState", "LoadState") == {"ActiveState": "active", "LoadState": "loaded"}, unit
    for unit in ("lambdad.socket", "lambda-executor.socket"):
        assert machine.unit(unit, "UnitFileState")["UnitFileState"] == "enabled"


@pytest.mark.everywhere
def test_nothing_has_failed(machine):
    failed = machine.run("systemctl", "--failed", "--plain", "--no-legend")
    assert "lambda" not in failed


@pytest.mark.parametrize("unit, most", [("lambdad.service", 2.0), ("lambda-executor.service", 5.0)])
def test_the_units_are_hardened(machine, unit, most):
    text = machine.run("systemd-analyze", "security", "--no-pager", unit, timeout=60)
    score = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", text)[1])
    assert score < most or (most == 5.0 and score == most), score


def test_unit_files_have_no_fault(machine):
    text = machine.start(["systemd-analyze", "--man=no", "verify", *UNITS], input=None, timeout=60)
    assert "lambda" not in text.stderr, text.stderr


def test_lambdad_is_unprivileged(machine):
    status = machine.read(f"/proc/{machine.main_pid('lambdad.service')}/status")
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    user = machine.run("id", "-u", "lambdad").strip()
    assert set(fields["Uid"].split()) == {user} and user != "0"
    for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[name], 16) == 0, name
    assert fields["NoNewPrivs"].strip() == "1"


def test_the_executor_is_small(machine):
    status = machine.read(f"/proc/{machine.main_pid('lambda-executor.service')}/status")
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    assert fields["Threads"].strip() == "1"


def test_credentials_are_for_root_and_the_group_only(machine):
    text = machine.run("stat", "-c", "%a %U %G", "/etc/lambdad/credentials").strip()
    assert text == "640 root lambdad"
    assert machine.run("stat", "-c", "%a %G", "/run/lambdad/executor.sock").strip() == "660 lambdad"


def test_it_listens_on_loopback_only(machine):
    lines = [line.split() for line in machine.run("ss", "-Hltn").splitlines()]
    ours = [fields[3] for fields in lines if fields[3].endswith(":3001")]
    assert ours == ["127.0.0.1:3001"]


def test_the_programs_need_nothing_that_is_not_declared(machine):
    for program in ("/usr/sbin/lambdad", "/usr/lib/lambdad/lambda-executor"):
        assert "not found" not in machine.run("ldd", program)


def test_every_file_is_roots_and_writable_by_root_only(machine):
    paths = machine.run("dpkg-query", "-L", "lambdad")
    # A symbolic link has no mode of its own.
    script = """while read -r path; do [ -L "$path" ] || stat -c "%U:%G %A %n" "$path"; done"""
    lines = machine.run("bash", "-c", script, input=paths).splitlines()
    assert len(lines) > 100
    form = re.compile(r"root:root [-d]r[-w][-x]r-[-x]r-[-x] /")
    assert [line for line in lines if not form.match(line)] == []


def test_the_manual_pages_are_there(machine):
    paths = machine.run("dpkg-query", "-L", "lambdad")
    for page in ("man8/lambdad.8.gz", "man5/lambdad.conf.5.gz", "man8/lambda-executor.8.gz"):
        assert page in paths
