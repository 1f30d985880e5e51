internal import Journal
internal import LambdaCore
internal import Logging
internal import LogsAPI

/// Where the lines of functions go, and where the logs API finds them again.
extension Daemon {
    func functionLogs(
        _ destination: LogDestination, _ logger: Logger
    ) throws -> (log: any FunctionLog, reader: any FunctionLogReader) {
        let log = try destination.functionLog { entries in
            logger.error("log lines of functions were lost", metadata: ["count": "\(entries)"])
        }
        switch destination {
        case .journal: return (log, try JournalLogReader())
        case .standardError:
            let lines = RecentLines(maximumBytes: self.configuration.logMemoryBytes, start: self.time.wallTime)
            return (RecordingFunctionLog(log) { lines.append($0) }, lines)
        }
    }
}
