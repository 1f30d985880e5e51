import LambdaCore

/// Which function URL a request names, and the path that its function is to see.
///
/// Two forms: the host name `ID.lambda-url.REGION.DOMAIN`, whatever the domain is, and the path `/_lambdad/url/ID/…` for
/// clients that cannot resolve such names or set `Host`. Host names know no case, so ids are in lower case.
struct FunctionURLAddress: Sendable, Equatable {
    static let pathPrefix = "/_lambdad/url/"
    private static let label = "lambda-url."

    let id: String
    /// The host name without a port, in lower case; `nil` where the path named the URL.
    let hostName: String?
    /// As it was sent, percent-encoded, without what named the URL; never empty.
    let path: Substring

    /// Returns `nil` where the request is for something else. Every request is asked, so most are refused by one look.
    init?(host: String?, target: RequestTarget) {
        if let host, let name = FunctionURLAddress.name(in: host) {
            self.id = String(name.prefix { $0 != "." })
            self.hostName = name
            self.path = target.path.isEmpty ? "/" : target.path
            return
        }
        guard target.path.utf8.starts(with: FunctionURLAddress.pathPrefix.utf8) else { return nil }
        let rest = target.path.dropFirst(FunctionURLAddress.pathPrefix.count)
        let id = rest.prefix { $0 != "/" }
        guard !id.isEmpty else { return nil }
        self.id = id.lowercased()
        self.hostName = nil
        self.path = id.endIndex == rest.endIndex ? "/" : rest[id.endIndex...]
    }

    /// The region's label; `nil` where the path named the URL.
    var region: Substring? {
        self.hostName?.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(2).first
    }

    /// The host name in lower case without its port, if it is one of a function URL.
    private static func name(in host: String) -> String? {
        let bytes = host.utf8
        guard bytes.count > self.label.utf8.count + 3, let dot = bytes.firstIndex(of: 0x2E), dot > bytes.startIndex
        else {
            return nil
        }
        let rest = bytes[bytes.index(after: dot)...]
        // Setting this bit makes letters small and leaves the dot and the hyphen as they are.
        guard rest.lazy.map({ $0 | 0x20 }).starts(with: self.label.utf8) else { return nil }
        return HostPort(host).name.lowercased()
    }
}

/// The two parts of a `Host` header.
struct HostPort: Sendable, Equatable {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    let name: Substring
    let port: Substring?

    init(_ text: String) {
        let afterAddress = text.lastIndex(of: "]") ?? text.startIndex
        guard let colon = text[afterAddress...].lastIndex(of: ":") else {
            self.name = text[...]
            self.port = nil
            return
        }
        self.name = text[..<colon]
        self.port = text[text.index(after: colon)...]
    }

    /// Whether the name means the machine that says it.
    var isLoopback: Bool {
        let name = self.name.lowercased()
        return name == "localhost" || name.hasSuffix(".localhost") || name == "[::1]" || name.isEmpty
            || (name.hasPrefix("127.") && name.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2E })
    }
}

extension FunctionURLRecord {
    /// `FunctionUrl`, so written that whoever asks can call it as it stands.
    ///
    /// With the configured domain, or for callers on this machine with `localhost`, it is a host name as on AWS. A caller from
    /// elsewhere cannot resolve a name below the one that it has for this server, so it gets the form by path.
    ///
    /// - Parameter host: The `Host` header of the request that asks, for that is how the caller reaches this server.
    func text(host: String, domain: String?) -> String {
        let asked = HostPort(host)
        guard let domain = domain ?? (asked.isLoopback ? "localhost" : nil) else {
            return "http://\(host)\(FunctionURLAddress.pathPrefix)\(self.id)/"
        }
        return "http://\(self.hostName(domain: domain))\(asked.port.map { ":\($0)" } ?? "")/"
    }

    func hostName(domain: String) -> String { "\(self.id).lambda-url.\(self.function.region).\(domain)" }
}
