internal import LambdaCore
internal import Lifecycle

/// How large streamed responses may be, and how fast they may go.
extension StreamMachine.Settings {
    static let keys: Set<String> = ["streamed_response_limit", "stream_rate", "stream_burst"]

    /// Bytes a second, and bytes at once. Source: what the runtime emulator's shaper takes.
    private static let rates = 32_768...67_108_864

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        self.init(
            limit: try reader.number(
                "streamed_response_limit", or: Limits.streamedResponseBytes, range: 1_024...Int(Int32.max)))
        let burst = try reader.number("stream_burst", or: Limits.streamedResponseBurst, range: Self.rates)
        guard reader.value("stream_rate") ?? "0" != "0" else { return }
        self.shape = StreamMachine.Shape(burst: burst, rate: try reader.number("stream_rate", or: 0, range: Self.rates))
    }
}
