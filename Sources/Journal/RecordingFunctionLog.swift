package import LambdaCore

/// A function log that also tells somebody else about every line.
package struct RecordingFunctionLog: FunctionLog {
    private let log: any FunctionLog
    private let record: @Sendable ([FunctionLogEntry]) -> Void

    package init(_ log: any FunctionLog, record: @escaping @Sendable ([FunctionLogEntry]) -> Void) {
        self.log = log
        self.record = record
    }

    package func append(_ entries: [FunctionLogEntry]) -> Bool {
        self.record(entries)
        return self.log.append(entries)
    }

    package func whenDrained(_ resume: @escaping @Sendable () -> Void) { self.log.whenDrained(resume) }
    package func flush(within limit: Duration) async -> Bool { await self.log.flush(within: limit) }
}
