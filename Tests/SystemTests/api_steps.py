"""What the AWS CLI is asked to do with each operation, in an order that makes sense, and what must come back.

`<name>` stands for a value of the group: `<fn>` is its function, `<arn>` that function's ARN, `<lambda>` the beginning
of every ARN, and whatever an earlier step has kept.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Step:
    """One command of the CLI: an operation of the model, or `wait`, which is the CLI's own for its waiters."""

    operation: str
    arguments: str = ""
    # Members of the answer by their path with dots; ... stands for any value, None for a member that must not be there.
    has: dict = dataclasses.field(default_factory=dict)
    # Values for later steps: their names, and the members that they are.
    keep: dict = dataclasses.field(default_factory=dict)
    # The error that must come, and its text: all of it, or its beginning where it ends with three dots.
    fails: str | None = None
    text: str = ""
    # Where it is not the model's.
    status: int | None = None


def refused(operation, arguments, error, text):
    return Step(operation, arguments, fails=error, text=text)


VALID, INVALID = "ValidationException", "InvalidParameterValueException"
CONFLICT, MISSING, STALE = "ResourceConflictException", "ResourceNotFoundException", "PreconditionFailedException"
ONE = "1 validation error detected: "
REVISION = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the {} API to retrieve the latest Revision Id"
)
STALE_ID = "11111111-2222-3333-4444-555555555555"
FUNCTIONS_ONLY = (
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
    "Please specify either a function name or an unqualified function ARN."
)
NOT_FOUND = "Function not found: <lambda>:function:nobody"
GONE = "The resource you requested does not exist."
FN = "--function-name <fn>"
NOBODY = "--function-name nobody"
QUEUE = "arn:aws:sqs:eu-central-1:000000000000:q-<fn>"
PROFILE = "arn:aws:signer:eu-central-1:000000000000:/signing-profiles/test"
NO_CONFIG = "<lambda>:code-signing-config:csc-0123456789abcdefg"
NO_MAPPING = "11112222-3333-4444-5555-666677778888"

FUNCTION_STEPS = [
    Step(
        "CreateFunction",
        "--function-name <new> --runtime python3.11 --handler app.handler --zip-file fileb://<zip> --tags a=b "
        "--role arn:aws:iam::000000000000:role/r --environment Variables={KEY=value} --timeout 7",
        has={
            "FunctionName": "<new>",
            "FunctionArn": "<lambda>:function:<new>",
            "State": "Pending",
            "StateReasonCode": "Creating",
            "Version": "$LATEST",
            "PackageType": "Zip",
            "Timeout": 7,
            "MemorySize": 128,
            "Environment.Variables.KEY": "value",
            "LoggingConfig.LogGroup": "/aws/lambda/<new>",
            "SnapStart.OptimizationStatus": "Off",
            "EphemeralStorage.Size": 512,
            "LastUpdateStatus": None,
        },
    ),
    Step("wait", "function-exists --function-name <new>"),
    Step("wait", "function-active --function-name <new>"),
    Step("wait", "function-active-v2 --function-name <new>"),
    refused(
        "CreateFunction",
        "--function-name <new> --runtime python3.11 --handler app.handler --zip-file fileb://<zip> "
        "--role arn:aws:iam::000000000000:role/r",
        CONFLICT,
        "Function already exist: <new>",
    ),
    refused(
        "CreateFunction",
        "--function-name f2-<new> --runtime python3.11 --handler app.handler --zip-file fileb://<zip> --role r1",
        VALID,
        ONE + "Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
    ),
    Step(
        "GetFunction",
        "--function-name <new>",
        has={
            "Tags.a": "b",
            "Code.RepositoryType": "S3",
            "Configuration.State": "Active",
            "Configuration.LastUpdateStatus": "Successful",
            "Concurrency": None,
        },
    ),
    Step(
        "GetFunction",
        "--function-name <lambda>:function:<new>",
        has={"Configuration.FunctionArn": "<lambda>:function:<new>"},
    ),
    refused("GetFunction", NOBODY, MISSING, NOT_FOUND),
    refused(
        "GetFunction",
        "--function-name arn:aws:lambda:eu-west-1:000000000000:function:<new>",
        MISSING,
        "Functions from 'eu-west-1' are not reachable in this region ('eu-central-1')",
    ),
    refused(
        "GetFunction",
        "--function-name <new>:1 --qualifier 2",
        INVALID,
        "The derived qualifier from the function name does not match the specified qualifier.",
    ),
    Step(
        "GetFunctionConfiguration",
        "--function-name <new> --qualifier $LATEST",
        has={"FunctionArn": "<lambda>:function:<new>:$LATEST", "RuntimeVersionConfig.RuntimeVersionArn": ...},
        keep={"revision": "RevisionId"},
    ),
    refused("GetFunctionConfiguration", NOBODY, MISSING, NOT_FOUND),
    refused(
        "UpdateFunctionConfiguration",
        f"--function-name <new> --description d --revision-id {STALE_ID}",
        STALE,
        REVISION.format("GetFunction/GetAlias"),
    ),
    Step(
        "UpdateFunctionConfiguration",
        "--function-name <new> --description d --revision-id <revision>",
        has={"Description": "d", "LastUpdateStatus": "InProgress", "LastUpdateStatusReasonCode": "Creating"},
    ),
    Step("wait", "function-updated --function-name <new>"),
    refused("UpdateFunctionConfiguration", f"{NOBODY} --description d", MISSING, NOT_FOUND),
    Step("UpdateFunctionCode", "--function-name <new> --zip-file fileb://<zip> --dry-run", has={"State": "Active"}),
    Step(
        "UpdateFunctionCode",
        "--function-name <new> --zip-file fileb://<zip2>",
        has={"LastUpdateStatus": "InProgress", "Description": "d"},
    ),
    Step("wait", "function-updated-v2 --function-name <new>"),
    refused(
        "UpdateFunctionCode",
        "--function-name <new> --image-uri r/i:t",
        INVALID,
        "Please don't provide ImageUri when updating a function with packageType Zip.",
    ),
    Step("ListFunctions", "--page-size 1", has={"Functions": ...}),
    Step("ListFunctions", "--function-version ALL", has={"Functions": ...}),
    refused(
        "ListFunctions",
        "--function-version invalid",
        VALID,
        ONE + "Value 'invalid' at 'functionVersion' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ALL]",
    ),
    refused(
        "DeleteFunction",
        "--function-name <new> --qualifier $LATEST",
        INVALID,
        "$LATEST version cannot be deleted without deleting the function.",
    ),
    Step("DeleteFunction", "--function-name <new>"),
    refused("DeleteFunction", "--function-name <new>", MISSING, "Function not found: <lambda>:function:<new>"),
]

