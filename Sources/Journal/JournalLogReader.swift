import Glibc
package import LambdaCore

/// Function log lines, read back from the journal. The journal's own index finds them by group, stream and account.
///
/// Every call opens the journal anew: files come and go with rotation, and one kept open would keep a removed one's space.
package final class JournalLogReader: FunctionLogReader {
    private let directory: String?
    private let writer: UInt32
    private let bounds: JournalReadBounds
    private let thread: WorkThread

    /// - Parameters:
    ///   - directory: Where the journal's files are; `nil` for this machine's.
    ///   - writer: The user whose lines count. journald notes it itself, so that no other process can make up lines.
    /// - Throws: ``JournalError/noThread(_:)``.
    package init(
        directory: String? = nil, writer: UInt32 = geteuid(), bounds: JournalReadBounds = .init()
    ) throws(JournalError) {
        self.directory = directory
        self.writer = writer
        self.bounds = bounds
        self.thread = try WorkThread(maximumWaiting: bounds.waiting)
    }

    deinit { self.thread.close() }

    package func groups(in scope: Scope) async throws(LogReadError) -> [LogGroupSummary] {
        try await self.work { session throws(LogReadError) in try session.groups(in: scope) }
    }

    package func streams(of group: String, in scope: Scope) async throws(LogReadError) -> [LogStreamSummary] {
        try await self.work { session throws(LogReadError) in try session.streams(of: group, in: scope) }
    }

    package func lastEvents(
        of streams: [String], group: String, in scope: Scope
    ) async throws(LogReadError) -> [String: LogEventTimes] {
        try await self.work { session throws(LogReadError) in
            try session.lastEvents(of: streams, group: group, in: scope)
        }
    }

    package func contains(group: String, stream: String?, in scope: Scope) async throws(LogReadError) -> Bool {
        try await self.work { session throws(LogReadError) in
            try session.contains(group: group, stream: stream, in: scope)
        }
    }

    package func events(_ query: LogQuery) async throws(LogReadError) -> LogPage {
        try await self.work { session throws(LogReadError) in try session.events(query) }
    }

    /// Does `body` on the reader's thread.
    private func work<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing JournalSession) throws(LogReadError) -> Value
    ) async throws(LogReadError) -> Value {
        let (directory, writer, bounds) = (self.directory, self.writer, self.bounds)
        let result: Result<Value, LogReadError> = await withCheckedContinuation { continuation in
            let isTaken = self.thread.submit {
                continuation.resume(
                    returning: Result { () throws(LogReadError) in
                        try body(try JournalSession(directory: directory, writer: writer, bounds: bounds))
                    })
            }
            if !isTaken { continuation.resume(returning: .failure(.busy)) }
        }
        return try result.get()
    }
}
