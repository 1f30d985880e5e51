"""Concurrency as AWS bounds it: shares of functions, environments that are kept ready, and those of tenants."""

import json
import uuid

import pytest

import deployed
from machines import eventually

THROTTLED = {"Type": "User", "message": "Rate Exceeded."}

# Tells how its environment came to be, and which one it is; may take its time, and says when it has begun.
TELLING = """
import os, time
stream = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
calls = 0


def handler(event, context):
    global calls
    calls += 1
    if event.get("say"):
        print(event["say"], flush=True)
    time.sleep(event.get("seconds", 0))
    return {
        "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
        "stream": stream,
        "version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        "calls": calls,
        "tenant": getattr(context, "tenant_id", None),
    }
"""


def told(function, qualifier=None, tenant=None, **event):
    members = {"Qualifier": qualifier} if qualifier else {}
    if tenant:
        members["TenantId"] = tenant
    answer = function.invoke(event, **members)
    assert answer.error is None, answer.body
    return answer.payload


def reason(raw, name):
    """Why an invocation is throttled, by the raw answer."""
    status, headers, body = raw.invoke(name)
    assert status == 429, body
    assert headers["x-amzn-errortype"] == "TooManyRequestsException"
    answer = json.loads(body)
    assert {key: answer[key] for key in THROTTLED} == THROTTLED
    return answer["Reason"]


def running(background, function, qualifier=None, **event):
    """A call that runs, its first line being written."""
    say = f"{uuid.uuid4()} has begun"
    call = background(lambda: told(function, qualifier, say=say, **event))
    background.wait_for_line(function, say)
    return call


def published(function, text=None):
    if text is not None:
        function.configure(Description=text)
    return function.client.publish_version(FunctionName=function.name)["Version"]


def provisioned(function, qualifier):
    return function.client.get_provisioned_concurrency_config(FunctionName=function.name, Qualifier=qualifier)


def wait_until_ready(function, qualifier, machine, within=20):
    eventually(
        f"{function.name}:{qualifier} is ready",
        lambda: provisioned(function, qualifier)["Status"] == "READY",
        within=within * machine.slowness,
    )


def test_reserved_concurrency_is_for_all_versions_together(background, client, deploy, raw, machine):
    function = deploy({"app.py": TELLING}, Timeout=60)
    version = published(function)
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    call = running(background, function, seconds=4 * machine.slowness)
    for name in [function.name, f"{function.name}:{version}"]:
        assert reason(raw, name) == "ReservedFunctionConcurrentInvocationLimitExceeded"
    call.result(timeout=120)
    # The answer frees it, at once: a client that asks again is not refused, and meets the same environment.
    first = told(function)
    for number in range(8):
        assert told(function) == first | {"calls": first["calls"] + number + 1}
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    assert reason(raw, function.name) == "ReservedFunctionConcurrentInvocationLimitExceeded"
    client.delete_function_concurrency(FunctionName=function.name)
    assert told(function)["type"] == "on-demand"


def test_lowering_the_share_ends_nothing_that_runs(background, client, deploy, raw):
    function = deploy({"app.py": TELLING}, Timeout=60)
    calls = [running(background, function, seconds=4) for _ in range(2)]
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    assert reason(raw, function.name) == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert {call.result(timeout=60)["type"] for call in calls} == {"on-demand"}
    assert told(function)["calls"] == 2


def test_the_account_has_a_limit_for_functions_without_a_share(background, configured, client, deploy, raw):
    configured(account_concurrency=3, unreserved_concurrency=1)
    one = deploy({"app.py": TELLING}, Timeout=60)
    other = deploy({"app.py": TELLING}, Timeout=60)
    client.put_function_concurrency(FunctionName=other.name, ReservedConcurrentExecutions=1)
    calls = [running(background, one, seconds=4) for _ in range(2)]
    assert reason(raw, one.name) == "ConcurrentInvocationLimitExceeded"
    assert told(other)["calls"] == 1
    for call in calls:
        call.result(timeout=60)
    assert told(one)["calls"] == 2


def test_requests_have_a_rate_for_each_of_the_concurrency(configured, client, deploy, raw):
    configured(invocation_rate=1)
    function = deploy({"app.py": TELLING})
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    path, count = f"/2015-03-31/functions/{function.name}/invocations", 6
    answers = [raw.ask("POST", path, b"{}") for _ in range(count)]
    refused = [json.loads(body)["Reason"] for status, _, body in answers if status == 429]
    assert answers[0][0] == 200 and refused
    assert set(refused) == {"ReservedFunctionInvocationRateLimitExceeded"}
    eventually("a second has brought another", lambda: raw.ask("POST", path, b"{}")[0] == 200, every=0.2)


