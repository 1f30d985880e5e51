/// One synchronous call of a function, resolved and checked, on its way to an environment.
///
/// A class: it holds the whole record of the function, and passing that on by value costs a retain for each of its texts.
package final class Invocation: Sendable {
    package let requestID: RequestID
    package let function: FunctionRecord
    /// The ARN exactly as the caller addressed it (with the qualifier where one was given).
    package let invokedARN: String
    /// The event's bytes, untouched.
    package let content: Payload
    package let contentType: String
    /// JSON text, already decoded from the caller's base64.
    package let clientContext: String?
    /// A complete X-Ray header: `Root=…;Parent=…;Sampled=…`.
    package let traceHeader: String
    /// Whether the caller wants the last 4 KiB of this invocation's log.
    package let wantsLogTail: Bool
    /// Whose environments it needs; only, and always, where the function isolates tenants.
    package let tenantID: String?
    /// Only of synchronous calls, whose caller is known.
    package let cognitoIdentity: CognitoIdentity?
    /// Asynchronous: from the queue.
    package let isEvent: Bool
    package let receivedAt: Instant

    package convenience init(
        requestID: RequestID, function: FunctionRecord, invokedARN: String, payload: [UInt8],
        contentType: String = "application/json", clientContext: String? = nil, traceHeader: String,
        wantsLogTail: Bool = false, tenantID: String? = nil, cognitoIdentity: CognitoIdentity? = nil,
        isEvent: Bool = false, receivedAt: Instant
    ) {
        self.init(
            requestID: requestID, function: function, invokedARN: invokedARN, content: Payload(payload),
            contentType: contentType, clientContext: clientContext, traceHeader: traceHeader,
            wantsLogTail: wantsLogTail, tenantID: tenantID, cognitoIdentity: cognitoIdentity, isEvent: isEvent,
            receivedAt: receivedAt)
    }

    package init(
        requestID: RequestID, function: FunctionRecord, invokedARN: String, content: Payload,
        contentType: String = "application/json", clientContext: String? = nil, traceHeader: String,
        wantsLogTail: Bool = false, tenantID: String? = nil, cognitoIdentity: CognitoIdentity? = nil,
        isEvent: Bool = false, receivedAt: Instant
    ) {
        self.requestID = requestID
        self.function = function
        self.invokedARN = invokedARN
        self.content = content
        self.contentType = contentType
        self.clientContext = clientContext
        self.traceHeader = traceHeader
        self.wantsLogTail = wantsLogTail
        self.tenantID = tenantID
        self.cognitoIdentity = cognitoIdentity
        self.isEvent = isEvent
        self.receivedAt = receivedAt
    }

    /// A copy, where ``content`` is no array.
    package var payload: [UInt8] { self.content.bytes }
}

/// What a function answered: its own bytes, or the platform's words where it could not answer itself.
package struct InvocationAnswer: Sendable, Equatable {
    package var content: Payload
    package var contentType: String
    /// The caller sees `X-Amz-Function-Error: Unhandled`.
    package var isFunctionError: Bool
    package var executedVersion: String
    /// The end of this invocation's log, at most ``Limits/logTailBytes``; only where it was asked for.
    package var logTail: [UInt8]?
    /// What happened, where these are the platform's words: `Sandbox.Timedout`.
    package var platformErrorType: String?

    package init(
        payload: [UInt8], contentType: String = "application/json", isFunctionError: Bool = false,
        executedVersion: String, logTail: [UInt8]? = nil
    ) {
        self.init(
            content: Payload(payload), contentType: contentType, isFunctionError: isFunctionError,
            executedVersion: executedVersion, logTail: logTail)
    }

    package init(
        content: Payload, contentType: String = "application/json", isFunctionError: Bool = false,
        executedVersion: String, logTail: [UInt8]? = nil
    ) {
        self.content = content
        self.contentType = contentType
        self.isFunctionError = isFunctionError
        self.executedVersion = executedVersion
        self.logTail = logTail
    }

    /// A copy, where ``content`` is no array.
    package var payload: [UInt8] { self.content.bytes }
}

/// The platform's own failure: the caller sees a 429 or a 5xx, not a function error.
package enum InvocationFailure: Error, Equatable {
    /// A limit of concurrency or of rate is reached.
    case throttled(ThrottleReason)
    /// The function has as many environments of tenants as it may.
    case tooManyTenantEnvironments
    /// The daemon is draining; the caller should try again.
    case shuttingDown
    /// The function was deleted before this invocation reached an environment.
    case functionDeleted
    /// The sandbox could not be made in time.
    case startupTimedOut
    /// An after-restore hook failed, or its environment ended meanwhile. The function's log says how.
    case restoreFailed
    /// The after-restore hooks took too long.
    case restoreTimedOut
    /// The sandbox could not be made; says which step failed and how.
    case startFailed(String)
}

/// Takes invocations. `answer` is called exactly once, on any thread.
package protocol InvocationSink: Sendable {
    func submit(
        _ invocation: Invocation,
        answer: @escaping @Sendable (Result<InvocationAnswer, InvocationFailure>) -> Void
    )

    /// For a caller that takes the answer while the function makes it.
    func submit(_ invocation: Invocation, to receiver: any AnswerReceiver)

    /// A version's record changed: its environments of older generations finish what they run and stop.
    func functionChanged(_ record: FunctionRecord)

    /// A published version is gone: its environments finish what they run and stop.
    func versionDeleted(_ version: VersionKey)

    /// What a function may have of its account's concurrency, or what it keeps ready, has changed. In force for whoever
    /// invokes after this returns.
    func concurrencyChanged(_ concurrency: FunctionConcurrency)

    /// The function is gone with all of its versions: their environments finish what they run and stop.
    func functionDeleted(_ key: FunctionKey)
}
