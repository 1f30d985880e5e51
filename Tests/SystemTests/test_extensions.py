"""External extensions from a layer, one in Python and one as a shell script, and telemetry to a server inside one of them."""

import io
import json
import pathlib
import re
import time
import zipfile

import pytest

from machines import eventually

EXTENSIONS = pathlib.Path(__file__).resolve().parent / "functions/extensions"

HANDLER = """
import json, os, time

def lines(path):
    try:
        with open(path) as kept:
            return kept.read().splitlines()
    except FileNotFoundError:
        return []

def handler(event, context):
    for path, text in event.get("write", {}).items():
        with open(path, "w") as kept:
            kept.write(text)
    if "say" in event:
        print(event["say"])
    for number in range(event.get("lines", 0)):
        print(number, "x" * 1000)
    time.sleep(event.get("sleep", 0))
    return {path: lines(path) for path in event.get("read", [])}
"""


def layer_of(files):
    """A zip of programs below extensions/, by name and path or text."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, (text, mode) in files.items():
            entry = zipfile.ZipInfo(f"extensions/{name}", (2026, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


@pytest.fixture
def with_extensions(client, deploy, new_name):
    """Deploys a function with a layer of extensions: names of files in functions/extensions, or texts and modes."""
    published = []

    def with_extensions(*names, handler=HANDLER, mode=0o755, **members):
        files = {name.rsplit(".", 1)[0]: ((EXTENSIONS / name).read_text(), mode) for name in names}
        layer = client.publish_layer_version(LayerName=new_name, Content={"ZipFile": layer_of(files)})
        published.append(layer["Version"])
        return deploy({"app.py": handler}, Layers=[layer["LayerVersionArn"]], **members)

    yield with_extensions
    for version in published:
        client.delete_layer_version(LayerName=new_name, VersionNumber=version)


def read(function, *paths, **event):
    answer = function.invoke({"read": paths, **event})
    assert answer.error is None, answer.body
    return answer.payload


@pytest.mark.everywhere
def test_extensions_are_started_told_and_ended(with_extensions, machine):
    function = with_extensions("observer.py", "shell.bash")
    first = function.invoke({})
    assert first.error is None, first.body
    second = read(function, "/tmp/shell", "/tmp/environment")
    # Perhaps a second time by now: extensions hear of an invocation when its function does.
    assert second["/tmp/shell"][0] == "done"
    told = json.loads(second["/tmp/environment"][0])
    assert (told["uid"], told["directory"]) == (993, "/")
    variables = told["variables"]
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == function.name and variables["AWS_LAMBDA_RUNTIME_API"]
    assert not {name for name in variables if name.startswith("_")} - {"_"}
    assert not {"AWS_EXECUTION_ENV", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"} & set(variables)
    for line in (
        "EXTENSION\tName: observer\tState: Ready\tEvents: [INVOKE, SHUTDOWN]",
        "EXTENSION\tName: shell\tState: Ready\tEvents: [INVOKE, SHUTDOWN]",
        "TELEMETRY\tName: observer\tState: Subscribed\tTypes: [Platform, Function, Extension]",
        f"observer told INVOKE {first.request_id}",
    ):
        eventually(f"the line {line!r}", lambda line=line: machine.has_line(function.name, line), within=5)
    function.delete_if_there()
    eventually(
        "both are told of the end",
        lambda: machine.has_line(function.name, "observer told SHUTDOWN spindown")
        and machine.has_line(function.name, "shell told SHUTDOWN"),
        within=10 * machine.slowness,
    )


@pytest.mark.everywhere
def test_the_answer_does_not_wait_for_extensions_but_the_environment_does(with_extensions):
    function = with_extensions("shell.bash")
    function.invoke({"write": {"/tmp/linger": "1.5"}}, LogType="None")
    time.sleep(2)
    began = time.monotonic()
    function.invoke({}, LogType="None")
    assert time.monotonic() - began < 1.0, "the caller waited for the extension"
    time.sleep(2)
    # With the log's tail the answer has REPORT, whose duration has the extension in it.
    assert float(function.invoke({}).report["duration"]) > 1_400


def test_telemetry_has_every_event(with_extensions, machine):
    function = with_extensions("observer.py")
    first = function.invoke({"say": "spoken by the function"})

    def events():
        return [json.loads(line) for line in read(function, "/tmp/telemetry")["/tmp/telemetry"]]

    eventually(
        "the report has arrived",
        lambda: any(event["type"] == "platform.report" for event in events()),
        within=5 * machine.slowness,
    )
    seen = events()
    types = [event["type"] for event in seen]
    assert types[0] == "platform.initStart", types
    expected = [
        "platform.telemetrySubscription",
        "platform.initRuntimeDone",
        "platform.extension",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert [kind for kind in types if kind in expected][: len(expected)] == expected, types
    of = {kind: next(event for event in seen if event["type"] == kind)["record"] for kind in types}
    assert of["function"] == "spoken by the function"
    assert any(event["type"] == "extension" and "observer told INVOKE" in event["record"] for event in seen)
    assert of["platform.start"]["requestId"] == first.request_id
    assert of["platform.report"]["metrics"]["memorySizeMB"] == 256
    assert of["platform.report"]["status"] == "success"
    assert {span["name"] for span in of["platform.runtimeDone"]["spans"]} == {
        "responseLatency",
        "responseDuration",
        "runtimeOverhead",
    }


def memory_of_lambdad(machine):
    """What it has in memory, in bytes."""
    status = machine.read(f"/proc/{machine.main_pid('lambdad.service')}/status")
    return 1024 * int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


@pytest.mark.timeout(180)
def test_a_subscriber_that_never_reads_costs_neither_memory_nor_time(with_extensions, machine):
    function = with_extensions("deaf.py", Timeout=60)
    # With the tail of its log, an invocation is over when it is answered, and the next one finds the same environment.
    function.invoke({"lines": 1_000})
    before = memory_of_lambdad(machine)
    # 20 MB. It succeeds, so nobody waited for the subscriber.
    answer = function.invoke({"lines": 20_000})
    assert answer.error is None, answer.body
    assert memory_of_lambdad(machine) - before < 10_000_000
    function.invoke({"write": {"/tmp/hear": ""}})

    def events():
        kept = read(function, "/tmp/telemetry")["/tmp/telemetry"]
        return kept if any("platform.logsDropped" in line for line in kept) else None

    kept = eventually("it is told what was dropped", events, within=20 * machine.slowness, every=0.5)
    dropped = [json.loads(line)["record"] for line in kept if "platform.logsDropped" in line]
    assert all(set(record) == {"droppedBytes", "droppedRecords", "reason"} for record in dropped)
    # What was not dropped came: all lines but those that one or two batches hold.
    assert sum(record["droppedRecords"] for record in dropped) > 19_000
    assert kept.count("function") > 100


@pytest.mark.everywhere
def test_a_timeout_is_told_and_tmp_stays(with_extensions, machine):
    # The second start is part of an invocation: it has the function's share of a processor, not the first start's whole one.
    limits = {"Timeout": int(2 * machine.slowness), "MemorySize": 1024}
    function = with_extensions("observer.py", "shell.bash", **limits)
    function.invoke({"write": {"/tmp/kept": "yes"}})
    late = function.invoke({"sleep": 60})
    assert late.error == "Unhandled" and late.payload["errorType"] == "Sandbox.Timedout"
    eventually(
        "the extension is told why",
        lambda: machine.has_line(function.name, "observer told SHUTDOWN timeout"),
        within=5 * machine.slowness,
    )
    assert read(function, "/tmp/kept")["/tmp/kept"] == ["yes"]


def test_an_extension_that_ends_fails_the_invocation(with_extensions):
    function = with_extensions("shell.bash")
    answer = function.invoke({"write": {"/tmp/crash": ""}, "sleep": 3})
    if answer.error is None:
        # It was told before the file was there; the next event ends it.
        answer = function.invoke({"sleep": 3})
    assert answer.error == "Unhandled", answer
    assert answer.payload == {
        "errorType": "Extension.Crash",
        "errorMessage": f"RequestId: {answer.request_id} Error: exit status 3",
    }
    assert (answer.report["status"], answer.report["type"]) == ("error", "Extension.Crash")


def test_an_extension_that_cannot_be_executed_fails_the_init(with_extensions, machine):
    function = with_extensions("shell.bash", mode=0o644)
    answer = function.invoke({})
    assert answer.error == "Unhandled" and answer.payload["errorType"] == "Extension.LaunchError"
    assert "permission denied" in answer.payload["errorMessage"]
    eventually(
        "the line of it",
        lambda: machine.has_line(
            function.name, "EXTENSION\tName: shell\tState: LaunchError\tEvents: []\tError Type: PermissionDenied"
        ),
        within=5,
    )


def test_the_names_of_the_sandbox_resolve(deploy):
    handler = (
        "import socket\n"
        "def handler(event, context):\n"
        "    return [socket.gethostbyname(name) for name in ('sandbox', 'sandbox.localdomain')]\n"
    )
    assert deploy({"app.py": handler}).invoke({}).payload == ["127.0.0.1", "127.0.0.1"]
