internal import LambdaCore
internal import Lifecycle

/// How large streamed responses may be, and how fast they may go.
extension StreamMachine.Settings {
    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        // Bytes a second, and bytes at once. Source: what the runtime emulator's shaper takes.
        let range = 32_768...67_108_864
        self.init(
            limit: try reader.number(
                "streamed_response_limit", or: Limits.streamedResponseBytes, range: 1_024...2_147_483_647, .reload))
        let rate = try reader.number("stream_rate", or: nil, range: range, word: "unlimited", .reload)
        let burst = try reader.number("stream_burst", or: Limits.streamedResponseBurst, range: range, .reload)
        self.shape = rate.map { StreamMachine.Shape(burst: burst, rate: $0) }
    }
}
