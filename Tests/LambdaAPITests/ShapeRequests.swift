import LambdaShapes
import Testing

/// One request for each operation, written down from AWS's API reference, not from what the generator made.
struct ShapeRequest: Sendable, CustomTestStringConvertible {
    let operation: Operation
    let status: Int
    let method: String
    /// With the names of the labels in braces.
    let template: String
    let query: [(String, String)]

    var testDescription: String { self.operation.rawValue }

    private init(
        _ operation: Operation, _ status: Int, _ method: String, _ template: String, query: [(String, String)] = []
    ) {
        self.operation = operation
        self.status = status
        self.method = method
        self.template = template
        self.query = query
    }

    /// As a client sends it, each label with a blank and its name for a value.
    var path: String {
        self.template.replacing("{", with: "some%20").replacing("}", with: "")
    }

    static let all: [ShapeRequest] = [
        ShapeRequest(.CreateFunction, 201, "POST", "/2015-03-31/functions"),
        ShapeRequest(.GetFunction, 200, "GET", "/2015-03-31/functions/{FunctionName}"),
        ShapeRequest(.GetFunctionConfiguration, 200, "GET", "/2015-03-31/functions/{FunctionName}/configuration"),
        ShapeRequest(.UpdateFunctionCode, 200, "PUT", "/2015-03-31/functions/{FunctionName}/code"),
        ShapeRequest(.UpdateFunctionConfiguration, 200, "PUT", "/2015-03-31/functions/{FunctionName}/configuration"),
        ShapeRequest(.DeleteFunction, 200, "DELETE", "/2015-03-31/functions/{FunctionName}"),
        ShapeRequest(.ListFunctions, 200, "GET", "/2015-03-31/functions"),
        ShapeRequest(.PublishVersion, 201, "POST", "/2015-03-31/functions/{FunctionName}/versions"),
        ShapeRequest(.ListVersionsByFunction, 200, "GET", "/2015-03-31/functions/{FunctionName}/versions"),
        ShapeRequest(.CreateAlias, 201, "POST", "/2015-03-31/functions/{FunctionName}/aliases"),
        ShapeRequest(.GetAlias, 200, "GET", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"),
        ShapeRequest(.UpdateAlias, 200, "PUT", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"),
        ShapeRequest(.DeleteAlias, 204, "DELETE", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"),
        ShapeRequest(.ListAliases, 200, "GET", "/2015-03-31/functions/{FunctionName}/aliases"),
        ShapeRequest(.Invoke, 200, "POST", "/2015-03-31/functions/{FunctionName}/invocations"),
        ShapeRequest(.InvokeAsync, 202, "POST", "/2014-11-13/functions/{FunctionName}/invoke-async"),
        ShapeRequest(
            .InvokeWithResponseStream, 200, "POST",
            "/2021-11-15/functions/{FunctionName}/response-streaming-invocations"),
        ShapeRequest(.AddPermission, 201, "POST", "/2015-03-31/functions/{FunctionName}/policy"),
        ShapeRequest(.GetPolicy, 200, "GET", "/2015-03-31/functions/{FunctionName}/policy"),
        ShapeRequest(.RemovePermission, 204, "DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}"),
        ShapeRequest(.PublishLayerVersion, 201, "POST", "/2018-10-31/layers/{LayerName}/versions"),
        ShapeRequest(.GetLayerVersion, 200, "GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"),
        ShapeRequest(.GetLayerVersionByArn, 200, "GET", "/2018-10-31/layers", query: [("find", "LayerVersion")]),
        ShapeRequest(.ListLayers, 200, "GET", "/2018-10-31/layers"),
        ShapeRequest(.ListLayerVersions, 200, "GET", "/2018-10-31/layers/{LayerName}/versions"),
        ShapeRequest(.DeleteLayerVersion, 204, "DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"),
        ShapeRequest(
            .AddLayerVersionPermission, 201, "POST", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"),
        ShapeRequest(
            .GetLayerVersionPolicy, 200, "GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"),
        ShapeRequest(
            .RemoveLayerVersionPermission, 204, "DELETE",
            "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}"),
        ShapeRequest(.PutFunctionConcurrency, 200, "PUT", "/2017-10-31/functions/{FunctionName}/concurrency"),
        ShapeRequest(.GetFunctionConcurrency, 200, "GET", "/2019-09-30/functions/{FunctionName}/concurrency"),
        ShapeRequest(.DeleteFunctionConcurrency, 204, "DELETE", "/2017-10-31/functions/{FunctionName}/concurrency"),
        ShapeRequest(
            .PutProvisionedConcurrencyConfig, 202, "PUT", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
        ),
        ShapeRequest(
            .GetProvisionedConcurrencyConfig, 200, "GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
        ),
        ShapeRequest(
            .ListProvisionedConcurrencyConfigs, 200, "GET",
            "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", query: [("List", "ALL")]),
        ShapeRequest(
            .DeleteProvisionedConcurrencyConfig, 204, "DELETE",
            "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"),
        ShapeRequest(
            .PutFunctionEventInvokeConfig, 200, "PUT", "/2019-09-25/functions/{FunctionName}/event-invoke-config"),
        ShapeRequest(
            .UpdateFunctionEventInvokeConfig, 200, "POST", "/2019-09-25/functions/{FunctionName}/event-invoke-config"),
        ShapeRequest(
            .GetFunctionEventInvokeConfig, 200, "GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config"),
        ShapeRequest(
            .ListFunctionEventInvokeConfigs, 200, "GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config/list"
        ),
        ShapeRequest(
            .DeleteFunctionEventInvokeConfig, 204, "DELETE", "/2019-09-25/functions/{FunctionName}/event-invoke-config"),
        ShapeRequest(.CreateFunctionUrlConfig, 201, "POST", "/2021-10-31/functions/{FunctionName}/url"),
        ShapeRequest(.GetFunctionUrlConfig, 200, "GET", "/2021-10-31/functions/{FunctionName}/url"),
        ShapeRequest(.UpdateFunctionUrlConfig, 200, "PUT", "/2021-10-31/functions/{FunctionName}/url"),
        ShapeRequest(.DeleteFunctionUrlConfig, 204, "DELETE", "/2021-10-31/functions/{FunctionName}/url"),
        ShapeRequest(.ListFunctionUrlConfigs, 200, "GET", "/2021-10-31/functions/{FunctionName}/urls"),
        ShapeRequest(.CreateEventSourceMapping, 202, "POST", "/2015-03-31/event-source-mappings"),
        ShapeRequest(.GetEventSourceMapping, 200, "GET", "/2015-03-31/event-source-mappings/{UUID}"),
        ShapeRequest(.UpdateEventSourceMapping, 202, "PUT", "/2015-03-31/event-source-mappings/{UUID}"),
        ShapeRequest(.DeleteEventSourceMapping, 202, "DELETE", "/2015-03-31/event-source-mappings/{UUID}"),
        ShapeRequest(.ListEventSourceMappings, 200, "GET", "/2015-03-31/event-source-mappings"),
        ShapeRequest(.CreateCodeSigningConfig, 201, "POST", "/2020-04-22/code-signing-configs"),
        ShapeRequest(.GetCodeSigningConfig, 200, "GET", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"),
        ShapeRequest(.UpdateCodeSigningConfig, 200, "PUT", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"),
        ShapeRequest(
            .DeleteCodeSigningConfig, 204, "DELETE", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"),
        ShapeRequest(.ListCodeSigningConfigs, 200, "GET", "/2020-04-22/code-signing-configs"),
        ShapeRequest(
            .ListFunctionsByCodeSigningConfig, 200, "GET",
            "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions"),
        ShapeRequest(
            .PutFunctionCodeSigningConfig, 200, "PUT", "/2020-06-30/functions/{FunctionName}/code-signing-config"),
        ShapeRequest(
            .GetFunctionCodeSigningConfig, 200, "GET", "/2020-06-30/functions/{FunctionName}/code-signing-config"),
        ShapeRequest(
            .DeleteFunctionCodeSigningConfig, 204, "DELETE", "/2020-06-30/functions/{FunctionName}/code-signing-config"),
        ShapeRequest(.TagResource, 204, "POST", "/2017-03-31/tags/{Resource}"),
        ShapeRequest(.UntagResource, 204, "DELETE", "/2017-03-31/tags/{Resource}"),
        ShapeRequest(.ListTags, 200, "GET", "/2017-03-31/tags/{Resource}"),
        ShapeRequest(.GetAccountSettings, 200, "GET", "/2016-08-19/account-settings"),
        ShapeRequest(
            .PutRuntimeManagementConfig, 200, "PUT", "/2021-07-20/functions/{FunctionName}/runtime-management-config"),
        ShapeRequest(
            .GetRuntimeManagementConfig, 200, "GET", "/2021-07-20/functions/{FunctionName}/runtime-management-config"),
        ShapeRequest(.PutFunctionRecursionConfig, 200, "PUT", "/2024-08-31/functions/{FunctionName}/recursion-config"),
        ShapeRequest(.GetFunctionRecursionConfig, 200, "GET", "/2024-08-31/functions/{FunctionName}/recursion-config"),
        ShapeRequest(
            .CheckpointDurableExecution, 200, "POST", "/2025-12-01/durable-executions/{DurableExecutionArn}/checkpoint"),
        ShapeRequest(.GetDurableExecution, 200, "GET", "/2025-12-01/durable-executions/{DurableExecutionArn}"),
        ShapeRequest(
            .GetDurableExecutionHistory, 200, "GET", "/2025-12-01/durable-executions/{DurableExecutionArn}/history"),
        ShapeRequest(
            .GetDurableExecutionState, 200, "GET", "/2025-12-01/durable-executions/{DurableExecutionArn}/state"),
        ShapeRequest(
            .ListDurableExecutionsByFunction, 200, "GET", "/2025-12-01/functions/{FunctionName}/durable-executions"),
        ShapeRequest(.StopDurableExecution, 200, "POST", "/2025-12-01/durable-executions/{DurableExecutionArn}/stop"),
        ShapeRequest(
            .SendDurableExecutionCallbackSuccess, 200, "POST",
            "/2025-12-01/durable-execution-callbacks/{CallbackId}/succeed"),
        ShapeRequest(
            .SendDurableExecutionCallbackFailure, 200, "POST",
            "/2025-12-01/durable-execution-callbacks/{CallbackId}/fail"),
        ShapeRequest(
            .SendDurableExecutionCallbackHeartbeat, 200, "POST",
            "/2025-12-01/durable-execution-callbacks/{CallbackId}/heartbeat"),
        ShapeRequest(.CreateCapacityProvider, 202, "POST", "/2025-11-30/capacity-providers"),
        ShapeRequest(.GetCapacityProvider, 200, "GET", "/2025-11-30/capacity-providers/{CapacityProviderName}"),
        ShapeRequest(.UpdateCapacityProvider, 202, "PUT", "/2025-11-30/capacity-providers/{CapacityProviderName}"),
        ShapeRequest(.DeleteCapacityProvider, 202, "DELETE", "/2025-11-30/capacity-providers/{CapacityProviderName}"),
        ShapeRequest(.ListCapacityProviders, 200, "GET", "/2025-11-30/capacity-providers"),
        ShapeRequest(
            .ListFunctionVersionsByCapacityProvider, 200, "GET",
            "/2025-11-30/capacity-providers/{CapacityProviderName}/function-versions"),
        ShapeRequest(
            .PutFunctionScalingConfig, 202, "PUT", "/2025-11-30/functions/{FunctionName}/function-scaling-config"),
        ShapeRequest(
            .GetFunctionScalingConfig, 200, "GET", "/2025-11-30/functions/{FunctionName}/function-scaling-config"),
    ]
}
