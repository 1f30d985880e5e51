internal import Journal
internal import LambdaCore

/// Settings of how much reading of logs may cost.
struct LogReadSettings: Sendable, Equatable {
    let bounds: JournalReadBounds
    /// Live tails of an account in one region at one time.
    let liveTails: Int

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        self.bounds = JournalReadBounds(
            lines: try reader.number("log_read_lines", or: Limits.logLinesPerRequest, range: 100...100_000_000),
            time: .milliseconds(
                try reader.number(
                    "log_read_time", or: Int(Limits.logReadTime.nanoseconds / 1_000_000), range: 10...60_000)),
            waiting: try reader.number("log_read_queue", or: Limits.waitingLogReads, range: 1...65_536))
        self.liveTails = try reader.number("live_tails", or: Limits.liveTailSessions, range: 0...1_000)
    }
}