VERSION_STEPS = [
    Step(
        "PublishVersion",
        f"{FN} --description first",
        has={"Version": "1", "FunctionArn": "<arn>:1", "State": "Active", "Description": "first"},
    ),
    Step("wait", f"published-version-active {FN} --qualifier 1"),
    Step("PublishVersion", FN, has={"Version": "1"}),
    refused(
        "PublishVersion",
        f"{FN} --code-sha256 somenonexistentsha256",
        INVALID,
        "CodeSHA256 (somenonexistentsha256) is different from current CodeSHA256 in $LATEST (...",
    ),
    refused("PublishVersion", NOBODY, MISSING, NOT_FOUND),
    Step("GetFunction", f"{FN} --qualifier 1", has={"Configuration.Version": "1"}),
    refused("GetFunction", f"{FN} --qualifier 7", MISSING, "Function not found: <arn>:7"),
    Step("UpdateFunctionConfiguration", f"{FN} --description other", has={"Description": "other"}),
    Step("wait", f"function-updated-v2 {FN}"),
    Step("PublishVersion", FN, has={"Version": "2", "Description": "other"}),
    Step(
        "ListVersionsByFunction",
        f"{FN} --page-size 2",
        has={"Versions": ...},
    ),
    refused("ListVersionsByFunction", NOBODY, MISSING, NOT_FOUND),
    Step("DeleteFunction", f"{FN} --qualifier 1"),
    Step("DeleteFunction", f"{FN} --qualifier 1"),
    refused("GetFunction", f"{FN} --qualifier 1", MISSING, "Function not found: <arn>:1"),
]

