"""Log formats and levels, framed records, and what runtimes are told of an invocation, with the real clients."""

import base64
import json
import re

import pytest

from machines import eventually
from test_logs_api import all_events, group_of, logs, wait_for_report  # noqa: F401  (a fixture is used by its name)

JSON_FORMAT = {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "DEBUG"}


def events_of(machine, logs, function, request_id, is_over):
    """The messages of one invocation without their newline, once the last one is there."""

    def complete():
        messages = [event["message"].removesuffix("\n") for event in all_events(logs, logGroupName=group_of(function))]
        return messages if any(is_over(message) for message in messages) else None

    return eventually("the invocation's last event is there", complete, within=10 * machine.slowness, every=0.2)


def text_events(machine, logs, function, request_id):
    return events_of(machine, logs, function, request_id, lambda m: m.startswith(f"REPORT RequestId: {request_id}"))


def json_events(machine, logs, function, request_id):
    def is_report(message):
        return '"platform.report"' in message and request_id in message

    return events_of(machine, logs, function, request_id, is_report)


def test_a_record_with_line_breaks_is_one_event_and_prints_are_lines(machine, deploy, logs):  # noqa: F811
    function = deploy("logging_probe.py")
    answer = function.invoke({"do": "lines"})
    messages = text_events(machine, logs, function, answer.request_id)
    records = [message for message in messages if "first" in message]
    assert len(records) == 1
    assert re.fullmatch(
        rf"\[ERROR\]\t\S+Z\t{answer.request_id}\tfirst\nsecond\nthird", records[0]
    ), records
    assert [message for message in messages if message in ("printed", "alone")] == ["printed", "alone"]


def test_a_trace_of_an_error_is_one_event(machine, deploy, logs):  # noqa: F811
    function = deploy("logging_probe.py")
    answer = function.invoke({"do": "fail"})
    assert answer.payload["errorType"] == "KeyError"
    messages = text_events(machine, logs, function, answer.request_id)
    errors = [message for message in messages if message.startswith("[ERROR]")]
    assert len(errors) == 1 and "Traceback" in errors[0] and errors[0].count("\n") >= 3


def test_what_was_written_before_a_crash_is_there(machine, deploy, logs):  # noqa: F811
    function = deploy("logging_probe.py")
    answer = function.invoke({"do": "crash"})
    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert any(
        message.endswith("last words\nof two lines")
        for message in text_events(machine, logs, function, answer.request_id)
    )


@pytest.mark.timeout(180)
def test_a_flood_of_records_is_slowed_and_kept_whole(machine, deploy, logs):  # noqa: F811
    function = deploy("logging_probe.py", Timeout=120)
    count = 5_000
    answer = function.invoke({"do": "flood", "records": count, "length": 500})
    assert answer.payload == count
    wait_for_report(machine, logs, function, answer.request_id)
    found = [
        int(match.group(1))
        for event in all_events(logs, logGroupName=group_of(function))
        if (match := re.search(r"\trecord (\d{6})\n", event["message"]))
    ]
    assert found == list(range(count))


