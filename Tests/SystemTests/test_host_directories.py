"""Directories of the machine that functions see: code that somebody works on, and file systems."""

import pytest

from deployed import ROLE, Function, refused
from machines import eventually

pytestmark = pytest.mark.booted

CODE, DATA = "/srv/workshop", "/srv/shared"
ACCESS_POINT = "arn:aws:elasticfilesystem:eu-central-1:000000000000:access-point/fsap-0123456789abcdef0"
HANDLER = """
import os

calls = 0

def handler(event, context):
    global calls
    calls += 1
    if "write" in event:
        try:
            with open(event["write"], "w") as file:
                file.write("from inside")
        except OSError as error:
            return os.strerror(error.errno)
    return [{word!r}, calls]
"""


@pytest.fixture
def allowed(machine, policy, configured):
    """Both halves allow a directory for code and one for data."""
    machine.run("mkdir", "-p", "-m", "0755", f"{CODE}/app", "/srv/elsewhere", DATA)
    # No user of its own stands for it, so that every function is one of the others there.
    machine.run("chmod", "1777", DATA)
    policy(hot_reload_directories=CODE, file_system_directories=DATA)
    configured(hot_reload_directories=CODE, file_systems=f"{ACCESS_POINT}={DATA}")
    eventually("lambdad answers", machine.is_healthy, within=20 * machine.slowness)
    yield
    machine.run("rm", "-rf", CODE, "/srv/elsewhere", DATA)


def works_on(machine, word):
    machine.write(f"{CODE}/app/app.py", HANDLER.format(word=word))


@pytest.fixture
def hot(allowed, machine, client, new_name):
    """A function whose code is the directory, before anything in it has changed."""
    works_on(machine, "first")
    code = {"S3Bucket": "hot-reload", "S3Key": f"{CODE}/app"}
    client.create_function(
        FunctionName=new_name, Role=ROLE, Runtime="python3.11", Handler="app.handler", Timeout=10, Code=code
    )
    function = Function(client, machine, new_name)
    function.wait_until_usable()
    yield function
    function.delete_if_there()


def test_code_that_changes_is_run_by_the_next_invocation(hot, machine, configured):
    assert [hot.invoke({}).payload for _ in range(2)] == [["first", 1], ["first", 2]]
    works_on(machine, "second")
    assert hot.invoke({}).payload == ["second", 1]
    assert hot.invoke({"write": "/var/task/mine"}).payload == "Read-only file system"
    # What version control and editors write changes nothing.
    machine.run("mkdir", f"{CODE}/app/.git")
    machine.write(f"{CODE}/app/.git/index", "x")
    assert hot.invoke({}).payload == ["second", 3]
    # As a build does it.
    machine.run("rm", "-rf", f"{CODE}/app")
    machine.run("mkdir", f"{CODE}/app")
    works_on(machine, "built")
    eventually("the code of the new directory runs", lambda: hot.invoke({}).payload[0] == "built", within=10)
    configured(hot_reload_watch="polling", hot_reload_exclude="app.py", hot_reload_debounce=0)
    assert hot.invoke({}).payload == ["built", 1]
    works_on(machine, "unseen")
    assert hot.invoke({}).payload == ["built", 2]
    machine.write(f"{CODE}/app/other.py", "")
    eventually("the other file is seen", lambda: hot.invoke({}).payload[0] == "unseen", within=10)


def test_directories_that_are_not_named_are_refused(allowed, client, new_name):
    def create(path):
        code = {"S3Bucket": "hot-reload", "S3Key": path}
        members = {"FunctionName": new_name, "Runtime": "python3.11", "Handler": "app.handler", "Role": ROLE}
        return refused(client.create_function, Code=code, **members)

    for path in ("/srv/elsewhere", f"{CODE}/../elsewhere", "/etc"):
        code, status, message = create(path)
        assert (code, status) == ("InvalidParameterValueException", 400), (path, message)
    assert "absolute path" in create("workshop/app")[2]


def test_a_file_system_is_there_and_can_be_written(allowed, machine, deploy):
    members = {"FileSystemConfigs": [{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/shared"}]}
    one, other = (deploy("probe.py", **members) for _ in range(2))
    assert one.do("write", paths=["/mnt/shared/kept"]) == {"/mnt/shared/kept": None}
    assert other.do("read", paths=["/mnt/shared/kept"]) == {"/mnt/shared/kept": 1}
    assert machine.read(f"{DATA}/kept") == "x"
    (mount,) = [mount for mount in one.do("mounts") if mount["at"] == "/mnt/shared"]
    assert {"rw", "nosuid", "nodev"} <= set(mount["options"])
