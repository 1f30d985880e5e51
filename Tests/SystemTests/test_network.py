"""What a function reaches over the network: nothing, or the services endpoint that the operator configured."""

import pytest

from deployed import refused
from machines import eventually

pytestmark = pytest.mark.network
UNREACHABLE = {"ENETUNREACH", "EHOSTUNREACH", "EACCES", "EPERM"}


def test_there_is_no_way_out(probe):
    targets = [["1.1.1.1", 80], ["169.254.169.254", 80], ["10.0.0.1", 22], ["169.254.100.77", 80]]
    seen = probe.do("connect", targets=[["169.254.100.1", 9001], *targets])
    assert seen.pop("169.254.100.1:9001") is None, "the probe cannot even see the Runtime API"
    assert set(seen.values()) <= UNREACHABLE, seen


def test_the_machines_own_loopback_is_another(probe, machine):
    port = int(machine.endpoint.rsplit(":", 1)[1])
    seen = probe.do("connect", targets=[["127.0.0.1", port]])
    assert seen == {f"127.0.0.1:{port}": "ECONNREFUSED"}


def test_the_machines_network_is_there_where_both_halves_say_so(deploy, configured, policy, machine):
    port = int(machine.endpoint.rsplit(":", 1)[1])
    own = {"targets": [["127.0.0.1", port]]}
    policy(host_network="yes")
    assert deploy("probe.py").do("connect", **own) == {f"127.0.0.1:{port}": "ECONNREFUSED"}
    configured(sandbox_network="host")
    assert deploy("probe.py").do("connect", **own) == {f"127.0.0.1:{port}": None}
    policy(host_network="no")
    answer = refused(deploy("probe.py").invoke, event={"do": "connect", **own})
    assert answer[:2] == ("ServiceException", 500), answer


@pytest.fixture
def with_services(configured, services):
    configured(services_endpoint=services)
    return services


def test_the_services_endpoint_is_there_and_is_all_that_is_there(deploy, with_services):
    function = deploy("probe.py")
    url = function.do("environment")["AWS_ENDPOINT_URL"]
    host, port = url.removeprefix("http://").rsplit(":", 1)
    assert host == "169.254.100.2"
    seen = function.do("connect", targets=[[host, int(port)], ["1.1.1.1", 80], ["127.0.0.1", 4577]])
    assert seen.pop(f"{host}:{port}") is None
    assert set(seen.values()) <= UNREACHABLE | {"ECONNREFUSED"}, seen


def test_lines_are_forwarded_to_the_services_endpoint(deploy, configured, services, session, machine):
    configured(services_endpoint=services, forward_logs="yes")
    function = deploy("probe.py")
    function.do("say", lines=["for the others"])
    logs = session.client("logs", endpoint_url=services)
    group = f"/aws/lambda/{function.name}"

    def lines():
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]

    eventually("the line is there", lambda: "for the others\n" in lines(), within=15 * machine.slowness, every=0.2)
    assert any(line.startswith("REPORT RequestId: ") for line in lines())


def test_boto3_inside_is_the_role_that_the_function_was_given(deploy, with_services):
    function = deploy("probe.py", Timeout=30, MemorySize=512)
    seen = function.do("caller_identity")
    assert seen["arn"] == f"arn:aws:sts::000000000000:assumed-role/lambda-role/{function.name}"


def test_the_session_of_a_function_with_one_letter_is_long_enough(deploy, with_services):
    function = deploy("probe.py", FunctionName="z", Timeout=30, MemorySize=512)
    assert function.do("caller_identity")["arn"].endswith("assumed-role/lambda-role/z@lambda_function")


def test_boto3_inside_uses_other_services(deploy, with_services):
    function = deploy("probe.py", Timeout=30, MemorySize=512)
    assert function.do("store", bucket=f"bucket-{function.name}") == "kept"


def test_an_endpoint_that_is_down_fails_the_start_with_its_reason(deploy, configured):
    configured(services_endpoint="http://127.0.0.1:9")
    function = deploy("probe.py")
    code = None
    try:
        answer = function.invoke({"do": "echo"})
    except function.client.exceptions.ClientError as error:
        code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Message"]
        assert code[0] == 500 and "127.0.0.1:9" in code[1], code
    else:
        raise AssertionError(f"answered without credentials: {answer}")
