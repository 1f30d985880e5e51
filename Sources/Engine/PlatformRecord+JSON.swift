package import LambdaCore

/// Records as JSON: `{"time","type","record"}`, on one line.
extension PlatformRecord {
    /// The whole event, as Telemetry consumers and logs in JSON format get it.
    package func event(at time: WallTime) -> [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("time", time.isoText)
        json.member("type", self.type)
        json.key("record")
        self.write(to: &json)
        json.endObject()
        return json.bytes
    }

    /// The record alone.
    package func write(to json: inout JSONWriter) {
        if case .fault(let words) = self { return json.value(words) }
        json.beginObject()
        self.writeMembers(to: &json)
        json.endObject()
    }

    private func writeMembers(to json: inout JSONWriter) {
        switch self {
        case .initStart(let type, let phase, let instance):
            json.write(type, phase)
            json.write(instance)
        case .initRuntimeDone(let type, let phase, let outcome, let spans):
            json.write(type, phase)
            json.write(outcome)
            json.write(spans)
        case .initReport(let type, let phase, let outcome, let duration, let spans):
            json.write(type, phase)
            json.write(outcome)
            json.object("metrics") { $0.member("durationMs", duration) }
            json.write(spans)
        case .start(let start): json.write(start)
        case .runtimeDone(let done): json.write(done)
        case .report(let report): json.write(report)
        case .restoreStart(let instance): json.write(instance)
        case .restoreRuntimeDone(let outcome, let spans):
            json.write(outcome)
            json.write(spans)
        case .restoreReport(let outcome, let duration, let spans):
            json.write(outcome)
            if let duration { json.object("metrics") { $0.member("durationMs", duration) } }
            json.write(spans)
        case .extension(let name, let state, let events, let errorType):
            json.member("name", name)
            json.member("state", state)
            json.member("events", events)
            json.member("errorType", ifPresent: errorType)
        case .telemetrySubscription(let subscription), .logsSubscription(let subscription):
            json.member("name", subscription.name)
            json.member("state", subscription.state)
            json.member("types", subscription.types)
        case .logsDropped(let bytes, let records, let reason):
            json.member("droppedBytes", bytes)
            json.member("droppedRecords", records)
            json.member("reason", reason)
        case .end(let request): json.member("requestId", request.text)
        case .fault: break
        }
    }

    /// Milliseconds with three decimals at most and one at least: what is measured here is microseconds.
    package static func milliseconds(_ duration: Duration) -> String {
        let microseconds = max(0, duration.nanoseconds) / 1_000
        var fraction = String(microseconds % 1_000 + 1_000).dropFirst()
        while fraction.count > 1, fraction.last == "0" { fraction.removeLast() }
        return "\(microseconds / 1_000).\(fraction)"
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ duration: Duration) {
        self.key(name)
        self.value(raw: PlatformRecord.milliseconds(duration).utf8)
    }

    fileprivate mutating func write(_ type: PlatformRecord.InitializationType, _ phase: PlatformRecord.Phase) {
        self.member("initializationType", type.rawValue)
        self.member("phase", phase.rawValue)
    }

    fileprivate mutating func write(_ outcome: PlatformRecord.Outcome) {
        self.member("status", outcome.status.rawValue)
        self.member("errorType", ifPresent: outcome.errorType)
    }

    fileprivate mutating func write(_ instance: PlatformRecord.Instance) {
        self.member("functionName", instance.functionName)
        self.member("functionVersion", instance.functionVersion)
        self.member("instanceId", ifPresent: instance.instanceID)
        if let memory = instance.maximumMemory { self.member("instanceMaxMemory", memory) }
        self.member("runtimeVersion", ifPresent: instance.runtimeVersion)
        self.member("runtimeVersionArn", ifPresent: instance.runtimeVersionARN)
    }

    fileprivate mutating func write(_ spans: [PlatformRecord.Span]) {
        guard !spans.isEmpty else { return }
        self.key("spans")
        self.beginArray()
        for span in spans {
            self.beginObject()
            self.member("name", span.name.rawValue)
            self.member("start", span.start.isoText)
            self.member("durationMs", span.duration)
            self.endObject()
        }
        self.endArray()
    }

    fileprivate mutating func write(_ tracing: PlatformRecord.Tracing?) {
        guard let tracing else { return }
        self.object("tracing") { json in
            json.member("spanId", ifPresent: tracing.spanID)
            json.member("type", "X-Amzn-Trace-Id")
            json.member("value", tracing.value)
        }
    }

    fileprivate mutating func write(_ start: PlatformRecord.Start) {
        self.member("requestId", start.requestID.text)
        self.member("version", ifPresent: start.version)
        self.member("tenantId", ifPresent: start.tenantID)
        self.member("functionArn", ifPresent: start.functionARN)
        self.write(start.tracing)
    }

    fileprivate mutating func write(_ done: PlatformRecord.RuntimeDone) {
        self.member("requestId", done.requestID.text)
        self.write(done.outcome)
        self.object("metrics") { json in
            json.member("durationMs", done.duration)
            if let bytes = done.producedBytes { json.member("producedBytes", bytes) }
        }
        self.write(done.spans)
        self.write(done.tracing)
        self.member("tenantId", ifPresent: done.tenantID)
    }

    fileprivate mutating func write(_ report: PlatformRecord.Report) {
        self.member("requestId", report.requestID.text)
        self.write(report.outcome)
        self.object("metrics") { json in
            let metrics = report.metrics
            json.member("durationMs", metrics.duration)
            json.member("billedDurationMs", metrics.billed)
            json.member("memorySizeMB", metrics.memorySize)
            json.member("maxMemoryUsedMB", metrics.maximumMemoryUsed)
            if let duration = metrics.initDuration { json.member("initDurationMs", duration) }
            if let duration = metrics.restoreDuration { json.member("restoreDurationMs", duration) }
            if let billed = metrics.billedRestore { json.member("billedRestoreDurationMs", billed) }
        }
        self.write(report.spans)
        self.write(report.tracing)
        self.member("tenantId", ifPresent: report.tenantID)
    }
}
