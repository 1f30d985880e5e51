internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// The function's own lines and the platform's, in order.
extension EnvironmentDriver {
    func logBytesArrived(_ buffer: ByteBuffer) { self.append(self.splitter.append(buffer.readableBytesView)) }

    /// Takes what is in the pipe now, at most what a pipe holds.
    func drainLog() {
        guard let pipe = self.logPipe else { return }
        self.append(self.splitter.append(pipe.drain()))
    }

    func flushPartialLine() {
        if let partial = self.splitter.takePartial() { self.append([partial]) }
    }

    private func append(_ lines: [[UInt8]]) {
        guard !lines.isEmpty else { return }
        let time = self.parts.time.wallTime
        let request = self.current?.ticket.id
        let entries = lines.map { line in
            FunctionLogEntry(source: self.source, requestID: request, kind: .function, message: line, time: time)
        }
        for line in lines { self.current?.ticket.appendToTail(line) }
        if let hub = self.extensions.hub { for line in lines { hub.tell(.function(line)) } }
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

    func writeStart() {
        guard let current = self.current else { return }
        let message = Array(PlatformLog.start(current.ticket.id, version: self.function.version).utf8)
        current.ticket.appendToTail(message)
        self.tellStart()
        self.hold([
            FunctionLogEntry(
                source: self.source, requestID: current.ticket.id, kind: .platform, message: message,
                time: self.parts.time.wallTime)
        ])
    }

    /// END and REPORT.
    func writeEnd(_ report: PlatformLog.Report) {
        let entries = self.platformEntries([PlatformLog.end(report.requestID), PlatformLog.report(report)])
        self.tellReport(report)
        // Whoever gets the log's tail with the answer finds the same in the log by then.
        let isAwaited = self.current?.ticket.invocation.wantsLogTail ?? false
        if report.status == .success, !isAwaited { self.hold(entries) } else { self.write(entries) }
    }

    private func hold(_ entries: [FunctionLogEntry]) {
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

    func writePlatform(_ line: String) { self.write(self.platformEntries([line])) }

    private func platformEntries(_ lines: [String]) -> [FunctionLogEntry] {
        let time = self.parts.time.wallTime
        let request = self.current?.ticket.id
        let entries = lines.map { line in
            FunctionLogEntry(
                source: self.source, requestID: request, kind: .platform, message: Array(line.utf8), time: time)
        }
        for entry in entries { self.current?.ticket.appendToTail(entry.message) }
        return entries
    }

    /// After what waits, so that the order stays.
    private func write(_ more: [FunctionLogEntry]) {
        let entries = self.heldLines.isEmpty ? more : self.heldLines + more
        guard !entries.isEmpty else { return }
        self.heldLines.removeAll(keepingCapacity: true)
        guard !self.parts.log.append(entries), !self.logIsHeld, let pipe = self.logPipe else { return }
        self.logIsHeld = true
        pipe.setReading(false)
        self.extensions.logPipe?.setReading(false)
        self.parts.log.whenDrained { [loop = self.loop] in
            loop.execute {
                self.logIsHeld = false
                self.logPipe?.setReading(true)
                self.extensions.logPipe?.setReading(true)
            }
        }
    }

    func logFailedInit(_ failure: StartFailure, began: Instant?, phase: String) {
        self.drainLog()
        self.flushPartialLine()
        let status: PlatformLog.Status
        switch failure {
        case .initError(let type, _): status = .error(type: type)
        case .runtimeExited(_, outOfMemory: true): status = .error(type: "Runtime.OutOfMemory")
        case .runtimeExited(_, outOfMemory: false): status = .error(type: "Runtime.ExitError")
        case .invalidEntrypoint: status = .error(type: "Runtime.InvalidEntrypoint")
        case .extensionFailed(let failure): status = .error(type: failure.type)
        case .timedOut: status = .timeout
        case .sandbox, .credentials, .sandboxEnded, .cancelled: return
        }
        let duration = began.map { self.now.since($0) } ?? .zero
        self.extensions.tellStates()
        self.tellFailedInit(status, duration: duration)
        self.writePlatform(PlatformLog.initReport(duration: duration, phase: phase, status: status))
    }

    /// The lines and the answer of an invocation whose environment never became ready.
    ///
    /// - Parameter isFirst: Whether no other was told of the same failure.
    func reportFailedStart(
        _ ticket: InvocationTicket, _ words: FailureAnswer, status: PlatformLog.Status, isFirst: Bool = true
    ) {
        if status == .timeout, isFirst { self.logFailedInit(.timedOut, began: self.initBegan, phase: "init") }
        let began = self.launchBegan ?? self.now
        self.current = Current(
            ticket: ticket,
            machine: InvocationMachine(request: ticket.id, timeout: .zero, now: began, runtimeIsReady: true),
            deadline: self.parts.time.wallTime)
        defer { self.current = nil }
        self.writeStart()
        self.writeEnd(
            .init(
                requestID: ticket.id, duration: self.now.since(began), initDuration: nil,
                memorySize: self.function.memorySize, peakMemoryBytes: self.readPeakMemory(), status: status))
        ticket.respond(words)
        ticket.finish()
    }
}