def test_json_logs_are_objects_of_the_system_and_the_function(machine, deploy, logs):  # noqa: F811
    function = deploy("logging_probe.py", LoggingConfig=JSON_FORMAT)
    answer = function.invoke({"do": "levels"})
    messages = json_events(machine, logs, function, answer.request_id)
    events = [json.loads(message) for message in messages]
    assert [event["type"] for event in events if "type" in event] == [
        "platform.initStart",
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert all(list(event) == ["time", "type", "record"] for event in events if "type" in event)
    own = [event for event in events if event.get("logger") == "probe"]
    assert [event["level"] for event in own] == ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    assert all(event["requestId"] == answer.request_id for event in own)
    tail = [json.loads(line) for line in answer.log.splitlines()]
    assert tail[0]["type"] == "platform.start" and tail[-1]["type"] == "platform.report"
    assert tail[-1]["record"]["status"] == "success"


@pytest.mark.parametrize(
    "level, kept",
    [("INFO", ["INFO", "WARNING", "ERROR", "CRITICAL"]), ("ERROR", ["ERROR", "CRITICAL"]), ("FATAL", ["CRITICAL"])],
)
def test_lines_below_the_level_are_dropped(machine, deploy, logs, level, kept):  # noqa: F811
    function = deploy(
        "logging_probe.py", LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": level, "SystemLogLevel": "INFO"}
    )
    answer = function.invoke({"do": "levels"})
    messages = json_events(machine, logs, function, answer.request_id)
    assert [json.loads(m)["level"] for m in messages if '"logger"' in m] == kept
    # What a function prints counts as INFO.
    printed = function.invoke({"do": "printed", "lines": ["plain"]})
    messages = json_events(machine, logs, function, printed.request_id)
    assert ("plain" in messages) == (level == "INFO")


def test_a_failure_in_json_has_no_free_text(machine, deploy, logs):  # noqa: F811
    function = deploy("logging_probe.py", LoggingConfig=JSON_FORMAT)
    answer = function.invoke({"do": "crash", "status": 3})
    events = [json.loads(message) for message in json_events(machine, logs, function, answer.request_id)]
    last = {event["type"]: event["record"] for event in events if "type" in event}
    for kind in ("platform.runtimeDone", "platform.report"):
        assert (last[kind]["status"], last[kind]["errorType"]) == ("error", "Runtime.ExitError")


def test_lines_are_in_the_configured_group(machine, deploy, logs, new_name):  # noqa: F811
    group = f"/shared/{new_name}"
    function = deploy("logging_probe.py", LoggingConfig={"LogGroup": group})
    answer = function.invoke({"do": "printed", "lines": ["needle"]})

    def there():
        events = all_events(logs, logGroupName=group)
        return events if any(f"REPORT RequestId: {answer.request_id}" in e["message"] for e in events) else None

    events = eventually("the lines are in the group", there, within=10 * machine.slowness, every=0.2)
    assert "needle\n" in [event["message"] for event in events]
    assert all(f"/{function.name}[$LATEST]" in event["logStreamName"] for event in events)


@pytest.mark.booted
def test_a_record_with_line_breaks_is_one_entry_of_the_journal(machine, deploy):
    function = deploy("logging_probe.py")
    answer = function.invoke({"do": "lines"})

    def there():
        entries = machine.journal(f"LAMBDA_REQUEST_ID={answer.request_id}")
        return entries if any(e["MESSAGE"].startswith("REPORT ") for e in entries) else None

    entries = eventually("the REPORT line is in the journal", there, within=10 * machine.slowness)
    assert len([e for e in entries if e["MESSAGE"].endswith("\tfirst\nsecond\nthird")]) == 1


def test_node_writes_framed_records(machine, deploy, logs):  # noqa: F811
    source = "exports.handler = async () => { console.log('first\\nsecond'); console.error(new Error('shown')); };"
    function = deploy({"index.js": source}, Runtime="nodejs20.x", Handler="index.handler")
    answer = function.invoke({})
    messages = text_events(machine, logs, function, answer.request_id)
    assert [m for m in messages if m.endswith(f"\t{answer.request_id}\tINFO\tfirst\nsecond")]
    assert [m for m in messages if "\tERROR\tError: shown\n" in m]


def test_the_variable_is_the_runtimes_own(deploy):
    assert deploy("logging_probe.py").do("variable") is None


def test_client_context_reaches_the_function(deploy):
    function = deploy("logging_probe.py")
    context = {"custom": {"k": "v"}, "env": {"locale": "de"}, "client": {"app_title": "t"}}
    encoded = base64.b64encode(json.dumps(context).encode()).decode()
    seen = function.invoke({"do": "identity"}, ClientContext=encoded).payload
    assert seen["client"] == {"custom": {"k": "v"}, "env": {"locale": "de"}, "title": "t"}
    assert seen["trace"].startswith("Root=1-") and ";Lineage=1:" in seen["trace"]


def test_restore_hooks_are_not_called_without_a_snapshot(deploy):
    source = """
import os

from snapshot_restore_py import register_after_restore, register_before_snapshot

seen = []


@register_before_snapshot
def before():
    seen.append("before")


@register_after_restore
def after():
    seen.append("after")


def handler(event, context):
    return [seen, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
"""
    assert deploy({"app.py": source}).invoke({}).payload == [[], "on-demand"]
