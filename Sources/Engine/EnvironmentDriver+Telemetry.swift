internal import LambdaCore
internal import Lifecycle

/// When what happened to an invocation, for its spans. Taken only where somebody looks at them.
struct InvocationTimes {
    /// The event went to the runtime.
    var released: (Instant, WallTime)?
    var answered: (Instant, WallTime)?
    /// The runtime asked for the next event.
    var runtimeDone: (Instant, WallTime)?
    var producedBytes: Int?
}

/// What happens, told to subscribers of telemetry. Nothing of this costs anything where there are none.
extension EnvironmentDriver {
    func tell(_ record: PlatformRecord, line: String) {
        self.extensions.hub?.tell(record)
        self.writePlatform(line)
    }

    // MARK: Init

    var initializationType: PlatformRecord.InitializationType {
        switch self.initialization {
        case .onDemand: .onDemand
        case .provisionedConcurrency: .provisionedConcurrency
        }
    }

    func tellInitStart() {
        self.extensions.hub?.tell(
            .initStart(
                self.initializationType, self.extensions.phase,
                .init(
                    functionName: self.function.key.name.text, functionVersion: self.function.version,
                    instanceID: self.source.logStream, maximumMemory: self.function.memorySize,
                    runtimeVersion: self.manifest.versionText,
                    runtimeVersionARN: RuntimeVersion.arn(
                        runtime: self.function.runtime, region: self.function.key.region))))
    }

    func tellInitReport(_ outcome: PlatformRecord.Outcome, duration: Duration?) {
        self.extensions.hub?.tell(
            .initReport(self.initializationType, self.extensions.phase, outcome, duration: duration ?? .zero))
    }

    func tellFailedInit(_ status: PlatformLog.Status, duration: Duration) {
        guard let hub = self.extensions.hub else { return }
        var outcome = Self.outcome(status)
        // AWS's word for an init that took too long.
        if outcome.status == .timeout { outcome.errorType = "Runtime.Unknown" }
        if self.runtimeTag > 0 {
            hub.tell(.initRuntimeDone(self.initializationType, self.extensions.phase, outcome))
        }
        self.tellInitReport(outcome, duration: duration)
    }

    // MARK: Invocations

    /// The runtime and those extensions that want to know get the event at the same moment.
    func eventGoesOut() {
        if self.extensions.hub != nil { self.current?.times.released = self.bothTimes }
        self.extensions.invoked(self.invokeEvent())
    }

    private func invokeEvent() -> [UInt8] {
        guard let current = self.current else { return [] }
        let invocation = current.ticket.invocation
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("eventType", ExtensionMachine.Event.invoke.rawValue)
        json.member("deadlineMs", Int(current.deadline.milliseconds))
        json.member("requestId", invocation.requestID.text)
        json.member("invokedFunctionArn", invocation.invokedARN)
        if !invocation.traceHeader.isEmpty {
            json.object("tracing") { json in
                json.member("type", HeaderName.traceID)
                json.member("value", invocation.traceHeader)
            }
        }
        json.endObject()
        return json.bytes
    }

    func tellStart() {
        guard let hub = self.extensions.hub, let current = self.current else { return }
        hub.tell(
            .start(
                .init(
                    requestID: current.ticket.id, version: self.function.version,
                    functionARN: current.ticket.invocation.invokedARN, tracing: self.tracing)))
    }

    func answerCame(bytes: Int) {
        guard self.extensions.hub != nil else { return }
        self.current?.times.answered = self.bothTimes
        self.current?.times.producedBytes = bytes
    }

    func runtimeIsBack() {
        self.current?.runtimeIsBack = true
        guard self.extensions.hub != nil else { return }
        self.current?.times.runtimeDone = self.bothTimes
        self.tellRuntimeDone(.success)
    }

    /// END and REPORT come next. A runtime that never came back has its event now.
    func finishes(_ status: PlatformLog.Status) {
        guard let current = self.current, current.times.runtimeDone == nil, self.extensions.hub != nil else { return }
        self.tellRuntimeDone(Self.outcome(status))
    }

    private func tellRuntimeDone(_ outcome: PlatformRecord.Outcome) {
        guard let hub = self.extensions.hub, let current = self.current else { return }
        hub.tell(
            .runtimeDone(
                .init(
                    requestID: current.ticket.id, outcome: outcome,
                    duration: current.machine.duration(now: self.now), producedBytes: current.times.producedBytes,
                    spans: self.runtimeSpans, tracing: self.tracing)))
    }

    func tellReport(_ report: PlatformLog.Report) {
        guard let hub = self.extensions.hub else { return }
        var spans = self.runtimeSpans
        if !self.extensions.machine.isEmpty, let (done, start) = self.current?.times.runtimeDone {
            spans.append(.init(.extensionOverhead, start: start, duration: self.now.since(done)))
        }
        hub.tell(.end(report.requestID))
        hub.tell(
            .report(
                .init(
                    requestID: report.requestID, outcome: Self.outcome(report.status),
                    metrics: .init(
                        duration: report.duration, billed: Int(PlatformLog.billed(report)),
                        memorySize: report.memorySize,
                        maximumMemoryUsed: Int(PlatformLog.mebibytes(report.peakMemoryBytes)),
                        initDuration: report.initDuration),
                    spans: spans, tracing: self.tracing)))
        if case .error = report.status {
            hub.tell(.fault("RequestId: \(report.requestID) Process exited before completing request"))
        }
    }

    private var runtimeSpans: [PlatformRecord.Span] {
        guard let times = self.current?.times, let (released, start) = times.released,
            let (answered, answerTime) = times.answered
        else { return [] }
        var spans: [PlatformRecord.Span] = [
            .init(.responseLatency, start: start, duration: answered.since(released)),
            // A buffered response is taken whole.
            .init(.responseDuration, start: answerTime, duration: .zero),
        ]
        if let (done, _) = times.runtimeDone {
            spans.append(.init(.runtimeOverhead, start: answerTime, duration: done.since(answered)))
        }
        return spans
    }

    /// Told only of traces that are sampled.
    private var tracing: PlatformRecord.Tracing? {
        guard let header = self.current?.ticket.invocation.traceHeader, header.contains("Sampled=1") else { return nil }
        return .init(value: header)
    }

    private var bothTimes: (Instant, WallTime) { (self.now, self.parts.time.wallTime) }

    static func outcome(_ status: PlatformLog.Status) -> PlatformRecord.Outcome {
        switch status {
        case .success: .success
        case .timeout: .init(.timeout)
        case .error(let type): .init(type.hasPrefix("Sandbox.") ? .failure : .error, errorType: type)
        }
    }
}
