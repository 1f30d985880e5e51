internal import LambdaCore

/// The platform's records in text format.
extension PlatformLog {
    /// None for what the text format does not tell.
    package static func lines(of record: PlatformRecord) -> [String] {
        switch record {
        case .initStart(_, .`init`, let instance), .initStart(_, .snapStart, let instance):
            // Told where the runtime's version is known.
            guard let version = instance.runtimeVersion, let arn = instance.runtimeVersionARN else { return [] }
            return [self.initStart(versionText: version, versionARN: arn)]
        case .initReport(let type, let phase, let outcome, let duration, _):
            // A successful init on demand is told of by the first REPORT.
            guard outcome.status != .success || type != .onDemand else { return [] }
            return [self.initReport(duration: duration, phase: phase.rawValue, status: Status(outcome))]
        case .restoreStart(let instance):
            guard let version = instance.runtimeVersion, let arn = instance.runtimeVersionARN else { return [] }
            return [self.restoreStart(versionText: version, versionARN: arn)]
        case .restoreReport(let outcome, let duration, _):
            return [self.restoreReport(duration: duration ?? .zero, status: Status(outcome))]
        case .start(let start): return [self.start(start.requestID, version: start.version ?? FunctionRecord.latest)]
        case .report(let report): return [self.end(report.requestID), self.report(report)]
        case .telemetrySubscription(let subscription):
            return [self.subscription(.telemetry, name: subscription.name, types: subscription.types)]
        case .logsSubscription(let subscription):
            return [self.subscription(.logs, name: subscription.name, types: subscription.types)]
        case .extension(let name, let state, let events, let errorType):
            return [self.extension(name: name, state: state, events: events, errorType: errorType)]
        case .initStart, .initRuntimeDone, .runtimeDone, .restoreRuntimeDone, .logsDropped, .end, .fault:
            return []
        }
    }

    /// `XRAY …`, the second line of a REPORT, where the invocation was traced.
    package static func xray(_ tracing: PlatformRecord.Tracing?) -> String? {
        guard let tracing, let segment = tracing.spanID, let trace = TraceContext(tracing.value), let root = trace.root
        else { return nil }
        return "XRAY TraceId: \(root)\tSegmentId: \(segment)\tSampled: \(trace.isSampled == true)"
    }

    private static func report(_ report: PlatformRecord.Report) -> String {
        let line = self.report(
            Report(
                requestID: report.requestID, duration: report.metrics.duration,
                initDuration: report.metrics.initDuration, restoreDuration: report.metrics.restoreDuration,
                memorySize: report.metrics.memorySize,
                peakMemoryBytes: UInt64(max(0, report.metrics.maximumMemoryUsed)) * 1_048_576,
                status: Status(report.outcome)))
        return self.xray(report.tracing).map { "\(line)\n\($0)" } ?? line
    }
}

extension PlatformLog.Report {
    /// The same with the figures that are printed.
    package func record(tracing: PlatformRecord.Tracing?, tenantID: String?, spans: [PlatformRecord.Span] = [])
        -> PlatformRecord.Report
    {
        PlatformRecord.Report(
            requestID: self.requestID, outcome: PlatformRecord.Outcome(as: self.status),
            metrics: .init(
                duration: self.duration, billed: Int(PlatformLog.billed(self)), memorySize: self.memorySize,
                maximumMemoryUsed: Int(PlatformLog.mebibytes(self.peakMemoryBytes)), initDuration: self.initDuration,
                restoreDuration: self.restoreDuration,
                billedRestore: self.restoreDuration.map { Int(PlatformLog.billedRestore($0)) }),
            spans: spans, tracing: tracing, tenantID: tenantID)
    }
}

extension PlatformLog.Status {
    package init(_ outcome: PlatformRecord.Outcome) {
        self =
            switch outcome.status {
            case .success: .success
            case .timeout: .timeout
            case .error, .failure: .error(type: outcome.errorType ?? "Sandbox.Failure")
            }
    }
}

extension PlatformRecord.Outcome {
    /// Not without a label: `Outcome(.success)` must stay the record's own.
    package init(as status: PlatformLog.Status) {
        switch status {
        case .success: self = .success
        case .timeout: self.init(PlatformRecord.Status.timeout)
        // AWS's own types of failure begin so.
        case .error(let type):
            self.init(type.hasPrefix("Sandbox.") ? PlatformRecord.Status.failure : .error, errorType: type)
        }
    }
}
