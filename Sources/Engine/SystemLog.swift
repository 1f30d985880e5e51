package import LambdaCore

/// What of the platform's records stands in a function's log, and how: as text lines, or as JSON from a level on.
///
/// Source: Lambda developer guide, "Log-level filtering", system logs; and lines recorded on AWS.
package struct SystemLog: Sendable, Equatable {
    package enum Level: UInt8, Sendable, Comparable {
        case debug
        case info
        case warn

        init?(name: String) {
            switch name {
            case "DEBUG": self = .debug
            case "INFO": self = .info
            case "WARN": self = .warn
            default: return nil
            }
        }

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// `nil` for text, which knows no levels.
    private let threshold: Level?

    package init(_ logging: FunctionRecord.Logging) {
        self.threshold = logging.format == "JSON" ? Level(name: logging.systemLevel ?? "INFO") ?? .info : nil
    }

    package var isJSON: Bool { self.threshold != nil }

    /// The events that `record` makes, in order; a text event may have a line break inside.
    package func events(of record: PlatformRecord, at time: WallTime) -> [[UInt8]] {
        guard let threshold = self.threshold else { return PlatformLog.lines(of: record).map { Array($0.utf8) } }
        guard let level = Self.level(of: record), level >= threshold else { return [] }
        return [record.event(at: time)]
    }

    /// `nil` for what only telemetry consumers are told.
    package static func level(of record: PlatformRecord) -> Level? {
        switch record {
        case .initStart(_, _, let instance), .restoreStart(let instance):
            instance.runtimeVersion == nil ? .debug : .info
        case .initRuntimeDone(_, _, let outcome, _), .restoreRuntimeDone(let outcome, _):
            outcome.status == .success ? .debug : .warn
        case .runtimeDone(let done): done.outcome.status == .success ? .debug : .warn
        case .initReport(let type, _, let outcome, _, _):
            outcome.status == .success ? (type == .onDemand ? .debug : .info) : .warn
        case .restoreReport(let outcome, _, _): outcome.status == .success ? .info : .warn
        case .report(let report): report.outcome.status == .success ? .info : .warn
        case .start, .telemetrySubscription, .logsSubscription: .info
        case .extension(_, _, _, let errorType): errorType == nil ? .info : .warn
        case .logsDropped: .warn
        case .end, .fault: nil
        }
    }
}
