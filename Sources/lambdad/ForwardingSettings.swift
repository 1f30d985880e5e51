internal import LambdaCore

/// Whether lines of functions also go to the services endpoint, and how much of them may wait.
struct ForwardingSettings: Sendable, Equatable {
    let isOn: Bool
    /// Of lines that wait to be sent.
    let memoryBytes: Int
    /// How long a line waits for others to go with it.
    let interval: Duration

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        self.isOn = try reader.flag("forward_logs", or: false)
        self.memoryBytes = try reader.number("forward_logs_memory", or: 16, range: 1...4_096) * 1_048_576
        self.interval = .milliseconds(try reader.number("forward_logs_interval", or: 1_000, range: 0...60_000))
    }
}
