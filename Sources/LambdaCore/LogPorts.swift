/// What every log entry of one environment says about where it came from. A class, for every entry refers to it.
package final class FunctionLogSource: Sendable, Equatable {
    package let function: FunctionName
    package let version: String
    package let environment: EnvironmentID
    package let account: AccountID
    package let region: Region
    package let logGroup: String
    package let logStream: String

    package init(
        function: FunctionName, version: String, environment: EnvironmentID, account: AccountID, region: Region,
        logGroup: String, logStream: String
    ) {
        self.function = function
        self.version = version
        self.environment = environment
        self.account = account
        self.region = region
        self.logGroup = logGroup
        self.logStream = logStream
    }

    package static func == (left: FunctionLogSource, right: FunctionLogSource) -> Bool {
        left === right
            || left.environment == right.environment && left.function == right.function
                && left.version == right.version && left.account == right.account && left.region == right.region
                && left.logGroup == right.logGroup && left.logStream == right.logStream
    }
}

/// One line of a function's log, stamped when it arrived.
package struct FunctionLogEntry: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// Written by the function, its runtime or an extension.
        case function
        /// START, END, REPORT and their like, written by lambdad.
        case platform
    }

    package let source: FunctionLogSource
    package let requestID: RequestID?
    package let kind: Kind
    /// Without the newline. Any bytes: a function may write what it likes.
    package let message: [UInt8]
    package let time: WallTime

    package init(
        source: FunctionLogSource, requestID: RequestID?, kind: Kind, message: [UInt8], time: WallTime
    ) {
        self.source = source
        self.requestID = requestID
        self.kind = kind
        self.message = message
        self.time = time
    }
}

/// Takes function log lines, in order, without blocking the caller.
package protocol FunctionLogSink: Sendable {
    /// Takes all of `entries`. Returns `false` when the sink now holds more than it wants to: the caller stops reading
    /// from its function and goes on when `whenDrained` calls back, so that a flood is slowed and nothing is lost.
    func append(_ entries: [FunctionLogEntry]) -> Bool

    /// Calls `resume` once, on any thread, when there is room again (at once, when there is).
    func whenDrained(_ resume: @escaping @Sendable () -> Void)
}
