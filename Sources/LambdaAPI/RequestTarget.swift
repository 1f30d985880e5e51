import LambdaCore

/// The target of a request line, split once: the path as it was sent, and the query.
package struct RequestTarget: Sendable, Equatable {
    /// Still percent-encoded, as signatures and routes need it.
    package let path: Substring
    /// Still percent-encoded, without the question mark.
    package let query: Substring

    package init(uri: String) {
        if let mark = uri.utf8.firstIndex(of: 0x3F) {
            self.path = uri[..<mark]
            self.query = uri[uri.utf8.index(after: mark)...]
        } else {
            self.path = Substring(uri)
            self.query = ""
        }
    }

    /// The query's pairs, decoded; `nil` where an escape is broken.
    package var pairs: [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for part in self.query.split(separator: "&", omittingEmptySubsequences: true) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(sides[0], plusIsSpace: true),
                let value = PercentEncoding.decode(sides.count > 1 ? sides[1] : "", plusIsSpace: true)
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }
}
