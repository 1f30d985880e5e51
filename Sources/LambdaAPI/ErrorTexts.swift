import LambdaCore
import LambdaShapes
import SigV4

/// Every text that this API answers with, once. AWS's own where AWS has one; what lambdad adds says what is missing.
extension APIError {
    // MARK: Names and state

    static func functionNotFound(_ key: FunctionKey, qualifier: String? = nil) -> APIError {
        APIError(.resourceNotFound, "Function not found: \(key.arn)\(qualifier.map { ":\($0)" } ?? "")")
    }

    static func otherRegion(_ other: String, here: Region) -> APIError {
        APIError(
            .resourceNotFound, "Functions from '\(other)' are not reachable in this region ('\(here)')")
    }

    /// AWS sends a null message to a caller of another account.
    static let otherAccount = APIError(.accessDenied, nil)

    static let qualifierMismatch = APIError(
        .invalidParameterValue, "The derived qualifier from the function name does not match the specified qualifier.")

    static func wrongState(_ state: FunctionRecord.State) -> APIError {
        APIError(
            .resourceConflict,
            "The operation cannot be performed at this time. The function is currently in the following state: "
                + state.rawValue)
    }

    static func updateInProgress(_ key: FunctionKey) -> APIError {
        APIError(
            .resourceConflict,
            "The operation cannot be performed at this time. An update is in progress for resource: \(key.arn)")
    }

    static func alreadyExists(_ key: FunctionKey) -> APIError {
        APIError(.resourceConflict, "Function already exist: \(key.name)")
    }

    static let revisionMismatch = APIError(
        .preconditionFailed,
        "The Revision Id provided does not match the latest Revision Id. "
            + "Call the GetFunction/GetAlias API to retrieve the latest Revision Id")

    static let latestCannotBeDeleted = APIError(
        .invalidParameterValue, "$LATEST version cannot be deleted without deleting the function.")

    static let aliasCannotBeDeleted = APIError(
        .invalidParameterValue, "Deletion of aliases is not currently supported.")

    // MARK: Parameters

    static func invalid(_ text: String) -> APIError { APIError(.invalidParameterValue, text) }

    /// One framework sentence, for the rules that AWS enforces beyond the published model.
    static func constraint(_ code: ErrorCode = .validation, value: String, at member: String, _ rule: String)
        -> APIError
    {
        APIError(
            code, "1 validation error detected: Value '\(value)' at '\(member)' failed to satisfy constraint: \(rule)")
    }

    static func notAvailable(_ member: String) -> APIError {
        .invalid("\(member) is not available on this server yet. Leave it out, or give it its empty value.")
    }

    static let runtimeAndHandlerMissing = APIError.invalid(
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.")

    static func environmentTooLarge(_ compact: String, limit: Int) -> APIError {
        let size = limit.isMultiple(of: 1_024) ? "\(limit / 1_024)KB" : "\(limit) byte"
        return .invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
                + "provided exceeded the \(size) limit. String measured: \(compact)")
    }

    static func reservedKeys(_ names: [String]) -> APIError {
        .invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
                + "provided contains reserved keys that are currently not supported for modification. "
                + "Reserved keys used in this request: \(names.joined(separator: ", "))")
    }

    static let levelWithTextFormat = APIError.invalid(
        "LogLevel is not supported when LogFormat is set to \"Text\". "
            + "Remove LogLevel from your request or change the LogFormat to \"JSON\" and try again.")

    static let tooManyTags = APIError.invalid("Number of tags exceeds resource tag limit.")

    // MARK: Code

    static let badZip = APIError.invalid(
        "Could not unzip uploaded file. Please check your file, then try to upload again.")

    static func zipTooLarge(_ limit: Int) -> APIError {
        APIError(.requestEntityTooLarge, "Zipped size must be smaller than \(limit) bytes")
    }

    static func requestTooLarge(_ operation: Operation, limit: Int) -> APIError {
        APIError(
            .requestEntityTooLarge,
            "Request must be smaller than \(limit) bytes for the \(operation.rawValue) operation")
    }

    // MARK: Invoke

    static func payloadTooLarge(_ bytes: Int, limit: Int) -> APIError {
        APIError(
            .requestEntityTooLarge,
            "\(bytes) byte payload is too large for the RequestResponse invocation type "
                + "(limit \(limit) bytes)")
    }

    static func payloadNotJSON(_ reason: String) -> APIError {
        APIError(
            .invalidRequestContent,
            "Could not parse request body into json: Could not parse payload into json: \(reason)")
    }

    static let badRequestID = APIError(.invalidRequestContent, "x-amzn-RequestId must be a UUID.")

    static let clientContextTooLong = APIError(
        .invalidRequestContent,
        "Client context must be at most \(Limits.clientContextCharacters) bytes when encoded in base64.")

    static let badClientContext = APIError(
        .invalidRequestContent, "Client context must be a valid Base64-encoded JSON object.")

    static let eventInvocation = APIError.invalid(
        "Asynchronous invocation (InvocationType Event) is not available on this server yet. Use RequestResponse.")

    static func unsupportedMediaType(_ type: String) -> APIError {
        APIError(.unsupportedMediaType, "Content type \(type) is not supported: the payload of Invoke is JSON.")
    }

    static func failure(_ failure: InvocationFailure, of invocation: Invocation) -> APIError {
        let request = invocation.requestID
        let target = "\(invocation.function.key.name):\(invocation.function.version)"
        switch failure {
        case .throttled(let reason): return .throttled(reason)
        case .tooManyTenantEnvironments: return .tooManyTenantEnvironments
        case .shuttingDown:
            return .stopping
        case .functionDeleted:
            return .functionNotFound(invocation.function.key, qualifier: invocation.function.version)
        case .restoreFailed: return .snapStartFailed
        case .restoreTimedOut: return .snapStartTimeout
        case .startupTimedOut:
            return APIError(
                .service, "[\(request)] Timeout while starting up lambda environment for function \(target)")
        case .startFailed(let reason):
            return APIError(
                .service, "[\(request)] Internal error while executing lambda \(target). Caused by \(reason)")
        }
    }

    // MARK: The server itself

    static let stopping = APIError(.serviceUnavailable, "The server is stopping. Try again.")

    static let bodiesFull = APIError(
        .serviceUnavailable, "Too many large requests are being received at one time. Try again.")

    static let tooSlow = APIError(.requestTimeout, "The request was not received in time.")

    static func notImplemented(_ operation: Operation) -> APIError {
        APIError(.notImplemented, "The operation \(operation.rawValue) is not available on this server yet.")
    }

    /// The cause is in the log under the request's id; it may name paths that are nobody's business.
    static let internalError = APIError(.service, "An error occurred and the request cannot be processed.")

    static let noUserLeft = APIError(
        .service, "This machine has no user id left for another function. Delete a function, or widen the range.")
}

extension APIError {
    init(_ error: SignatureError) {
        let code: ErrorCode =
            switch error {
            case .missing: .missingAuthenticationToken
            case .incomplete: .incompleteSignature
            case .unknownKey: .unrecognizedClient
            case .expiredSession: .expiredToken
            case .invalid, .mismatch: .invalidSignature
            }
        self.init(code, error.message)
    }

    init(_ error: InputError) {
        switch error {
        case .serialization(let message): self.init(.serialization, message)
        case .validation(let message): self.init(.validation, message)
        }
    }
}
