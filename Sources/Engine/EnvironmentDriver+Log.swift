internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// The function's own lines, in order with the platform's; those are in `EnvironmentDriver+SystemLog`.
extension EnvironmentDriver {
    func logBytesArrived(_ buffer: ByteBuffer) { self.append(lines: self.splitter.append(buffer.readableBytesView)) }

    func frameBytesArrived(_ buffer: ByteBuffer) { self.append(self.frames.append(buffer.readableBytesView)) }

    /// Takes what is in the pipes now, at most what a pipe holds.
    func drainLog() {
        if let pipe = self.logPipe { self.append(lines: self.splitter.append(pipe.drain())) }
        if let pipe = self.framePipe { self.append(self.frames.append(pipe.drain())) }
    }

    /// - Parameter runtimeEnds: A runtime that lives on will write the rest of a record that it has begun.
    func flushPartialLine(runtimeEnds: Bool = true) {
        if let partial = self.splitter.takePartial() { self.append(lines: [partial]) }
        if runtimeEnds, let partial = self.frames.takePartial() { self.append([partial]) }
    }

    private func append(lines: [[UInt8]]) { self.append(lines.map { LogRecord(message: $0) }) }

    private func append(_ records: [LogRecord]) {
        guard !records.isEmpty else { return }
        let time = self.parts.time.wallTime
        let request = self.current?.ticket.id
        let entries = records.filter { self.applicationLog.keeps($0) }.map { record in
            FunctionLogEntry(
                source: self.source, requestID: request, kind: .function, message: record.message, time: time)
        }
        if let hub = self.extensions.hub { for record in records { hub.tell(.function(record.message)) } }
        for entry in entries { self.current?.ticket.appendToTail(entry.message) }
        self.write(entries)
    }

    /// Lines of external extensions: in the function's log as its own are, but no part of an invocation.
    func extensionWrote(_ lines: [[UInt8]]) {
        let time = self.parts.time.wallTime
        if let hub = self.extensions.hub { for line in lines { hub.tell(.extension(line)) } }
        self.write(
            lines.map { line in
                FunctionLogEntry(source: self.source, requestID: nil, kind: .function, message: line, time: time)
            })
    }

    /// How long START, and END and REPORT of an invocation that went well, may wait for company: the lines of short
    /// invocations that follow each other then reach the log in one piece, and whoever watches does not see the difference.
    /// What the function itself writes never waits, and takes what waits along.
    private static let patience = TimeAmount.milliseconds(10)
    /// Well below what the log takes in one call.
    private static let heldLinesLimit = 48

    func hold(_ entries: [FunctionLogEntry]) {
        self.heldLines += entries
        if self.heldLines.count >= Self.heldLinesLimit { return self.writeHeldLines() }
        guard !self.heldLinesTimerIsArmed else { return }
        self.heldLinesTimerIsArmed = true
        self.loop.assumeIsolated().scheduleTask(in: Self.patience) {
            self.heldLinesTimerIsArmed = false
            self.writeHeldLines()
        }
    }

    func writeHeldLines() { self.write([]) }

    /// After what waits, so that the order stays.
    func write(_ more: [FunctionLogEntry]) {
        let entries = self.heldLines.isEmpty ? more : self.heldLines + more
        guard !entries.isEmpty else { return }
        self.heldLines.removeAll(keepingCapacity: true)
        guard !self.parts.log.append(entries), !self.logIsHeld, self.logPipe != nil else { return }
        self.logIsHeld = true
        self.setLogReading(false)
        self.parts.log.whenDrained { [loop = self.loop] in
            loop.execute {
                self.logIsHeld = false
                self.setLogReading(true)
            }
        }
    }

    private func setLogReading(_ reading: Bool) {
        self.logPipe?.setReading(reading)
        self.framePipe?.setReading(reading)
        self.extensions.logPipe?.setReading(reading)
    }
}
