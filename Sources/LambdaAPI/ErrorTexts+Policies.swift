import LambdaCore

/// Texts about resource policies of functions and layer versions. Source: recordings of AWS, except where a text says
/// that it is this server's.
extension APIError {
    static let noPolicyForLatest = APIError.invalid("We currently do not support adding policies for $LATEST.")

    static let invalidPrincipal = APIError.invalid(
        "The provided principal was invalid. Please check the principal and try again.")

    /// AWS says so of FunctionUrlAuthType.
    static func onlyForAction(_ member: String, _ action: String) -> APIError {
        .invalid("\(member) is only supported for \(action) action")
    }

    /// AWS has the rule; its words are not known, so these are this server's.
    static let tokenWithSource = APIError.invalid(
        "EventSourceToken cannot be used together with SourceArn or SourceAccount.")

    static func statementExists(_ id: String) -> APIError {
        APIError(
            .resourceConflict,
            "The statement id (\(id)) provided already exists. Please provide a new statement id, "
                + "or remove the existing statement.")
    }

    static func statementNotFound(_ id: String) -> APIError {
        APIError(.resourceNotFound, "Statement \(id) is not found in resource policy.")
    }

    static func policyTooLong(_ bytes: Int) -> APIError {
        APIError(
            .policyLengthExceeded,
            "The final policy size (\(bytes)) is bigger than the limit (\(Limits.policyBytes)).")
    }

    static let policyRevisionMismatch = APIError.revisionMismatch(ask: "GetPolicy")
    static let layerPolicyRevisionMismatch = APIError.revisionMismatch(ask: "GetLayerPolicy")

    private static func revisionMismatch(ask operation: String) -> APIError {
        APIError(
            .preconditionFailed,
            "The Revision Id provided does not match the latest Revision Id. "
                + "Call the \(operation) API to retrieve the latest Revision Id")
    }

    static let noPolicy = APIError(.resourceNotFound, "No policy is associated with the given resource.")

    /// What RemovePermission says where there is no such function.
    static func noPolicyFound(_ key: FunctionKey) -> APIError {
        APIError(.resourceNotFound, "No policy found for: \(key.arn)")
    }

    /// Said of policies, layer versions, function URLs and event source mappings.
    static let noSuchResource = APIError(.resourceNotFound, "The resource you requested does not exist.")

    /// - Parameters:
    ///   - caller: The ARN of who asks.
    ///   - action: Without `lambda:`, such as `GetLayerVersion`.
    static func notAuthorized(_ caller: String, _ action: String, on resource: String) -> APIError {
        APIError(
            .accessDenied,
            "User: \(caller) is not authorized to perform: lambda:\(action) on resource: \(resource) because no "
                + "resource-based policy allows the lambda:\(action) action")
    }
}
