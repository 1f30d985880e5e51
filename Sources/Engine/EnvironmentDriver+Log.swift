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
        self.write(entries)
    }

    /// How long START may wait for company: a short invocation's three lines then reach the log in one piece, and whoever
    /// watches a long one does not see the difference.
    private static let startPatience = TimeAmount.milliseconds(10)

    func writeStart() {
        guard let current = self.current else { return }
        let message = Array(PlatformLog.start(current.ticket.id, version: self.function.version).utf8)
        current.ticket.appendToTail(message)
        self.heldStart = FunctionLogEntry(
            source: self.source, requestID: current.ticket.id, kind: .platform, message: message,
            time: self.parts.time.wallTime)
        guard !self.startTimerIsArmed else { return }
        self.startTimerIsArmed = true
        self.loop.assumeIsolated().scheduleTask(in: Self.startPatience) {
            self.startTimerIsArmed = false
            self.write([])
        }
    }

    /// Lines that belong together are given to the log in one piece, which costs it one call.
    func writePlatform(_ lines: String...) {
        let time = self.parts.time.wallTime
        let request = self.current?.ticket.id
        let entries = lines.map { line in
            FunctionLogEntry(
                source: self.source, requestID: request, kind: .platform, message: Array(line.utf8), time: time)
        }
        for entry in entries { self.current?.ticket.appendToTail(entry.message) }
        self.write(entries)
    }

    /// After a START that waits, so that the order stays.
    private func write(_ more: [FunctionLogEntry]) {
        var entries = more
        if let start = self.heldStart {
            self.heldStart = nil
            entries.insert(start, at: 0)
        }
        guard !entries.isEmpty else { return }
        guard !self.parts.log.append(entries), !self.logIsHeld, let pipe = self.logPipe else { return }
        self.logIsHeld = true
        pipe.setReading(false)
        self.parts.log.whenDrained { [loop = self.loop] in
            loop.execute {
                self.logIsHeld = false
                self.logPipe?.setReading(true)
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
        case .timedOut: status = .timeout
        case .sandbox, .credentials, .sandboxEnded, .cancelled: return
        }
        let duration = began.map { self.now.since($0) } ?? .zero
        self.writePlatform(PlatformLog.initReport(duration: duration, phase: phase, status: status))
    }

    /// The lines and the answer of an invocation whose environment never became ready.
    func reportFailedStart(_ ticket: InvocationTicket, _ words: FailureAnswer, status: PlatformLog.Status) {
        if status == .timeout { self.logFailedInit(.timedOut, began: self.initBegan, phase: "init") }
        let began = self.launchBegan ?? self.now
        self.current = Current(
            ticket: ticket,
            machine: InvocationMachine(request: ticket.id, timeout: .zero, now: began, runtimeIsReady: true),
            deadline: self.parts.time.wallTime)
        defer { self.current = nil }
        self.writeStart()
        self.writePlatform(PlatformLog.end(ticket.id))
        self.writePlatform(
            PlatformLog.report(
                .init(
                    requestID: ticket.id, duration: self.now.since(began), initDuration: nil,
                    memorySize: self.function.memorySize, peakMemoryBytes: self.readPeakMemory(), status: status)))
        ticket.respond(payload: words.body, isFunctionError: true)
        ticket.finish()
    }
}
