"""What CloudWatch Logs' clients see of functions: groups, streams and lines, followed while they are written."""

import re

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.httpsession
import pytest

from machines import eventually

EVENT_ID = re.compile(r"\d{56}")


@pytest.fixture
def logs(session, machine):
    client = session.client("logs", endpoint_url=machine.endpoint)
    yield client
    client.close()


def group_of(function):
    return f"/aws/lambda/{function.name}"


def all_events(logs, **choice):
    pages = logs.get_paginator("filter_log_events").paginate(**choice)
    return [event for page in pages for event in page["events"]]


def wait_for_report(machine, logs, function, request_id):
    """All events of the function, once the invocation's REPORT is there."""

    def complete():
        events = all_events(logs, logGroupName=group_of(function))
        wanted = f"REPORT RequestId: {request_id}"
        return events if any(event["message"].startswith(wanted) for event in events) else None

    return eventually("the REPORT line is in the logs API", complete, within=10 * machine.slowness, every=0.2)


def test_an_invocation_is_read_back_whole(machine, deploy, logs):
    function = deploy("probe.py")
    answer = function.invoke({"do": "say", "lines": ["one", "two"]})
    events = wait_for_report(machine, logs, function, answer.request_id)
    assert [event["message"].split(" ")[0].rstrip("\n") for event in events] == [
        "INIT_START",
        "START",
        "one",
        "two",
        "END",
        "REPORT",
    ]
    assert all(event["message"].endswith("\n") for event in events)
    assert len({event["logStreamName"] for event in events}) == 1
    ids = [event["eventId"] for event in events]
    assert all(EVENT_ID.fullmatch(one) for one in ids) and ids == sorted(set(ids))
    assert ids == [event["eventId"] for event in all_events(logs, logGroupName=group_of(function))]


def test_groups_and_streams_are_described(machine, deploy, logs):
    function = deploy("probe.py")
    assert logs.describe_log_groups(logGroupNamePrefix=group_of(function))["logGroups"] == []
    answer = function.invoke({"do": "say", "lines": ["needle"]})
    events = wait_for_report(machine, logs, function, answer.request_id)
    (group,) = logs.describe_log_groups(logGroupNamePrefix=group_of(function))["logGroups"]
    assert group["logGroupName"] == group_of(function)
    assert group["arn"] == f"arn:aws:logs:eu-central-1:000000000000:log-group:{group_of(function)}:*"
    choice = {"logGroupName": group_of(function), "orderBy": "LastEventTime", "descending": True}
    (stream,) = logs.describe_log_streams(**choice)["logStreams"]
    assert stream["logStreamName"] == events[0]["logStreamName"]
    assert stream["firstEventTimestamp"] == events[0]["timestamp"]
    assert stream["lastEventTimestamp"] == events[-1]["timestamp"]


def test_a_stream_is_read_page_by_page_in_both_directions(machine, deploy, logs):
    function = deploy("probe.py")
    answer = function.invoke({"do": "say", "lines": [f"line {n}" for n in range(20)]})
    events = wait_for_report(machine, logs, function, answer.request_id)
    stream = {"logGroupName": group_of(function), "logStreamName": events[0]["logStreamName"], "limit": 7}
    messages = [event["message"] for event in events]

    def read(token, **first):
        found, page = [], logs.get_log_events(**stream, **first)
        while True:
            found.append([event["message"] for event in page["events"]])
            after = logs.get_log_events(**stream, nextToken=page[token])
            if after[token] == page[token]:
                return found
            page = after

    assert sum(read("nextForwardToken", startFromHead=True), []) == messages
    assert sum(reversed(read("nextBackwardToken")), []) == messages


def test_lines_are_chosen_by_pattern(machine, deploy, logs):
    function = deploy("probe.py")
    lines = ["ERROR one", "fine", '{"level":"ERROR","n":7}']
    answer = function.invoke({"do": "say", "lines": lines})
    wait_for_report(machine, logs, function, answer.request_id)
    for pattern, expected in {
        "ERROR": [lines[0], lines[2]],
        "ERROR -level": [lines[0]],
        '{ $.level = "ERROR" && $.n > 5 }': [lines[2]],
    }.items():
        events = all_events(logs, logGroupName=group_of(function), filterPattern=pattern)
        assert [event["message"].rstrip("\n") for event in events] == expected, pattern


def test_what_is_not_there_is_told(logs):
    with pytest.raises(logs.exceptions.ResourceNotFoundException) as caught:
        logs.filter_log_events(logGroupName="/aws/lambda/there-is-none")
    assert caught.value.response["Error"]["Message"] == "The specified log group does not exist."


