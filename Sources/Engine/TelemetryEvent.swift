package import LambdaCore

/// One thing that happened in an environment, for whoever subscribed.
package struct TelemetryEvent: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case platform(PlatformRecord)
        /// A line without its end.
        case function([UInt8])
        case `extension`([UInt8])
    }

    package let time: WallTime
    package let content: Content
    /// The function logs in JSON: its lines may be given as objects.
    package let isJSONLog: Bool

    package init(time: WallTime, content: Content, isJSONLog: Bool = false) {
        self.time = time
        self.content = content
        self.isJSONLog = isJSONLog
    }

    /// Bytes that it takes to keep it.
    package var size: Int {
        switch self.content {
        case .platform: 256
        case .function(let line), .extension(let line): line.count + 64
        }
    }

    /// The event as `subscription` gets it, or `nil` where it did not ask for such.
    package func json(for subscription: TelemetrySubscription) -> [UInt8]? {
        switch self.content {
        case .platform(let record):
            guard subscription.types.contains(.platform) else { return nil }
            switch subscription.api {
            case .telemetry: return record.isOfLogsAPIOnly ? nil : record.event(at: self.time)
            case .logs: return record.logsEvent(at: self.time, schema: subscription.schemaVersion)
            }
        case .function(let line):
            guard subscription.types.contains(.function) else { return nil }
            return self.event("function", line, asObject: subscription.givesObjects)
        case .extension(let line):
            guard subscription.types.contains(.extension) else { return nil }
            return self.event("extension", line, asObject: subscription.givesObjects)
        }
    }

    private func event(_ type: String, _ line: [UInt8], asObject: Bool) -> [UInt8] {
        var json = JSONWriter(capacity: line.count + 96)
        json.beginObject()
        json.member("time", self.time.isoText)
        json.member("type", type)
        json.key("record")
        if asObject, self.isJSONLog, (try? JSONValue.parse(line).objectValue) != nil {
            json.value(raw: line)
        } else {
            // Bytes that are not UTF-8 become U+FFFD: JSON has no other form for them.
            json.value(String(decoding: line, as: UTF8.self))
        }
        json.endObject()
        return json.bytes
    }
}

extension PlatformRecord {
    package var isOfLogsAPIOnly: Bool {
        switch self {
        case .end, .fault, .logsSubscription: true
        case .initStart, .initRuntimeDone, .initReport, .start, .runtimeDone, .report, .restoreStart,
            .restoreRuntimeDone, .restoreReport, .extension, .telemetrySubscription, .logsDropped:
            false
        }
    }

    /// The event in the smaller form of the Logs API; `nil` where that has no such event.
    ///
    /// Source: Lambda developer guide, "Using the Lambda Logs API", log format.
    package func logsEvent(at time: WallTime, schema: String) -> [UInt8]? {
        switch self {
        case .start(var start):
            start.tenantID = nil
            start.functionARN = nil
            start.tracing = nil
            return PlatformRecord.start(start).event(at: time)
        case .runtimeDone(let done):
            guard schema >= "2021-03-18" else { return nil }
            return Self.plainEvent("platform.runtimeDone", at: time) { json in
                json.member("requestId", done.requestID.text)
                json.member("status", done.outcome.status == .error ? "failure" : done.outcome.status.rawValue)
            }
        case .report(let report):
            return Self.plainEvent("platform.report", at: time) { json in
                json.member("requestId", report.requestID.text)
                json.write(report.metrics)
            }
        case .extension, .logsSubscription, .logsDropped, .end, .fault:
            return self.event(at: time)
        case .initStart, .initRuntimeDone, .initReport, .restoreStart, .restoreRuntimeDone, .restoreReport,
            .telemetrySubscription:
            return nil
        }
    }

    private static func plainEvent(
        _ type: String, at time: WallTime, _ members: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.member("time", time.isoText)
        json.member("type", type)
        json.object("record", members)
        json.endObject()
        return json.bytes
    }
}
