internal import LambdaCore

/// How much of the machine environments may have.
struct CapacitySettings: Sendable, Equatable {
    /// Environments at one time.
    let environments: Int
    /// Starts of environments at one time.
    let starts: Int

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        self.environments = try reader.number(
            "max_environments", or: Limits.concurrentExecutions, range: 1...16_384, .reload)
        self.starts = try reader.number("concurrent_starts", or: Limits.concurrentStarts, range: 1...256)
    }
}

extension PayloadLimits {
    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        // A gigabyte: bodies are held in memory.
        let range = 1...1_073_741_824
        self.init(
            synchronous: try reader.number("payload_limit", or: Limits.synchronousPayloadBytes, range: range),
            event: try reader.number("async_payload_limit", or: Limits.eventPayloadBytes, range: range),
            response: try reader.number(
                "response_payload_limit", or: Limits.responsePayloadBytes, range: range, .reload))
    }
}
