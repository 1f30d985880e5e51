/// Where traces go.
struct TraceSettings: Sendable, Equatable {
    static let keys: Set<String> = ["xray_daemon"]

    struct Address: Sendable, Equatable {
        let host: String
        let port: Int
    }

    private static let usualPort = 2_000

    /// `nil` where traces go nowhere.
    let daemon: Address?

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        guard let text = reader.value("xray_daemon"), !text.isEmpty else {
            self.daemon = nil
            return
        }
        self.daemon = try reader.parsed("xray_daemon", or: Address(host: "", port: 0)) { Self.address($0) }
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

    func restartOnlyDifferences(from other: TraceSettings) -> [String] { self == other ? [] : ["xray_daemon"] }
}
