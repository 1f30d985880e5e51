"""That the comparison with AWS's model sees what it is there for: a check that finds nothing has to be able to find."""

import json

import pytest

from modelled import Model, RawAnswer

ID = "8f507cfc-1234-4697-b07a-ac58fc914c95"
HEADERS = {"content-type": "application/json", "x-amzn-requestid": ID}
MAPPING = {
    "UUID": ID,
    "BatchSize": 10,
    "EventSourceArn": "arn:aws:sqs:eu-central-1:000000000000:q",
    "FunctionArn": "arn:aws:lambda:eu-central-1:000000000000:function:f",
    "LastModified": 1767323045.123,
    "State": "Enabled",
    "FunctionResponseTypes": [],
}
CONFIG = {
    "CodeSigningConfigId": "csc-0123456789abcdefg",
    "CodeSigningConfigArn": "arn:aws:lambda:eu-central-1:000000000000:code-signing-config:csc-0123456789abcdefg",
    "AllowedPublishers": {"SigningProfileVersionArns": ["arn:aws:signer:eu-central-1:000000000000:/p"]},
    "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
    "LastModified": "2026-01-02T03:04:05.000+0000",
}
MISSING = HEADERS | {"x-amzn-errortype": "ResourceNotFoundException"}


def without(members, name):
    return {key: value for key, value in members.items() if key != name}


def config(**members):
    return {"CodeSigningConfig": CONFIG | members}


@pytest.fixture(scope="module")
def model():
    return Model()


GOOD = [
    ("GetEventSourceMapping", 200, HEADERS, MAPPING),
    ("CreateEventSourceMapping", 202, HEADERS, MAPPING),
    ("GetCodeSigningConfig", 200, HEADERS, config()),
    ("ListTags", 200, HEADERS, {"Tags": {"a": "b"}}),
    ("TagResource", 204, HEADERS, None),
    ("GetFunction", 404, MISSING, {"Type": "User", "Message": "Function not found: arn"}),
    (
        "Invoke",
        200,
        HEADERS | {"x-amz-executed-version": "$LATEST", "x-amz-function-error": "Unhandled"},
        {"errorMessage": "x"},
    ),
]
BAD = [
    ("GetEventSourceMapping", 200, HEADERS, MAPPING | {"uuid": ID}, "uuid is not in the model"),
    ("GetEventSourceMapping", 200, HEADERS, MAPPING | {"BatchSize": "10"}, "BatchSize is no integer"),
    ("GetEventSourceMapping", 200, HEADERS, MAPPING | {"BatchSize": True}, "BatchSize is no integer"),
    ("GetEventSourceMapping", 200, HEADERS, MAPPING | {"BatchSize": 10001}, "more than 10000"),
    ("GetEventSourceMapping", 200, HEADERS, MAPPING | {"Topics": None}, "Topics is null"),
    ("GetEventSourceMapping", 200, HEADERS, MAPPING | {"LastModified": 1767323045123}, "no time of this century"),
    ("GetEventSourceMapping", 200, HEADERS, MAPPING | {"LastModified": "2026-01-02"}, "LastModified is no number"),
    ("GetEventSourceMapping", 200, HEADERS, MAPPING | {"FunctionArn": "f"}, "FunctionArn is 'f', not of the form"),
    ("GetEventSourceMapping", 200, HEADERS, MAPPING | {"FunctionResponseTypes": ["x"]}, "not one of"),
    ("CreateEventSourceMapping", 200, HEADERS, MAPPING, "status 200, not 202"),
    ("GetCodeSigningConfig", 200, HEADERS, {"CodeSigningConfig": without(CONFIG, "LastModified")}, "is missing"),
    ("GetCodeSigningConfig", 200, HEADERS, config(LastModified="2026-01-02T03:04:05Z"), "not of the form"),
    ("GetCodeSigningConfig", 200, HEADERS, [], "the answer is no object"),
    ("ListTags", 200, HEADERS, {"Tags": {"a": 1}}, "Tags.a is no string"),
    ("ListTags", 200, {"x-amzn-requestid": ID}, {"Tags": {}}, "Content-Type"),
    ("ListTags", 200, without(HEADERS, "x-amzn-requestid"), {"Tags": {}}, "no x-amzn-RequestId"),
    ("TagResource", 204, HEADERS, {}, "a body"),
    ("GetFunction", 404, MISSING, {"Type": "User", "message": "x"}, "has no Message"),
    ("GetFunction", 404, MISSING, {"Type": "Service", "Message": "x"}, "not 'User'"),
    ("GetFunction", 400, MISSING, {"Type": "User", "Message": "x"}, "status 400"),
    ("GetFunction", 404, MISSING, {"Message": "x", "Reason": "y"}, "unknown member Reason"),
    ("GetFunction", 404, HEADERS, {"Message": "x"}, "without x-amzn-ErrorType"),
    ("GetFunction", 400, HEADERS | {"x-amzn-errortype": "Odd"}, {"message": "x"}, "unknown error Odd"),
    ("Invoke", 200, HEADERS | {"x-amz-executed-version": "latest"}, {}, "ExecutedVersion is 'latest'"),
    ("Invoke", 200, HEADERS | {"x-amz-functionerror": "Unhandled"}, {}, "unknown header"),
]


def answer(status, headers, members):
    return RawAnswer(status, headers, b"" if members is None else json.dumps(members).encode())


@pytest.mark.parametrize("operation, status, headers, members", GOOD)
def test_what_is_modelled_has_no_fault(model, operation, status, headers, members):
    assert model.faults(operation, answer(status, headers, members)) == []


@pytest.mark.parametrize("operation, status, headers, members, fault", BAD)
def test_what_is_not_modelled_is_seen(model, operation, status, headers, members, fault):
    found = model.faults(operation, answer(status, headers, members))
    assert any(fault in line for line in found), found
