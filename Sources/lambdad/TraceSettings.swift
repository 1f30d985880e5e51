internal import LambdaCore

/// Where traces go, and how many.
struct TraceSettings: Sendable, Equatable {
    struct Address: Sendable, Equatable {
        let host: String
        let port: Int
    }

    private static let usualPort = 2_000

    /// `nil` where traces go nowhere.
    let daemon: Address?
    let sampling: TraceSampling.Rate

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        let standard = TraceSampling.Rate()
        self.sampling = TraceSampling.Rate(
            requestsPerSecond: try reader.number(
                "trace_requests_per_second", or: standard.requestsPerSecond, range: 0...1_000_000),
            percent: try reader.number("trace_percent", or: standard.percent, range: 0...100))
        let text = try reader.text("xray_daemon")
        guard !text.isEmpty else {
            self.daemon = nil
            return
        }
        guard let address = Self.address(text) else {
            throw Configuration.ConfigurationError(
                description: "xray_daemon = \(text): expected a host, or a host and a port with a colon between")
        }
        self.daemon = address
    }

    /// `host`, `host:port` or `[IPv6 address]:port`.
    private static func address(_ text: String) -> Address? {
        var (host, port) = (text[...], self.usualPort)
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
            (host, port) = (text[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let isHost = !host.isEmpty && !host.contains { $0 == "/" || $0 == " " || $0 == "[" || $0 == "]" }
        return isHost ? Address(host: String(host), port: port) : nil
    }
}