def test_environments_are_kept_ready_used_first_and_spilled_over(background, configured, client, deploy, machine):
    configured(keepalive=1)
    function = deploy({"app.py": TELLING}, Timeout=60)
    version = published(function)
    made = client.put_provisioned_concurrency_config(
        FunctionName=function.name, Qualifier=version, ProvisionedConcurrentExecutions=1
    )
    assert made["Status"] in ("IN_PROGRESS", "READY")
    wait_until_ready(function, version, machine)
    status = provisioned(function, version)
    assert status["AllocatedProvisionedConcurrentExecutions"] == 1
    assert status["AvailableProvisionedConcurrentExecutions"] == 1
    answer = function.invoke({}, Qualifier=version)
    kept = answer.payload
    assert kept["type"] == "provisioned-concurrency" and kept["calls"] == 1
    assert answer.report["init"] is None
    call = running(background, function, version, seconds=3 * machine.slowness)
    assert provisioned(function, version)["AvailableProvisionedConcurrentExecutions"] == 0
    assert told(function, version)["type"] == "on-demand"
    assert call.result(timeout=120)["stream"] == kept["stream"]
    assert told(function)["type"] == "on-demand"


def test_a_kept_environment_has_no_keepalive_and_follows_its_alias(configured, client, deploy, machine):
    configured(keepalive=0)
    function = deploy({"app.py": TELLING}, Timeout=30)
    first, second = published(function), published(function, "another")
    assert first != second
    client.create_alias(FunctionName=function.name, Name="live", FunctionVersion=first)
    client.put_provisioned_concurrency_config(
        FunctionName=function.name, Qualifier="live", ProvisionedConcurrentExecutions=1
    )
    wait_until_ready(function, "live", machine)
    before = told(function, "live")
    assert before["version"] == first and before["type"] == "provisioned-concurrency"
    assert told(function, "live") == before | {"calls": 2}
    client.update_alias(FunctionName=function.name, Name="live", FunctionVersion=second)
    eventually(
        "the other version's is ready",
        lambda: told(function, "live")["type"] == "provisioned-concurrency",
        within=20 * machine.slowness,
    )
    assert told(function, "live")["version"] == second
    assert told(function, first)["type"] == "on-demand"


@pytest.mark.everywhere
def test_they_are_there_again_after_a_restart(client, deploy, machine):
    function = deploy({"app.py": TELLING}, Timeout=30)
    version = published(function)
    client.put_provisioned_concurrency_config(
        FunctionName=function.name, Qualifier=version, ProvisionedConcurrentExecutions=2
    )
    wait_until_ready(function, version, machine)
    before = told(function, version)
    machine.restart()
    wait_until_ready(function, version, machine)
    after = told(function, version)
    assert after["type"] == "provisioned-concurrency" and after["calls"] == 1
    assert after["stream"] != before["stream"]


def test_an_init_that_fails_is_the_configuration_s_status(client, deploy, machine):
    function = deploy({"app.py": "raise RuntimeError('not today')\n"})
    version = published(function)
    client.put_provisioned_concurrency_config(
        FunctionName=function.name, Qualifier=version, ProvisionedConcurrentExecutions=1
    )
    eventually(
        "the configuration has failed",
        lambda: provisioned(function, version)["Status"] == "FAILED",
        within=20 * machine.slowness,
    )
    status = provisioned(function, version)
    assert status["StatusReason"] == "FUNCTION_ERROR_INIT_FAILURE"
    assert status["AllocatedProvisionedConcurrentExecutions"] == 0
    client.delete_provisioned_concurrency_config(FunctionName=function.name, Qualifier=version)
    code, _, _ = deployed.refused(
        client.get_provisioned_concurrency_config, FunctionName=function.name, Qualifier=version
    )
    assert code == "ProvisionedConcurrencyConfigNotFoundException"


@pytest.mark.everywhere
def test_each_tenant_has_environments_of_its_own(client, deploy):
    function = deploy({"app.py": TELLING}, TenancyConfig={"TenantIsolationMode": "PER_TENANT"}, Timeout=30)
    blue, green = told(function, tenant="blue"), told(function, tenant="green")
    assert blue["stream"] != green["stream"]
    assert told(function, tenant="blue") == blue | {"calls": 2}
    assert told(function, tenant="green") == green | {"calls": 2}
    code, status, message = deployed.refused(client.invoke, FunctionName=function.name)
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert message.startswith("The invoked function is enabled with tenancy configuration.")
    plain = deploy({"app.py": TELLING})
    code, status, _ = deployed.refused(client.invoke, FunctionName=plain.name, TenantId="blue")
    assert (code, status) == ("InvalidParameterValueException", 400)


def test_the_runtime_is_told_which_tenant_it_serves(deploy):
    source = """#!/bin/bash
set -u
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
    curl -sS -D /tmp/headers -o /dev/null "$api/next"
    field() { grep -i "^$1:" /tmp/headers | cut -d: -f2- | tr -d '\\r' | sed 's/^ //'; }
    id=$(field lambda-runtime-aws-request-id)
    curl -sS -o /dev/null --data-binary "\\"$(field lambda-runtime-aws-tenant-id)\\"" "$api/$id/response"
done
"""
    function = deploy(
        {"bootstrap": source},
        Runtime="provided.al2023",
        TenancyConfig={"TenantIsolationMode": "PER_TENANT"},
        Timeout=30,
    )
    for tenant in ["blue", "a b:1/2=3"]:
        answer = function.invoke({}, TenantId=tenant)
        assert answer.error is None and answer.payload == tenant
