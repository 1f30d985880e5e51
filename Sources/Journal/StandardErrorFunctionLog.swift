import Glibc
package import LambdaCore

/// Function log lines on standard error, for a lambdad that runs without a journal: `<function>[<request id>]: line`.
package final class StandardErrorFunctionLog: FunctionLog {
    private let writer: LogWriter<TextLogOutput>

    /// - Parameter descriptor: Where to write; not closed.
    package init(
        descriptor: Int32 = STDERR_FILENO, bounds: LogBacklog.Bounds = .standard,
        reportLoss: @escaping @Sendable (_ entries: Int) -> Void
    ) throws(JournalError) {
        let output = TextLogOutput(descriptor: descriptor)
        self.writer = try LogWriter(output: output, bounds: bounds, reportLoss: reportLoss)
    }

    deinit { self.writer.close() }

    package func append(_ entries: [FunctionLogEntry]) -> Bool { self.writer.append(entries) }
    package func whenDrained(_ resume: @escaping @Sendable () -> Void) { self.writer.whenDrained(resume) }
    package func flush(within limit: Duration) async -> Bool { await self.writer.flush(within: limit) }
}

package struct TextLogOutput: LogOutput {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// A file on disk; a pipe or a terminal may make its writer wait.
    package let neverWaits: Bool

    package init(descriptor: Int32) {
        self.descriptor = descriptor
        var status = stat()
        // Safety: a pointer to a local.
        self.neverWaits = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    package var pendingBytes: Int { self.buffer.count }

    package mutating func add(_ entry: FunctionLogEntry) {
        // Lines that belong to no request (those of the init) have empty brackets, so that all split alike.
        self.buffer.append(contentsOf: "\(entry.source.function)[\(entry.requestID?.text ?? "")]: ".utf8)
        self.buffer.append(contentsOf: entry.message)
        self.buffer.append(0x0A)
    }

    package mutating func send(waiting: Bool) -> Int32 {
        var done = 0
        let failure = write(self.buffer, from: &done, to: self.descriptor)
        self.buffer.removeFirst(done)
        return failure
    }

    package mutating func discard() { self.buffer.removeAll(keepingCapacity: true) }
}