def test_a_signature_for_another_service_is_refused(session, machine):
    body, address = b"{}", f"{machine.endpoint}/"
    headers = {"X-Amz-Target": "Logs_20140328.DescribeLogGroups", "Content-Type": "application/x-amz-json-1.1"}
    answers = {}
    for service in ("logs", "lambda"):
        request = botocore.awsrequest.AWSRequest("POST", address, headers=headers, data=body)
        botocore.auth.SigV4Auth(session.get_credentials(), service, session.region_name).add_auth(request)
        answers[service] = botocore.httpsession.URLLib3Session().send(request.prepare())
    assert answers["logs"].status_code == 200
    assert answers["lambda"].status_code == 400
    assert b'"__type":"InvalidSignatureException"' in answers["lambda"].content


def test_a_group_is_made_as_terraform_does_and_deleted(machine, deploy, logs, new_name):
    group, arn = f"/made/{new_name}", f"arn:aws:logs:eu-central-1:000000000000:log-group:/made/{new_name}"
    logs.create_log_group(logGroupName=group, tags={"team": "logs"})
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    logs.tag_resource(resourceArn=arn, tags={"stage": "test"})
    (seen,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert (seen["retentionInDays"], seen["arn"]) == (7, f"{arn}:*")
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "logs", "stage": "test"}
    function = deploy("probe.py", LoggingConfig={"LogGroup": group})
    function.do("say", lines=["needle"])

    def lines():
        return [event["message"] for event in all_events(logs, logGroupName=group)]

    eventually("the line is in the group", lambda: "needle\n" in lines(), within=10 * machine.slowness, every=0.2)
    logs.delete_log_group(logGroupName=group)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        lines()
    function.do("say", lines=["another"])
    eventually("the group is there again", lambda: "another\n" in lines(), within=10 * machine.slowness, every=0.2)
    assert "needle\n" not in lines()
    logs.delete_log_group(logGroupName=group)


def test_a_live_tail_tells_of_lines_as_they_come(machine, session, deploy, background):
    function = deploy("probe.py")
    # botocore would put "stream-" before the address.
    settings = botocore.config.Config(inject_host_prefix=False, read_timeout=60)
    logs = session.client("logs", endpoint_url=machine.endpoint, config=settings)
    function.do("say", lines=["before"])
    eventually("the group is there", lambda: all_events(logs, logGroupName=group_of(function)), within=10, every=0.2)
    arn = f"arn:aws:logs:eu-central-1:000000000000:log-group:{group_of(function)}"
    answer = logs.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="line")
    stream = iter(answer["responseStream"])
    assert next(stream)["sessionStart"]["logGroupIdentifiers"] == [arn]
    running = background(lambda: [function.invoke({"do": "say", "lines": [f"line {n}"]}) for n in range(5)])
    seen = []
    while "line 4" not in seen:
        update = next(stream)["sessionUpdate"]
        assert update["sessionMetadata"] == {"sampled": False}
        for result in update["sessionResults"]:
            assert result["logGroupIdentifier"] == f"000000000000:{group_of(function)}"
            seen.append(result["message"].rstrip("\n"))
    assert seen == [f"line {n}" for n in range(5)]
    running.result(60)
    answer["responseStream"].close()
    logs.close()


def follow(logs, group, start):
    """What `aws logs tail --follow` of version 2 does: polls from the latest event on, and knows what it has shown."""
    choice, shown = {"logGroupName": group, "interleaved": True, "startTime": start}, set()
    while True:
        page = logs.filter_log_events(**choice)
        for event in page["events"]:
            if event["eventId"] not in shown:
                shown.add(event["eventId"])
                choice["startTime"] = max(choice["startTime"], event["timestamp"])
                yield event["message"].rstrip("\n")
        choice.pop("nextToken", None)
        if "nextToken" in page:
            choice["nextToken"] = page["nextToken"]
        else:
            yield None


def test_a_follower_sees_every_line_once(machine, deploy, logs, background):
    function = deploy("probe.py")
    function.invoke({"do": "say", "lines": ["before"]})
    seen, following = [], follow(logs, group_of(function), 0)

    def see(word):
        for message in following:
            if message is None:
                break
            seen.append(message)
        return word in seen

    eventually("the first line is seen", lambda: see("before"), within=10 * machine.slowness, every=0.2)
    running = background(lambda: [function.invoke({"do": "say", "lines": [f"line {n}"]}) for n in range(20)])
    eventually("the last line is seen", lambda: see("line 19"), within=30 * machine.slowness, every=0.1)
    running.result(60)
    assert [line for line in seen if line.startswith("line ")] == [f"line {n}" for n in range(20)]
