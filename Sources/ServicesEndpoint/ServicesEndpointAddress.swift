/// Where the configured AWS-compatible server listens: `http://host` or `http://host:port`, with or without a slash at
/// the end.
package struct ServicesEndpointAddress: Sendable, Equatable, CustomStringConvertible {
    /// Why a text is no such address, in a sentence for the operator.
    package struct ParseError: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// A name or an address; an IPv6 address is without its brackets.
    package let host: String
    /// 1 through 65,535.
    package let port: Int

    package init(parsing text: String) throws(ParseError) {
        func refuse(_ reason: String) -> ParseError {
            ParseError(description: "the services endpoint '\(text)' \(reason)")
        }
        let lowered = text.lowercased()
        guard !lowered.hasPrefix("https://") else {
            throw refuse("asks for TLS, which is not available: use http, on a network that you trust")
        }
        guard lowered.hasPrefix("http://") else { throw refuse("must begin with http://") }
        var authority = text.dropFirst("http://".count)
        if authority.hasSuffix("/") { authority.removeLast() }
        guard !authority.contains("/"), !authority.contains("?"), !authority.contains("#") else {
            throw refuse("must not have a path")
        }
        guard !authority.contains("@") else { throw refuse("must not hold a user name") }
        guard let (host, port) = Self.split(authority) else { throw refuse("must be http://host or http://host:port") }
        guard Self.isHost(host) else { throw refuse("has no valid host name") }
        guard let number = port.isEmpty ? 80 : Self.number(port), (1...65_535).contains(number) else {
            throw refuse("has no valid port")
        }
        self.host = String(host)
        self.port = number
    }

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Host and port as they are written in a URL and in the `Host` header.
    package var authority: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
    package var description: String { "http://\(self.authority)" }

    /// The port is empty where none is given.
    private static func split(_ authority: Substring) -> (host: Substring, port: Substring)? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard host.contains(":") else { return nil }
            if rest.isEmpty { return (host, "") }
            return rest.hasPrefix(":") && rest.count > 1 ? (host, rest.dropFirst()) : nil
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return (parts[0], "")
        case 2: return parts[1].isEmpty ? nil : (parts[0], parts[1])
        default: return nil
        }
    }

    private static func isHost(_ host: Substring) -> Bool {
        let isIPv6 = host.contains(":")
        return !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."):
                    true
                case UInt8(ascii: "-"), UInt8(ascii: "_"): !isIPv6
                case UInt8(ascii: ":"): isIPv6
                default: false
                }
            }
    }

    /// Digits only: `Int` would take a sign as well.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}
