internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// What the platform tells of an environment and its invocations.
extension EnvironmentDriver {
    /// Every record of the platform comes through here, in order, and goes to whoever is told of it.
    func tell(_ record: PlatformRecord) {
        self.extensions.hub?.tell(record)
        self.log(record)
    }

    private func log(_ record: PlatformRecord, canWait: Bool = false) {
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
    private var showsDetails: Bool { self.systemLog.isJSON || self.extensions.hub != nil }

    /// For subscribers, who are told also of traces that are only passed on.
    private var tracing: PlatformRecord.Tracing? {
        guard let current = self.current else { return nil }
        if let tracing = current.trace?.tracing { return tracing }
        let header = current.ticket.invocation.traceHeader
        return header.contains("Sampled=1") ? .init(value: header) : nil
    }

    // MARK: Init

    var initializationType: PlatformRecord.InitializationType {
        switch self.initialization {
        case .onDemand: .onDemand
        case .provisionedConcurrency: .provisionedConcurrency
        case .snapStart: .snapStart
        }
    }

    func tellInitStart(_ phase: PlatformRecord.Phase) {
        self.tell(.initStart(self.initializationType, phase, self.instance))
    }

    var instance: PlatformRecord.Instance {
        .init(
            functionName: self.function.key.name.text, functionVersion: self.function.version,
            instanceID: self.source.logStream, maximumMemory: self.function.memorySize,
            runtimeVersion: self.manifest.versionText,
            runtimeVersionARN: RuntimeVersion.arn(runtime: self.function.runtime, region: self.function.key.region))
    }

    func tellInitReport(_ phase: PlatformRecord.Phase, _ outcome: PlatformRecord.Outcome, duration: Duration) {
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
        case .extensionFailed(let failure): outcome = .init(.error, errorType: failure.type)
        case .timedOut: outcome = .init(.timeout, errorType: "Runtime.Unknown")
        case .sandbox, .credentials, .sandboxEnded, .cancelled: return
        }
        self.extensions.tellStates()
        let phase = phase == "init" ? self.firstPhase : .invoke
        if self.runtimeTag > 0 { self.tell(.initRuntimeDone(self.initializationType, phase, outcome)) }
        self.tellInitReport(phase, outcome, duration: began.map { self.now.since($0) } ?? .zero)
    }

    // MARK: Invocations

    func writeStart() {
        guard let current = self.current else { return }
        self.current?.isStartWritten = true
        var record = PlatformRecord.Start(
            requestID: current.ticket.id, version: self.function.version,
            tenantID: current.ticket.invocation.tenantID, tracing: current.trace?.tracing)
        self.log(.start(record), canWait: true)
        guard let hub = self.extensions.hub else { return }
        record.functionARN = current.ticket.invocation.invokedARN
        record.tracing = self.tracing
        hub.tell(.start(record))
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
        let done = current.times.runtimeDone ?? self.now
        var record = PlatformRecord.RuntimeDone(
            requestID: current.ticket.id, outcome: .init(as: status), duration: current.machine.duration(now: self.now),
            producedBytes: current.times.producedBytes, spans: self.spans(of: current.times, done),
            tracing: current.trace?.tracing, tenantID: current.ticket.invocation.tenantID)
        self.log(.runtimeDone(record))
        record.tracing = self.tracing
        self.extensions.hub?.tell(.runtimeDone(record))
    }

    private func spans(of times: InvocationTimes, _ done: Instant) -> [PlatformRecord.Span] {
        times.spans(until: done) { self.wallTime(of: $0) }
    }

    private func wallTime(of instant: Instant) -> WallTime {
        self.parts.time.wallTime.advanced(by: instant.since(self.now))
    }

    /// END and REPORT.
    func writeEnd(_ report: PlatformLog.Report) {
        // Whoever gets the log's tail with the answer finds the same in the log by then.
        let isAwaited = self.current?.ticket.invocation.wantsLogTail ?? false
        let record = report.record(
            tracing: self.current?.trace?.tracing, tenantID: self.current?.ticket.invocation.tenantID)
        if self.extensions.hub != nil { self.tellSubscribers(of: record, report) }
        self.log(.report(record), canWait: report.status == .success && !isAwaited)
    }

    /// With spans, which the log's record does not have.
    private func tellSubscribers(of record: PlatformRecord.Report, _ report: PlatformLog.Report) {
        guard let hub = self.extensions.hub, let times = self.current?.times else { return }
        var record = record
        record.tracing = self.tracing
        record.spans = self.spans(of: times, times.runtimeDone ?? self.now)
        if let done = times.runtimeDone, !self.extensions.machine.isEmpty {
            record.spans.append(
                .init(.extensionOverhead, start: self.wallTime(of: done), duration: self.now.since(done)))
        }
        hub.tell(.end(report.requestID))
        hub.tell(.report(record))
        if case .error = report.status {
            hub.tell(.fault("RequestId: \(report.requestID) Process exited before completing request"))
        }
    }
}