ALIAS_STEPS = [
    Step("PublishVersion", FN, has={"Version": "1"}),
    Step("UpdateFunctionConfiguration", f"{FN} --description other"),
    Step("wait", f"function-updated-v2 {FN}"),
    Step("PublishVersion", FN, has={"Version": "2"}),
    Step(
        "CreateAlias",
        f"{FN} --name live --function-version 1",
        has={"AliasArn": "<arn>:live", "FunctionVersion": "1", "Description": "", "RoutingConfig": None},
        keep={"revision": "RevisionId"},
    ),
    refused("CreateAlias", f"{FN} --name live --function-version 1", CONFLICT, "Alias already exists: <arn>:live"),
    refused(
        "CreateAlias",
        f"{FN} --name 2024 --function-version 1",
        VALID,
        ONE + "Value '2024' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    ),
    refused("CreateAlias", f"{FN} --name other --function-version 9", MISSING, "Function not found: <arn>:9"),
    refused(
        "CreateAlias",
        f"{FN} --name other --function-version 1 --routing-config AdditionalVersionWeights={{1=0.5}}",
        INVALID,
        "Invalid function version 1. Function version 1 is already included in routing configuration.",
    ),
    refused(
        "CreateAlias",
        f"{FN} --name other --function-version $LATEST --routing-config AdditionalVersionWeights={{1=0.5}}",
        INVALID,
        "$LATEST is not supported for an alias pointing to more than 1 version",
    ),
    Step("GetAlias", f"{FN} --name live", has={"Name": "live", "FunctionVersion": "1"}),
    refused("GetAlias", f"{FN} --name nope", MISSING, "Cannot find alias arn: <arn>:nope"),
    refused(
        "UpdateAlias",
        f"{FN} --name live --revision-id {STALE_ID}",
        STALE,
        REVISION.format("GetFunction/GetAlias"),
    ),
    Step(
        "UpdateAlias",
        f"{FN} --name live --description d --revision-id <revision> "
        "--routing-config AdditionalVersionWeights={2=0.25}",
        has={"Description": "d", "RoutingConfig.AdditionalVersionWeights.2": 0.25},
    ),
    refused("UpdateAlias", f"{FN} --name nope", MISSING, "Alias not found: <arn>:nope"),
    Step("ListAliases", f"{FN} --function-version 1", has={"Aliases": ...}),
    Step("GetFunctionConfiguration", f"{FN} --qualifier live", has={"Version": "1", "FunctionArn": "<arn>:live"}),
    refused("DeleteFunction", f"{FN} --qualifier live", INVALID, "Deletion of aliases is not currently supported."),
    Step("DeleteAlias", f"{FN} --name live"),
    Step("DeleteAlias", f"{FN} --name live"),
]

INVOKE_STEPS = [
    Step("Invoke", f"{FN} --payload {{}} --log-type Tail <out>", has={"StatusCode": 200, "ExecutedVersion": "$LATEST"}),
    Step("Invoke", f"{FN} --invocation-type DryRun <out>", has={"StatusCode": 204}),
    Step("Invoke", f"{FN} --invocation-type Event --payload {{}} <out>", has={"StatusCode": 202}),
    refused("Invoke", f"{NOBODY} <out>", MISSING, f"{NOT_FOUND}:$LATEST"),
    refused(
        "Invoke",
        f"{FN} --qualifier $LATEST --payload {{ <out>",
        "InvalidRequestContentException",
        "Could not parse request body into json: ...",
    ),
    Step("InvokeAsync", f"{FN} --invoke-args <text-of-json>", has={"Status": 202}),
    refused("InvokeAsync", f"{NOBODY} --invoke-args <text-of-json>", MISSING, f"{NOT_FOUND}:$LATEST"),
]

POLICY_STEPS = [
    refused("GetPolicy", FN, MISSING, GONE),
    refused(
        "RemovePermission", f"{FN} --statement-id s", MISSING, "No policy is associated with the given resource."
    ),
    Step(
        "AddPermission",
        f"{FN} --statement-id s --action lambda:InvokeFunction --principal s3.amazonaws.com "
        "--source-arn arn:aws:s3:::bucket",
        has={
            "Statement": '{"Sid":"s","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},'
            '"Action":"lambda:InvokeFunction","Resource":"<arn>",'
            '"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"}}}'
        },
    ),
    refused(
        "AddPermission",
        f"{FN} --statement-id s --action lambda:InvokeFunction --principal s3.amazonaws.com",
        CONFLICT,
        "The statement id (s) provided already exists. Please provide a new statement id, "
        "or remove the existing statement.",
    ),
    refused(
        "AddPermission",
        f"{FN} --statement-id t --action lambda:InvokeFunction --principal invalid.nonaws.com",
        INVALID,
        "The provided principal was invalid. Please check the principal and try again.",
    ),
    refused(
        "AddPermission",
        f"{FN} --statement-id t --action lambda:InvokeFunction --principal s3.amazonaws.com --qualifier $LATEST",
        INVALID,
        "We currently do not support adding policies for $LATEST.",
    ),
    refused(
        "AddPermission",
        f"{FN} --statement-id example.com --action lambda:InvokeFunction --principal s3.amazonaws.com",
        VALID,
        ONE + "Value 'example.com' at 'statementId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
    ),
    Step("GetPolicy", FN, has={"Policy": ..., "RevisionId": ...}, keep={"revision": "RevisionId"}),
    refused(
        "RemovePermission",
        f"{FN} --statement-id s --revision-id {STALE_ID}",
        STALE,
        # AWS was recorded to name either of two operations after this.
        "The Revision Id provided does not match the latest Revision Id. Call the ...",
    ),
    refused(
        "RemovePermission", f"{FN} --statement-id no", MISSING, "Statement no is not found in resource policy."
    ),
    Step("RemovePermission", f"{FN} --statement-id s --revision-id <revision>"),
    refused("GetPolicy", FN, MISSING, GONE),
]

LAYER = "--layer-name <new> --version-number"
LAYER_STEPS = [
    Step(
        "PublishLayerVersion",
        "--layer-name <new> --zip-file fileb://<zip> --compatible-runtimes python3.11 --license-info MIT",
        has={
            "Version": 1,
            "LayerArn": "<lambda>:layer:<new>",
            "LayerVersionArn": "<lambda>:layer:<new>:1",
            "LicenseInfo": "MIT",
            "Content.CodeSha256": ...,
        },
    ),
    Step("GetLayerVersion", f"{LAYER} 1", has={"Version": 1, "Content.Location": ...}),
    refused("GetLayerVersion", f"{LAYER} 0", INVALID, "Layer Version Cannot be less than 1"),
    refused("GetLayerVersion", f"{LAYER} 9", MISSING, GONE),
    Step("GetLayerVersionByArn", "--arn <lambda>:layer:<new>:1", has={"LayerVersionArn": "<lambda>:layer:<new>:1"}),
    refused(
        "GetLayerVersionByArn",
        "--arn <lambda>:layer:<new>",
        VALID,
        ONE + "Value '<lambda>:layer:<new>' at 'arn' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ...",
    ),
    Step("ListLayers", "--compatible-runtime python3.11", has={"Layers": ...}),
    Step("ListLayerVersions", "--layer-name <new>", has={"LayerVersions": ...}),
    refused("GetLayerVersionPolicy", f"{LAYER} 1", MISSING, "No policy is associated with the given resource."),
    Step(
        "AddLayerVersionPermission",
        f"{LAYER} 1 --statement-id s --action lambda:GetLayerVersion --principal *",
        has={"Statement": ..., "RevisionId": ...},
        keep={"revision": "RevisionId"},
    ),
    refused(
        "AddLayerVersionPermission",
        f"{LAYER} 1 --statement-id s --action lambda:GetLayerVersion --principal *",
        CONFLICT,
        "The statement id (s) provided already exists. Please provide a new statement id, "
        "or remove the existing statement.",
    ),
    refused(
        "AddLayerVersionPermission",
        f"{LAYER} 1 --statement-id t --action * --principal *",
        VALID,
        ONE + "Value '*' at 'action' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: lambda:GetLayerVersion",
    ),
    Step("GetLayerVersionPolicy", f"{LAYER} 1", has={"Policy": ..., "RevisionId": "<revision>"}),
    refused(
        "RemoveLayerVersionPermission",
        f"{LAYER} 1 --statement-id s --revision-id {STALE_ID}",
        STALE,
        REVISION.format("GetLayerPolicy"),
    ),
    Step("RemoveLayerVersionPermission", f"{LAYER} 1 --statement-id s --revision-id <revision>"),
    refused(
        "GetLayerVersionPolicy",
        f"{LAYER} 9",
        MISSING,
        "Layer version <lambda>:layer:<new>:9 does not exist.",
    ),
    Step("DeleteLayerVersion", f"{LAYER} 1"),
    Step("DeleteLayerVersion", f"{LAYER} 1"),
]

CONCURRENCY_STEPS = [
    Step("GetFunctionConcurrency", FN, has={"ReservedConcurrentExecutions": None}),
    Step(
        "PutFunctionConcurrency",
        f"{FN} --reserved-concurrent-executions 2",
        has={"ReservedConcurrentExecutions": 2},
    ),
    Step("GetFunctionConcurrency", FN, has={"ReservedConcurrentExecutions": 2}),
    Step("GetFunction", FN, has={"Concurrency.ReservedConcurrentExecutions": 2}),
    refused(
        "PutFunctionConcurrency", "--function-name <fn>:1 --reserved-concurrent-executions 2", INVALID, FUNCTIONS_ONLY
    ),
    refused(
        "PutFunctionConcurrency",
        f"{FN} --reserved-concurrent-executions 100000",
        INVALID,
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
        "its minimum value of [100].",
    ),
    refused(
        "PutFunctionConcurrency", f"{NOBODY} --reserved-concurrent-executions 2", MISSING, f"{NOT_FOUND}:$LATEST"
    ),
    Step("DeleteFunctionConcurrency", FN),
    Step("GetFunctionConcurrency", FN, has={"ReservedConcurrentExecutions": None}),
]

SHARE = "--provisioned-concurrent-executions"
PROVISIONED_STEPS = [
    Step("PublishVersion", FN, has={"Version": "1"}),
    refused(
        "PutProvisionedConcurrencyConfig",
        f"{FN} --qualifier $LATEST {SHARE} 1",
        INVALID,
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
    ),
    refused(
        "GetProvisionedConcurrencyConfig",
        f"{FN} --qualifier $LATEST",
        INVALID,
        "The function resource provided must be an alias or a published version.",
    ),
    refused(
        "GetProvisionedConcurrencyConfig",
        f"{FN} --qualifier 1",
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    ),
    Step(
        "PutProvisionedConcurrencyConfig",
        f"{FN} --qualifier 1 {SHARE} 1",
        has={
            "RequestedProvisionedConcurrentExecutions": 1,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "AvailableProvisionedConcurrentExecutions": 0,
            "Status": ...,
        },
    ),
    Step(
        "GetProvisionedConcurrencyConfig",
        f"{FN} --qualifier 1",
        has={"RequestedProvisionedConcurrentExecutions": 1, "Status": ...},
    ),
    Step("ListProvisionedConcurrencyConfigs", FN, has={"ProvisionedConcurrencyConfigs": ...}),
    Step("DeleteProvisionedConcurrencyConfig", f"{FN} --qualifier 1"),
    Step("DeleteProvisionedConcurrencyConfig", f"{FN} --qualifier 1"),
]

NO_EVENT_CONFIG = "The function <arn>:$LATEST doesn't have an EventInvokeConfig"
EVENT_INVOKE_STEPS = [
    refused("GetFunctionEventInvokeConfig", FN, MISSING, NO_EVENT_CONFIG),
    refused(
        "PutFunctionEventInvokeConfig",
        FN,
        INVALID,
        "You must specify at least one of error handling or destination setting.",
    ),
    refused(
        "PutFunctionEventInvokeConfig",
        f"{NOBODY} --maximum-retry-attempts 1",
        MISSING,
        "The function doesn't exist.",
    ),
    Step(
        "PutFunctionEventInvokeConfig",
        f"{FN} --maximum-retry-attempts 1",
        has={"MaximumRetryAttempts": 1, "FunctionArn": "<arn>:$LATEST"},
    ),
    refused(
        "PutFunctionEventInvokeConfig",
        f"{FN} --destination-config OnSuccess={{Destination=<arn>}}",
        INVALID,
        "You can't specify the function as a destination for itself.",
    ),
    Step(
        "UpdateFunctionEventInvokeConfig",
        f"{FN} --maximum-event-age-in-seconds 60",
        has={"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60},
    ),
    Step("GetFunctionEventInvokeConfig", FN, has={"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}),
    Step("ListFunctionEventInvokeConfigs", FN, has={"FunctionEventInvokeConfigs": ...}),
    Step("DeleteFunctionEventInvokeConfig", FN),
    refused("UpdateFunctionEventInvokeConfig", f"{FN} --maximum-retry-attempts 1", MISSING, NO_EVENT_CONFIG),
    refused("DeleteFunctionEventInvokeConfig", FN, MISSING, NO_EVENT_CONFIG),
]

URL_STEPS = [
    refused("GetFunctionUrlConfig", FN, MISSING, GONE),
    refused("CreateFunctionUrlConfig", f"{NOBODY} --auth-type NONE", MISSING, "Function does not exist"),
    refused(
        "CreateFunctionUrlConfig",
        f"{FN} --auth-type NONE --qualifier 1",
        VALID,
        ONE + "Value '1' at 'qualifier' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)",
    ),
    refused(
        "CreateFunctionUrlConfig",
        f"{FN} --auth-type NONE --invoke-mode UNKNOWN",
        VALID,
        ONE + "Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: "
        "Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]",
    ),
    Step(
        "CreateFunctionUrlConfig",
        f"{FN} --auth-type NONE --cors AllowOrigins=*",
        has={"FunctionUrl": ..., "FunctionArn": "<arn>", "AuthType": "NONE", "InvokeMode": None},
    ),
    refused(
        "CreateFunctionUrlConfig",
        f"{FN} --auth-type NONE",
        CONFLICT,
        "Failed to create function url config for [functionArn = <arn>]. Error message:  "
        "FunctionUrlConfig exists for this Lambda function",
    ),
    Step("GetFunctionUrlConfig", FN, has={"InvokeMode": "BUFFERED", "LastModifiedTime": ...}),
    Step("UpdateFunctionUrlConfig", f"{FN} --auth-type AWS_IAM", has={"AuthType": "AWS_IAM"}),
    Step("ListFunctionUrlConfigs", FN, has={"FunctionUrlConfigs": ...}),
    Step("DeleteFunctionUrlConfig", FN),
    refused("UpdateFunctionUrlConfig", f"{FN} --auth-type NONE", MISSING, GONE),
    refused("DeleteFunctionUrlConfig", FN, MISSING, GONE),
]

MAPPING_STEPS = [
    Step(
        "CreateEventSourceMapping",
        f"{FN} --event-source-arn {QUEUE} --tags k=v",
        has={
            "State": "Creating",
            "StateTransitionReason": "USER_INITIATED",
            "FunctionArn": "<arn>",
            "BatchSize": 10,
            "MaximumBatchingWindowInSeconds": 0,
            "FunctionResponseTypes": [],
            "EventSourceArn": QUEUE,
            "LastProcessingResult": None,
        },
        keep={"uuid": "UUID", "mapping": "EventSourceMappingArn"},
    ),
    Step("wait", "mapping <uuid> Enabled"),
    refused(
        "CreateEventSourceMapping",
        f"{FN} --event-source-arn {QUEUE}",
        CONFLICT,
        f'An event source mapping with SQS arn (" {QUEUE} ") and function (" <fn> ") already exists. '
        "Please update or delete the existing mapping with UUID <uuid>",
    ),
    refused("CreateEventSourceMapping", FN, INVALID, "Unrecognized event source."),
    refused(
        "CreateEventSourceMapping", f"{NOBODY} --event-source-arn {QUEUE}", INVALID, "Function does not exist"
    ),
    refused(
        "CreateEventSourceMapping",
        f"{FN} --event-source-arn arn:aws:kinesis:eu-central-1:000000000000:stream/s",
        INVALID,
        ONE + "Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    ),
    refused(
        "CreateEventSourceMapping",
        f"{FN} --event-source-arn {QUEUE}2 --filter-criteria Filters=[{{Pattern=text}}]",
        INVALID,
        "Invalid filter pattern definition.",
    ),
    Step(
        "CreateEventSourceMapping",
        f"{FN} --topics topic --source-access-configurations Type=BASIC_AUTH,URI=arn:aws:secretsmanager:::secret:s "
        "--self-managed-event-source Endpoints={KAFKA_BOOTSTRAP_SERVERS=[<fn>:1000]}",
        has={
            "BatchSize": 100,
            "StartingPosition": "TRIM_HORIZON",
            "LastProcessingResult": "No records processed",
            "EventSourceArn": None,
            "SelfManagedKafkaEventSourceConfig.ConsumerGroupId": ...,
        },
        keep={"kafka": "UUID"},
    ),
    Step("wait", "mapping <kafka> Enabled"),
    Step("GetEventSourceMapping", "--uuid <uuid>", has={"State": "Enabled"}),
    refused("GetEventSourceMapping", f"--uuid {NO_MAPPING}", MISSING, GONE),
    Step("UpdateEventSourceMapping", "--uuid <uuid> --no-enabled", has={"State": "Disabling"}),
    Step("wait", "mapping <uuid> Disabled"),
    refused(
        "UpdateEventSourceMapping",
        "--uuid <uuid> --batch-size 11",
        INVALID,
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
    ),
    refused("UpdateEventSourceMapping", f"--uuid {NO_MAPPING}", MISSING, GONE),
    Step("ListEventSourceMappings", f"{FN} --page-size 1", has={"EventSourceMappings": ...}),
    Step("ListEventSourceMappings", f"--event-source-arn {QUEUE}", has={"EventSourceMappings": ...}),
    Step("DeleteEventSourceMapping", "--uuid <uuid>", has={"State": "Deleting"}),
    Step("DeleteEventSourceMapping", "--uuid <kafka>", has={"State": "Deleting"}),
    Step("wait", "no-mapping <uuid>"),
    refused("DeleteEventSourceMapping", "--uuid <uuid>", MISSING, GONE),
]

NO_CONFIG_TEXT = f"The Lambda code signing configuration {NO_CONFIG} can not be found."
NO_CONFIG_FOR_FUNCTION = (
    "The code signing configuration cannot be found. "
    f"Check that the provided configuration is not deleted: {NO_CONFIG}."
)
CODE_SIGNING_STEPS = [
    Step(
        "CreateCodeSigningConfig",
        f"--description d --allowed-publishers SigningProfileVersionArns={PROFILE} --tags k=v",
        has={
            "CodeSigningConfig.Description": "d",
            "CodeSigningConfig.CodeSigningPolicies.UntrustedArtifactOnDeployment": "Warn",
        },
        keep={"config": "CodeSigningConfig.CodeSigningConfigArn"},
    ),
    Step("GetCodeSigningConfig", "--code-signing-config-arn <config>", has={"CodeSigningConfig.Description": "d"}),
    refused("GetCodeSigningConfig", f"--code-signing-config-arn {NO_CONFIG}", MISSING, NO_CONFIG_TEXT),
    Step(
        "UpdateCodeSigningConfig",
        "--code-signing-config-arn <config> --code-signing-policies UntrustedArtifactOnDeployment=Enforce",
        has={"CodeSigningConfig.CodeSigningPolicies.UntrustedArtifactOnDeployment": "Enforce"},
    ),
    refused("UpdateCodeSigningConfig", f"--code-signing-config-arn {NO_CONFIG}", MISSING, NO_CONFIG_TEXT),
    Step("ListCodeSigningConfigs", "--page-size 1", has={"CodeSigningConfigs": ...}),
    Step("GetFunctionCodeSigningConfig", FN, has={"CodeSigningConfigArn": None}),
    Step(
        "PutFunctionCodeSigningConfig",
        f"{FN} --code-signing-config-arn <config>",
        has={"CodeSigningConfigArn": "<config>", "FunctionName": "<fn>"},
    ),
    refused(
        "PutFunctionCodeSigningConfig",
        f"{NOBODY} --code-signing-config-arn {NO_CONFIG}",
        "CodeSigningConfigNotFoundException",
        NO_CONFIG_FOR_FUNCTION,
    ),
    refused("PutFunctionCodeSigningConfig", f"{NOBODY} --code-signing-config-arn <config>", MISSING, NOT_FOUND),
    Step("GetFunctionCodeSigningConfig", FN, has={"CodeSigningConfigArn": "<config>", "FunctionName": "<fn>"}),
    refused("GetFunctionCodeSigningConfig", NOBODY, MISSING, NOT_FOUND),
    Step(
        "ListFunctionsByCodeSigningConfig",
        "--code-signing-config-arn <config>",
        has={"FunctionArns": ["<arn>"]},
    ),
    refused("ListFunctionsByCodeSigningConfig", f"--code-signing-config-arn {NO_CONFIG}", MISSING, NO_CONFIG_TEXT),
    refused("DeleteCodeSigningConfig", "--code-signing-config-arn <config>", CONFLICT, "..."),
    Step("DeleteFunctionCodeSigningConfig", FN),
    Step("DeleteFunctionCodeSigningConfig", FN),
    refused("DeleteFunctionCodeSigningConfig", NOBODY, MISSING, NOT_FOUND),
    Step("DeleteCodeSigningConfig", "--code-signing-config-arn <config>"),
    refused("DeleteCodeSigningConfig", f"--code-signing-config-arn {NO_CONFIG}", MISSING, NO_CONFIG_TEXT),
]

QUALIFIED_TAGS = "Tags on function aliases and versions are not supported. Please specify a function ARN."
TAG_STEPS = [
    Step("TagResource", "--resource <arn> --tags a=1,b=2"),
    Step("ListTags", "--resource <arn>", has={"Tags": {"a": "1", "b": "2"}}),
    Step("UntagResource", "--resource <arn> --tag-keys a b"),
    Step("ListTags", "--resource <arn>", has={"Tags": {}}),
    refused("TagResource", "--resource <arn>:1 --tags a=1", INVALID, QUALIFIED_TAGS),
    refused("ListTags", "--resource <lambda>:function:nobody", MISSING, NOT_FOUND),
    refused(
        "UntagResource",
        f"--resource <lambda>:event-source-mapping:{NO_MAPPING} --tag-keys a",
        MISSING,
        f"Event source mapping not found: <lambda>:event-source-mapping:{NO_MAPPING}",
    ),
    refused(
        "TagResource",
        "--resource <lambda>:capacity-provider:p --tags a=1",
        MISSING,
        "Capacity provider not found: <lambda>:capacity-provider:p",
    ),
    refused("ListTags", f"--resource {NO_CONFIG}", MISSING, NO_CONFIG_TEXT),
    refused(
        "TagResource",
        "--resource <lambda>:foobar:p --tags a=1",
        VALID,
        ONE + "Value '<lambda>:foobar:p' at 'resource' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ...",
    ),
    refused(
        "TagResource",
        "--resource <arn> --tags {}",
        INVALID,
        "An error occurred and the request cannot be processed.",
    ),
]

SETTING_STEPS = [
    Step("GetAccountSettings", has={"AccountLimit.CodeSizeUnzipped": 262144000, "AccountUsage.FunctionCount": ...}),
    Step("GetFunctionRecursionConfig", FN, has={"RecursiveLoop": "Terminate"}),
    Step("PutFunctionRecursionConfig", f"{FN} --recursive-loop Allow", has={"RecursiveLoop": "Allow"}),
    refused(
        "PutFunctionRecursionConfig",
        f"{FN} --recursive-loop InvalidValue",
        VALID,
        ONE + "Value 'InvalidValue' at 'recursiveLoop' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Terminate, Allow]",
    ),
    refused("GetFunctionRecursionConfig", NOBODY, MISSING, NOT_FOUND),
    Step("GetRuntimeManagementConfig", FN, has={"UpdateRuntimeOn": "Auto"}),
    Step(
        "PutRuntimeManagementConfig",
        f"{FN} --update-runtime-on FunctionUpdate",
        has={"UpdateRuntimeOn": "FunctionUpdate", "FunctionArn": ...},
    ),
    refused("GetRuntimeManagementConfig", NOBODY, MISSING, NOT_FOUND),
]

EXECUTION = "--durable-execution-arn <arn>:1/durable-execution/name/id"
PROVIDER = "--capacity-provider-name p"


def absent(operation, arguments):
    """Of an operation that this server does not have: its model is asked first, and then it is told so."""
    return Step(
        operation,
        arguments,
        fails="NotImplementedException",
        text=f"The operation {operation} is not available on this server yet.",
    )


ABSENT_STEPS = [
    absent("CheckpointDurableExecution", f"{EXECUTION} --checkpoint-token dG9rZW4="),
    absent("GetDurableExecution", EXECUTION),
    absent("GetDurableExecutionHistory", EXECUTION),
    absent("GetDurableExecutionState", f"{EXECUTION} --checkpoint-token dG9rZW4="),
    absent("ListDurableExecutionsByFunction", FN),
    absent("SendDurableExecutionCallbackFailure", "--callback-id aWQ="),
    absent("SendDurableExecutionCallbackHeartbeat", "--callback-id aWQ="),
    absent("SendDurableExecutionCallbackSuccess", "--callback-id aWQ="),
    absent("StopDurableExecution", EXECUTION),
    absent(
        "CreateCapacityProvider",
        f"{PROVIDER} --vpc-config SubnetIds=subnet-1,SecurityGroupIds=sg-1 "
        "--permissions-config CapacityProviderOperatorRoleArn=arn:aws:iam::000000000000:role/r",
    ),
    absent("DeleteCapacityProvider", PROVIDER),
    absent("GetCapacityProvider", PROVIDER),
    absent("ListCapacityProviders", ""),
    absent("ListFunctionVersionsByCapacityProvider", PROVIDER),
    absent("UpdateCapacityProvider", PROVIDER),
    absent("GetFunctionScalingConfig", f"{FN} --qualifier 1"),
    absent(
        "PutFunctionScalingConfig",
        f"{FN} --qualifier 1 --function-scaling-config MinExecutionEnvironments=1",
    ),
    refused(
        "GetDurableExecution",
        "--durable-execution-arn no-arn",
        VALID,
        ONE + "Value 'no-arn' at 'durableExecutionArn' failed to satisfy constraint: ...",
    ),
    refused(
        "GetCapacityProvider",
        "--capacity-provider-name a:b",
        VALID,
        ONE + "Value 'a:b' at 'capacityProviderName' failed to satisfy constraint: ...",
    ),
    refused(
        "GetFunctionScalingConfig",
        f"{FN} --qualifier not-one",
        VALID,
        ONE + "Value 'not-one' at 'qualifier' failed to satisfy constraint: ...",
    ),
]

GROUPS = {
    "functions": FUNCTION_STEPS,
    "versions": VERSION_STEPS,
    "aliases": ALIAS_STEPS,
    "invocations": INVOKE_STEPS,
    "policies": POLICY_STEPS,
    "layers": LAYER_STEPS,
    "concurrency": CONCURRENCY_STEPS,
    "provisioned concurrency": PROVISIONED_STEPS,
    "event invoke configurations": EVENT_INVOKE_STEPS,
    "function URLs": URL_STEPS,
    "event source mappings": MAPPING_STEPS,
    "code signing": CODE_SIGNING_STEPS,
    "tags": TAG_STEPS,
    "settings": SETTING_STEPS,
    "what is not here": ABSENT_STEPS,
}
