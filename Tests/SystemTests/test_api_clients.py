"""What boto3 makes of the answers: its waiters end, its paginators show everything once, its streams can be read."""

import pytest

import deployed
from modelled import Model
from recorder import Recorder

HANDLER = "def handler(event, context):\n    return event\n"


@pytest.fixture(scope="module")
def model():
    return Model()


@pytest.fixture
def recorder(machine):
    recorder = Recorder(machine.endpoint)
    yield recorder
    recorder.close()


@pytest.fixture
def recorded_client(session, recorder):
    client = deployed.client_of(session, recorder.endpoint)
    yield client
    client.close()


def test_every_waiter_ends(client, new_name):
    client.create_function(
        FunctionName=new_name,
        Runtime="python3.11",
        Handler="app.handler",
        Role=deployed.ROLE,
        Code={"ZipFile": deployed.zipped({"app.py": HANDLER})},
    )
    try:
        for waiter in ("function_exists", "function_active", "function_active_v2"):
            client.get_waiter(waiter).wait(FunctionName=new_name)
        client.update_function_configuration(FunctionName=new_name, Description="d")
        client.get_waiter("function_updated").wait(FunctionName=new_name)
        client.update_function_code(FunctionName=new_name, ZipFile=deployed.zipped({"app.py": HANDLER + "\n"}))
        client.get_waiter("function_updated_v2").wait(FunctionName=new_name)
        version = client.publish_version(FunctionName=new_name)["Version"]
        client.get_waiter("published_version_active").wait(FunctionName=new_name, Qualifier=version)
        assert set(client.waiter_names) == {
            "function_active",
            "function_active_v2",
            "function_exists",
            "function_updated",
            "function_updated_v2",
            "published_version_active",
        }
    finally:
        client.delete_function(FunctionName=new_name)


def test_mappings_come_in_pages(client, deploy):
    function = deploy({"app.py": HANDLER})
    made = set()
    for number in range(5):
        made.add(
            client.create_event_source_mapping(
                FunctionName=function.name,
                EventSourceArn=f"arn:aws:sqs:eu-central-1:000000000000:{function.name}-{number}",
                Enabled=False,
            )["UUID"]
        )
    try:
        pages = [
            page["EventSourceMappings"]
            for page in client.get_paginator("list_event_source_mappings").paginate(
                FunctionName=function.name, PaginationConfig={"PageSize": 2}
            )
        ]
        seen = [mapping["UUID"] for page in pages for mapping in page]
        assert [len(page) for page in pages] == [2, 2, 1]
        assert len(seen) == 5 and set(seen) == made
    finally:
        for uuid in made:
            client.delete_event_source_mapping(UUID=uuid)


def test_code_signing_configurations_come_in_pages(client):
    publishers = {"SigningProfileVersionArns": ["arn:aws:signer:eu-central-1:000000000000:/signing-profiles/p"]}
    made = {
        client.create_code_signing_config(AllowedPublishers=publishers)["CodeSigningConfig"]["CodeSigningConfigArn"]
        for _ in range(5)
    }
    try:
        pages = client.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 2})
        seen = [config["CodeSigningConfigArn"] for config in pages.search("CodeSigningConfigs[]")]
        assert len(seen) == len(set(seen)) and made <= set(seen)
    finally:
        for arn in made:
            client.delete_code_signing_config(CodeSigningConfigArn=arn)


def test_a_mapping_outlives_its_function_and_a_restart(machine, client, deploy):
    function = deploy({"app.py": HANDLER})
    mapping = client.create_event_source_mapping(
        FunctionName=function.name,
        EventSourceArn=f"arn:aws:sqs:eu-central-1:000000000000:{function.name}",
        Enabled=False,
        Tags={"k": "v"},
    )
    try:
        client.delete_function(FunctionName=function.name)
        machine.restart()
        found = client.get_event_source_mapping(UUID=mapping["UUID"])
        for answer in (mapping, found):
            del answer["ResponseMetadata"]
        assert found == mapping
        assert client.list_tags(Resource=mapping["EventSourceMappingArn"])["Tags"] == {"k": "v"}
    finally:
        client.delete_event_source_mapping(UUID=mapping["UUID"])


def test_a_response_stream_is_read_to_its_end(recorded_client, recorder, model, deploy):
    function = deploy({"app.py": HANDLER})
    answer = recorded_client.invoke_with_response_stream(FunctionName=function.name, Payload=b'{"a": 1}')
    events = list(answer["EventStream"])
    chunks = b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)
    assert chunks == b'{"a": 1}'
    assert "InvokeComplete" in events[-1] and "ErrorCode" not in events[-1]["InvokeComplete"]
    assert model.faults("InvokeWithResponseStream", recorder.take()[-1].answer) == []
