internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// What the platform tells of an environment and its invocations.
extension EnvironmentDriver {
    /// Every record of the platform comes through here, in order, and goes to whoever is told of it.
    func tell(_ record: PlatformRecord, canWait: Bool = false) {
        let time = self.parts.time.wallTime
        let messages = self.systemLog.events(of: record, at: time)
        guard !messages.isEmpty else { return }
        let request = self.current?.ticket.id
        let entries = messages.map { message in
            FunctionLogEntry(source: self.source, requestID: request, kind: .platform, message: message, time: time)
        }
        for entry in entries { self.current?.ticket.appendToTail(entry.message) }
        if canWait { self.hold(entries) } else { self.write(entries) }
    }

    /// Whether records that the text format does not show are worth making.
    private var showsDetails: Bool { self.systemLog.isJSON }

    // MARK: Init

    private var initializationType: PlatformRecord.InitializationType {
        switch self.initialization {
        case .onDemand: .onDemand
        case .provisionedConcurrency: .provisionedConcurrency
        }
    }

    func tellInitStart(_ phase: PlatformRecord.Phase) {
        self.tell(
            .initStart(
                self.initializationType, phase,
                .init(
                    functionName: self.function.key.name.text, functionVersion: self.function.version,
                    instanceID: self.source.logStream, maximumMemory: self.function.memorySize,
                    runtimeVersion: self.manifest.versionText,
                    runtimeVersionARN: RuntimeVersion.arn(
                        runtime: self.function.runtime, region: self.function.key.region))))
    }

    func tellInitDone(_ phase: PlatformRecord.Phase, _ outcome: PlatformRecord.Outcome, duration: Duration) {
        self.tell(.initRuntimeDone(self.initializationType, phase, outcome))
        self.tell(.initReport(self.initializationType, phase, outcome, duration: duration))
    }

    func logFailedInit(_ failure: StartFailure, began: Instant?, phase: String) {
        self.drainLog()
        self.flushPartialLine()
        let outcome: PlatformRecord.Outcome
        switch failure {
        case .initError(let type, _): outcome = .init(.error, errorType: type)
        case .runtimeExited(_, outOfMemory: true): outcome = .init(.error, errorType: "Runtime.OutOfMemory")
        case .runtimeExited(_, outOfMemory: false): outcome = .init(.error, errorType: "Runtime.ExitError")
        case .invalidEntrypoint: outcome = .init(.error, errorType: "Runtime.InvalidEntrypoint")
        case .timedOut: outcome = .init(.timeout, errorType: "Runtime.Unknown")
        case .sandbox, .credentials, .sandboxEnded, .cancelled: return
        }
        self.tellInitDone(
            PlatformRecord.Phase(rawValue: phase) ?? .invoke, outcome,
            duration: began.map { self.now.since($0) } ?? .zero)
    }

    // MARK: Invocations

    func writeStart() {
        guard let current = self.current else { return }
        self.current?.isStartWritten = true
        self.tell(
            .start(
                .init(
                    requestID: current.ticket.id, version: self.function.version,
                    tenantID: current.ticket.invocation.tenantID, tracing: current.trace?.tracing)), canWait: true)
    }

    /// The words that tools look for in text logs; JSON logs have the status.
    func tellTimeout() {
        guard let current = self.current, !self.systemLog.isJSON else { return }
        let line = PlatformLog.timedOut(
            current.ticket.id, at: self.parts.time.wallTime, timeout: self.function.timeout)
        let entry = FunctionLogEntry(
            source: self.source, requestID: current.ticket.id, kind: .platform, message: Array(line.utf8),
            time: self.parts.time.wallTime)
        current.ticket.appendToTail(entry.message)
        self.write([entry])
    }

    /// The runtime is done with the invocation. Told once.
    func tellRuntimeDone(_ status: PlatformLog.Status) {
        guard self.showsDetails, let current = self.current, !current.isRuntimeDoneTold else { return }
        self.current?.isRuntimeDoneTold = true
        let now = self.now
        self.tell(
            .runtimeDone(
                .init(
                    requestID: current.ticket.id, outcome: .init(as: status),
                    duration: current.machine.duration(now: now),
                    producedBytes: current.times.producedBytes, spans: self.spans(of: current.times, now),
                    tracing: current.trace?.tracing, tenantID: current.ticket.invocation.tenantID)))
    }

    private func spans(of times: InvocationTimes, _ now: Instant) -> [PlatformRecord.Span] {
        guard let delivered = times.delivered, let answered = times.answered else { return [] }
        let wall = self.parts.time.wallTime
        func time(_ instant: Instant) -> WallTime { wall.advanced(by: instant.since(now)) }
        return [
            .init(.responseLatency, start: time(delivered), duration: answered.since(delivered)),
            .init(.responseDuration, start: time(answered), duration: .zero),
            .init(.runtimeOverhead, start: time(answered), duration: now.since(answered)),
        ]
    }

    /// END and REPORT.
    func writeEnd(_ report: PlatformLog.Report) {
        // Whoever gets the log's tail with the answer finds the same in the log by then.
        let isAwaited = self.current?.ticket.invocation.wantsLogTail ?? false
        self.tell(
            .report(
                report.record(
                    tracing: self.current?.trace?.tracing, tenantID: self.current?.ticket.invocation.tenantID)),
            canWait: report.status == .success && !isAwaited)
    }

    /// The lines and the answer of an invocation whose environment never became ready.
    func reportFailedStart(_ ticket: InvocationTicket, _ words: FailureAnswer, status: PlatformLog.Status) {
        if status == .timeout { self.logFailedInit(.timedOut, began: self.initBegan, phase: "init") }
        let began = self.launchBegan ?? self.now
        self.current = Current(
            ticket: ticket,
            machine: InvocationMachine(request: ticket.id, timeout: .zero, now: began, runtimeIsReady: true),
            deadline: self.parts.time.wallTime, times: self.times(of: ticket, taken: began),
            trace: self.trace(of: ticket))
        defer { self.current = nil }
        self.writeStart()
        self.traceFailed(words)
        self.tellRuntimeDone(status)
        self.writeEnd(
            .init(
                requestID: ticket.id, duration: self.now.since(began), initDuration: nil,
                memorySize: self.function.memorySize, peakMemoryBytes: self.readPeakMemory(), status: status))
        ticket.respond(payload: words.body, isFunctionError: true)
        ticket.finish()
        self.sendTrace()
    }
}
