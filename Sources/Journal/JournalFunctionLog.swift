package import LambdaCore

/// Function log lines as journal entries, found again by function, version, environment, request, group and stream.
package final class JournalFunctionLog: FunctionLog {
    private let writer: LogWriter<JournalLogOutput>

    /// - Parameters:
    ///   - path: journald's native socket.
    ///   - reportLoss: Called with the number of entries that the journal did not take for half a minute.
    package init(
        path: String = JournalSocket.standardPath, bounds: LogBacklog.Bounds = .standard,
        reportLoss: @escaping @Sendable (_ entries: Int) -> Void
    ) throws(JournalError) {
        let output = JournalLogOutput(socket: try JournalSocket(path: path))
        self.writer = try LogWriter(output: output, bounds: bounds, reportLoss: reportLoss)
    }

    deinit { self.writer.close() }

    package func append(_ entries: [FunctionLogEntry]) -> Bool { self.writer.append(entries) }
    package func whenDrained(_ resume: @escaping @Sendable () -> Void) { self.writer.whenDrained(resume) }
    package func flush(within limit: Duration) async -> Bool { await self.writer.flush(within: limit) }
}

/// Encodes entries; what an environment's entries have in common is encoded once.
package struct JournalLogOutput: LogOutput {
    /// Environments whose common fields are kept. Where there are more, all are encoded again.
    private static let keptEnvironments = 2_048

    private let socket: JournalSocket
    private var buffer = JournalBuffer()
    private var commonFields: [EnvironmentID: [UInt8]] = [:]

    package init(socket: JournalSocket) { self.socket = socket }

    package var neverWaits: Bool { true }
    package var pendingBytes: Int { self.buffer.count }

    package mutating func add(_ entry: FunctionLogEntry) {
        // Marked once: whoever lists streams then walks one entry of each, not every line.
        if self.commonFields[entry.source.environment] == nil {
            self.buffer.append("MESSAGE_ID", JournalLogField.streamBegins)
        }
        self.buffer.append(prebuilt: self.common(of: entry.source))
        if let request = entry.requestID { self.buffer.append("LAMBDA_REQUEST_ID", request.text) }
        self.buffer.append("LAMBDA_LOG_KIND", entry.kind.rawValue)
        self.buffer.append("LAMBDA_TIME", String(entry.time.milliseconds))
        // Always in the binary form: a line may hold anything, and looking for a newline would cost more.
        self.buffer.append(name: "MESSAGE", bytes: entry.message)
        self.buffer.endEntry()
    }

    package mutating func send(waiting: Bool) -> Int32 {
        guard !self.buffer.isEmpty else { return 0 }
        let failure = self.socket.send(self.buffer.bytes, waiting: waiting)
        if failure == 0 { self.buffer.removeAll() }
        return failure
    }

    package mutating func discard() { self.buffer.removeAll() }

    private mutating func common(of source: FunctionLogSource) -> [UInt8] {
        if let fields = self.commonFields[source.environment] { return fields }
        if self.commonFields.count >= Self.keptEnvironments { self.commonFields.removeAll(keepingCapacity: true) }
        var fields = JournalBuffer()
        fields.append("PRIORITY", JournalPriority.informational.rawValue)
        fields.append("SYSLOG_FACILITY", userFacility)
        fields.append("SYSLOG_IDENTIFIER", source.function.text)
        fields.append("LAMBDA_FUNCTION", source.function.text)
        fields.append("LAMBDA_VERSION", source.version)
        fields.append("LAMBDA_ENVIRONMENT", source.environment.hex)
        fields.append("LAMBDA_ACCOUNT", source.account.digits)
        fields.append("LAMBDA_REGION", source.region.name)
        fields.append("LAMBDA_LOG_GROUP", source.logGroup)
        fields.append("LAMBDA_LOG_STREAM", source.logStream)
        self.commonFields[source.environment] = fields.bytes
        return fields.bytes
    }
}

/// LOG_USER of syslog(3): what functions write is not a daemon's.
private let userFacility = "1"
