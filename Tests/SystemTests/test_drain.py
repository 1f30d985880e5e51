"""Whatever happens to a function or to the service, a running invocation ends by its own limits only."""

import json

import pytest

from deployed import zipped
from machines import eventually

pytestmark = pytest.mark.timeout(150)

LONG = """
import os, time

def handler(event, context):
    # With the function's own name, for not every log that is looked into is this function's alone.
    print("begun", context.function_name, event["name"], flush=True)
    time.sleep(event["seconds"])
    print("ended", context.function_name, event["name"], flush=True)
    return "old"
"""
NEW = zipped({"app.py": "def handler(event, context):\n    return 'new'\n"})


def seconds(machine):
    return 3 if machine.slowness == 1 else 20


def update_code(client, function):
    client.update_function_code(FunctionName=function.name, ZipFile=NEW)
    function.wait_until_usable()
    assert function.invoke({}).payload == "new"


def update_configuration(client, function):
    function.configure(MemorySize=512)


def delete(client, function):
    client.delete_function(FunctionName=function.name)


@pytest.mark.parametrize("change", [update_code, update_configuration, delete])
def test_it_ends_in_its_own_words(client, machine, deploy, background, change):
    function = deploy({"app.py": LONG}, Timeout=60)
    running = background(lambda: function.invoke({"name": "one", "seconds": seconds(machine)}))
    background.wait_for_line(function, f"begun {function.name} one")
    change(client, function)
    answer = running.result(100)
    assert (answer.error, answer.payload) == (None, "old")
    assert answer.report["status"] is None


@pytest.mark.parametrize("change", [update_code, update_configuration, delete])
def test_an_asynchronous_one_does_so_too(client, machine, deploy, background, change):
    function = deploy({"app.py": LONG}, Timeout=60)
    event = json.dumps({"name": "event", "seconds": seconds(machine)})
    client.invoke(FunctionName=function.name, InvocationType="Event", Payload=event)
    background.wait_for_line(function, f"begun {function.name} event")
    change(client, function)
    background.wait_for_line(function, f"ended {function.name} event", within=30)


def test_a_version_that_is_deleted_ends_what_it_runs(client, deploy, background):
    function = deploy({"app.py": LONG}, Timeout=60)
    version = client.publish_version(FunctionName=function.name)["Version"]
    client.create_alias(FunctionName=function.name, Name="live", FunctionVersion=version)
    running = background(lambda: function.invoke({"name": "version", "seconds": 3}, Qualifier="live"))
    background.wait_for_line(function, f"begun {function.name} version")
    client.delete_alias(FunctionName=function.name, Name="live")
    client.delete_function(FunctionName=function.name, Qualifier=version)
    answer = running.result(60)
    assert (answer.error, answer.payload, answer.version) == (None, "old", version)


@pytest.mark.booted
def test_a_reload_with_a_keepalive_of_zero_ends_nothing(configured, deploy, background):
    function = deploy({"app.py": LONG}, Timeout=60)
    running = background(lambda: function.invoke({"name": "reload", "seconds": 3}))
    background.wait_for_line(function, f"begun {function.name} reload")
    configured(by="reload", keepalive=0, startup_timeout=1, init_timeout=1)
    assert running.result(60).payload == "old"


@pytest.mark.booted
class TestAStop:
    @pytest.fixture
    def impatient(self, machine):
        """systemd waits for 3 s only, unless it is asked for more."""
        folder = "/run/systemd/system/lambdad.service.d"
        machine.run("mkdir", "-p", folder)
        machine.write(f"{folder}/impatient.conf", "[Service]\nTimeoutStopSec=3\n")
        machine.run("systemctl", "daemon-reload")
        yield
        machine.run("rm", f"{folder}/impatient.conf")
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "start", "lambdad.service", timeout=60)

    def test_waits_for_a_synchronous_one_longer_than_systemd_would(self, machine, deploy, background, impatient):
        function = deploy({"app.py": LONG}, Timeout=60)
        running = background(lambda: function.invoke({"name": "stop", "seconds": 10}))
        background.wait_for_line(function, f"begun {function.name} stop")
        machine.run("systemctl", "stop", "lambdad.service", timeout=90)
        assert running.result(5).payload == "old"
        assert machine.unit("lambdad.service", "Result")["Result"] == "success"

    def test_waits_for_an_asynchronous_one_which_is_not_run_again(self, machine, client, deploy, background, impatient):
        function = deploy({"app.py": LONG}, Timeout=60)
        event = json.dumps({"name": "once", "seconds": 10})
        client.invoke(FunctionName=function.name, InvocationType="Event", Payload=event)
        background.wait_for_line(function, f"begun {function.name} once")
        machine.run("systemctl", "stop", "lambdad.service", timeout=90)
        machine.run("systemctl", "start", "lambdad.service", timeout=60)
        said = [entry["MESSAGE"] for entry in machine.journal("-t", function.name)]
        assert [said.count(f"{word} {function.name} once") for word in ("begun", "ended")] == [1, 1]
        client.invoke(FunctionName=function.name, Payload=json.dumps({"name": "after", "seconds": 0}))
        eventually("the next has run", lambda: machine.has_line(function.name, f"ended {function.name} after"), within=15)
        said = [entry["MESSAGE"] for entry in machine.journal("-t", function.name)]
        assert said.count(f"begun {function.name} once") == 1

    def test_ends_what_takes_longer_than_its_operator_wants(self, machine, configured, client, deploy, background):
        configured(drain_timeout=2)
        function = deploy({"app.py": LONG}, Timeout=60)

        def invoke():
            with pytest.raises(client.exceptions.ClientError) as error:
                function.invoke({"name": "cut", "seconds": 50})
            return error.value.response["ResponseMetadata"]["HTTPStatusCode"]

        running = background(invoke)
        background.wait_for_line(function, f"begun {function.name} cut")
        machine.run("systemctl", "stop", "lambdad.service", timeout=60)
        # A service error, which the caller's client would try again: the function did nothing wrong.
        assert running.result(30) >= 500
        machine.run("systemctl", "start", "lambdad.service", timeout=60)
