/// Names of HTTP headers, as AWS writes them, once.
package enum HeaderName {
    // Runtime API
    package static let runtimeRequestID = "Lambda-Runtime-Aws-Request-Id"
    package static let runtimeDeadline = "Lambda-Runtime-Deadline-Ms"
    package static let runtimeFunctionARN = "Lambda-Runtime-Invoked-Function-Arn"
    package static let runtimeTraceID = "Lambda-Runtime-Trace-Id"
    package static let runtimeClientContext = "Lambda-Runtime-Client-Context"
    package static let runtimeTenantID = "Lambda-Runtime-Aws-Tenant-Id"
    package static let runtimeInvocationID = "Lambda-Runtime-Invocation-Id"
    package static let runtimeCognitoIdentity = "Lambda-Runtime-Cognito-Identity"
    package static let runtimeErrorType = "Lambda-Runtime-Function-Error-Type"
    package static let runtimeErrorCause = "Lambda-Runtime-Function-XRay-Error-Cause"
    package static let runtimeErrorBody = "Lambda-Runtime-Function-Error-Body"
    package static let runtimeResponseMode = "Lambda-Runtime-Function-Response-Mode"

    // Extensions API
    package static let extensionName = "Lambda-Extension-Name"
    package static let extensionFeatures = "Lambda-Extension-Accept-Feature"
    package static let extensionID = "Lambda-Extension-Identifier"
    package static let extensionEventID = "Lambda-Extension-Event-Identifier"
    package static let extensionErrorType = "Lambda-Extension-Function-Error-Type"

    // Public API
    package static let requestID = "x-amzn-RequestId"
    package static let errorType = "x-amzn-ErrorType"
    package static let traceID = "X-Amzn-Trace-Id"
    package static let remappedContentLength = "x-amzn-Remapped-Content-Length"
    package static let invocationType = "X-Amz-Invocation-Type"
    package static let logType = "X-Amz-Log-Type"
    package static let clientContext = "X-Amz-Client-Context"
    package static let tenantID = "X-Amz-Tenant-Id"
    package static let executedVersion = "X-Amz-Executed-Version"
    package static let functionError = "X-Amz-Function-Error"
    package static let logResult = "X-Amz-Log-Result"
    package static let target = "X-Amz-Target"
    package static let contentType = "Content-Type"
    package static let contentLength = "Content-Length"
}
