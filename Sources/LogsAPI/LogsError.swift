import LambdaCore

/// The errors of this API: AWS's names, and AWS's texts where they are known.
struct LogsError: Error, Equatable {
    let code: String
    let message: String?
    var status = 400

    var answer: TargetedAnswer { TargetedAnswer(error: self.code, message: self.message, status: self.status) }

    static let noSuchGroup = LogsError(
        code: "ResourceNotFoundException", message: "The specified log group does not exist.")
    static let noSuchStream = LogsError(
        code: "ResourceNotFoundException", message: "The specified log stream does not exist.")
    static let groupExists = LogsError(
        code: "ResourceAlreadyExistsException", message: "The specified log group already exists")
    static let streamExists = LogsError(
        code: "ResourceAlreadyExistsException", message: "The specified log stream already exists")
    static let noSuchResource = LogsError(
        code: "ResourceNotFoundException", message: "The specified resource does not exist.")
    /// A journal gives back what was written to it, and forgets by its own rules.
    static let streamHasLines = LogsError(
        code: "OperationAbortedException", message: "Lines of functions are kept by the journal and cannot be deleted.")
    static let tooManyTags = LogsError(
        code: "TooManyTagsException",
        message: "The resource can have no more than \(Limits.tagsPerResource) tags.")
    static func tooManyLiveTails(_ limit: Int) -> LogsError {
        LogsError(
            code: "LimitExceededException",
            message: "No more than \(limit) Live Tail sessions are possible at one time.")
    }
    static let streamsOfManyGroups = LogsError.invalid(
        "Log stream names and prefixes can be given for one log group only.")
    static let badToken = LogsError.invalid("The specified nextToken is invalid.")
    static let twoGroupNames = LogsError.invalid(
        "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    static let prefixAndPattern = LogsError.invalid(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    static let streamNamesAndPrefix = LogsError.invalid(
        "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
    static let orderedWithPrefix = LogsError.invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    static let foreignGroup = LogsError(
        code: "AccessDeniedException", message: "Log groups of another account or region are not reachable here.")
    static let unreadable = LogsError(code: "SerializationException", message: nil)
    /// SDKs retry it.
    static let busy = LogsError(
        code: "ServiceUnavailableException", message: "Too many requests are reading logs.", status: 503)
    static let failed = LogsError(
        code: "InternalFailure", message: "The log could not be read.", status: 500)
    static let storeFailed = LogsError(
        code: "InternalFailure", message: "What is stored of log groups could not be read or written.", status: 500)

    static func invalid(_ text: String) -> LogsError {
        LogsError(code: "InvalidParameterException", message: text)
    }

    static func wrongType(_ member: String, expected: String) -> LogsError {
        LogsError(code: "SerializationException", message: "The member '\(member)' is not \(expected).")
    }

    static func constraint(_ value: String, at member: String, _ rule: String) -> LogsError {
        .invalid(
            "1 validation error detected: Value '\(value)' at '\(member)' failed to satisfy constraint: \(rule)")
    }

    static func missing(_ member: String) -> LogsError {
        .invalid(
            "1 validation error detected: Value null at '\(member)' failed to satisfy constraint: "
                + "Member must not be null")
    }

    static func badPattern(_ reason: String) -> LogsError { .invalid("Invalid filter pattern: \(reason)") }

    static func unknownOperation(_ name: String) -> LogsError {
        LogsError(code: "UnknownOperationException", message: "The operation '\(name)' is not served here.")
    }

    init(code: String, message: String?, status: Int = 400) {
        self.code = code
        self.message = message
        self.status = status
    }

    init(_ error: LogReadError) {
        switch error {
        case .unknownPosition: self = .badToken
        case .busy: self = .busy
        case .failed: self = .failed
        }
    }
}
