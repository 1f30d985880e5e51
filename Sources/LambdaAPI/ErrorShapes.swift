package import LambdaCore

/// The errors of this API, by the name in `x-amzn-ErrorType`.
package enum ErrorCode: String, CaseIterable, Sendable {
    // Modelled exceptions
    case codeSigningConfigNotFound = "CodeSigningConfigNotFoundException"
    case codeStorageExceeded = "CodeStorageExceededException"
    case codeVerificationFailed = "CodeVerificationFailedException"
    case invalidParameterValue = "InvalidParameterValueException"
    case invalidRequestContent = "InvalidRequestContentException"
    case policyLengthExceeded = "PolicyLengthExceededException"
    case preconditionFailed = "PreconditionFailedException"
    case provisionedConcurrencyConfigNotFound = "ProvisionedConcurrencyConfigNotFoundException"
    case recursiveInvocation = "RecursiveInvocationException"
    case resourceConflict = "ResourceConflictException"
    case resourceInUse = "ResourceInUseException"
    case resourceNotFound = "ResourceNotFoundException"
    case service = "ServiceException"
    case snapStart = "SnapStartException"
    case snapStartNotReady = "SnapStartNotReadyException"
    case snapStartTimeout = "SnapStartTimeoutException"
    case tooManyRequests = "TooManyRequestsException"
    case unsupportedMediaType = "UnsupportedMediaTypeException"

    // On the wire, but not in the service model
    case accessDenied = "AccessDeniedException"
    case expiredToken = "ExpiredTokenException"
    case headerFieldsTooLarge = "RequestHeaderFieldsTooLargeException"
    case incompleteSignature = "IncompleteSignatureException"
    case invalidSignature = "InvalidSignatureException"
    case malformedRequest = "MalformedHttpRequestException"
    case missingAuthenticationToken = "MissingAuthenticationTokenException"
    /// Not AWS's: an operation that AWS has and this server has not yet. 501 is the one 5xx that SDKs do not retry.
    case notImplemented = "NotImplementedException"
    case requestEntityTooLarge = "RequestEntityTooLargeException"
    case requestTimeout = "RequestTimeoutException"
    case serialization = "SerializationException"
    /// Not AWS's: this server is stopping. SDKs retry a 503, and meet the next process of the same socket.
    case serviceUnavailable = "ServiceUnavailableException"
    case unrecognizedClient = "UnrecognizedClientException"
    case validation = "ValidationException"

    /// How an error looks on the wire.
    package struct Shape: Sendable, Equatable {
        package enum Fault: String, Sendable { case user = "User", service = "Service" }

        package let status: UInt
        /// The key of the text. Strict SDKs read it by its exact case.
        package let messageKey: String
        /// `Type` in the body; `nil` where AWS's recordings have none.
        package let fault: Fault?
    }

    /// The table. Source: the service model's exceptions, and recordings where the model is silent.
    package var shape: Shape {
        switch self {
        case .codeSigningConfigNotFound: Shape(status: 404, messageKey: "Message", fault: .user)
        case .codeStorageExceeded: Shape(status: 400, messageKey: "message", fault: .user)
        case .codeVerificationFailed: Shape(status: 400, messageKey: "Message", fault: .user)
        case .invalidParameterValue: Shape(status: 400, messageKey: "message", fault: .user)
        case .invalidRequestContent: Shape(status: 400, messageKey: "message", fault: .user)
        case .policyLengthExceeded: Shape(status: 400, messageKey: "message", fault: .user)
        case .preconditionFailed: Shape(status: 412, messageKey: "message", fault: .user)
        case .provisionedConcurrencyConfigNotFound: Shape(status: 404, messageKey: "message", fault: .user)
        case .recursiveInvocation: Shape(status: 400, messageKey: "Message", fault: .user)
        case .resourceConflict: Shape(status: 409, messageKey: "message", fault: .user)
        case .resourceInUse: Shape(status: 400, messageKey: "Message", fault: .user)
        case .resourceNotFound: Shape(status: 404, messageKey: "Message", fault: .user)
        case .service: Shape(status: 500, messageKey: "Message", fault: .service)
        case .snapStart: Shape(status: 400, messageKey: "Message", fault: .user)
        case .snapStartNotReady: Shape(status: 409, messageKey: "Message", fault: .user)
        case .snapStartTimeout: Shape(status: 408, messageKey: "Message", fault: .user)
        case .tooManyRequests: Shape(status: 429, messageKey: "message", fault: .user)
        case .unsupportedMediaType: Shape(status: 415, messageKey: "message", fault: .user)
        case .accessDenied: Shape(status: 403, messageKey: "Message", fault: nil)
        case .expiredToken: Shape(status: 403, messageKey: "message", fault: nil)
        case .headerFieldsTooLarge: Shape(status: 431, messageKey: "message", fault: nil)
        case .incompleteSignature: Shape(status: 400, messageKey: "message", fault: nil)
        case .invalidSignature: Shape(status: 403, messageKey: "message", fault: nil)
        case .malformedRequest: Shape(status: 400, messageKey: "message", fault: nil)
        case .missingAuthenticationToken: Shape(status: 403, messageKey: "message", fault: nil)
        case .notImplemented: Shape(status: 501, messageKey: "message", fault: .service)
        case .requestEntityTooLarge: Shape(status: 413, messageKey: "message", fault: nil)
        case .requestTimeout: Shape(status: 408, messageKey: "message", fault: nil)
        case .serialization: Shape(status: 400, messageKey: "message", fault: nil)
        case .serviceUnavailable: Shape(status: 503, messageKey: "message", fault: .service)
        case .unrecognizedClient: Shape(status: 403, messageKey: "message", fault: nil)
        case .validation: Shape(status: 400, messageKey: "message", fault: nil)
        }
    }
}

/// An error on its way to the caller. Nothing was changed when one is answered, unless its text says so.
package struct APIError: Error, Equatable {
    package let code: ErrorCode
    /// `nil` is sent as JSON's null, as AWS does where it keeps the reason to itself.
    package let message: String?
    /// Only TooManyRequestsException has it.
    package let reason: ThrottleReason?
    /// Whether the body has `Type`. AWS leaves it out of some errors whose code has it otherwise.
    package let showsFault: Bool

    package init(_ code: ErrorCode, _ message: String?, reason: ThrottleReason? = nil, showsFault: Bool = true) {
        self.code = code
        self.message = message
        self.reason = reason
        self.showsFault = showsFault
    }

    package var body: [UInt8] {
        let shape = self.code.shape
        var object = JSONObject()
        if let reason { object["Reason"] = .string(reason.rawValue) }
        if self.showsFault, let fault = shape.fault { object["Type"] = .string(fault.rawValue) }
        object[shape.messageKey] = self.message.map { .string($0) } ?? .null
        return JSONValue.object(object).serialized
    }
}
