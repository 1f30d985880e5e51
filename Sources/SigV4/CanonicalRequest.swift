/// Builds the canonical request of SigV4 as bytes.
///
/// Source: "Create a signed AWS API request" (IAM user guide), an encoded path is encoded again,
/// for every service but S3.
enum CanonicalRequest {
    /// - Parameters:
    ///   - path: As it was sent, still percent-encoded, without the query.
    ///   - query: As it was sent, without the question mark; a signature in it is left out.
    ///   - values: The values of a header by its lower-case name, in the order they were sent.
    ///   - keepsPath: S3 signs the path as it is sent: a key may hold what looks like a dot segment, and is encoded once.
    static func bytes(
        method: String, path: Substring, query: Substring, signedHeaders: [String], signedHeadersText: String,
        values: (String) -> [String], bodyHash: String, keepsPath: Bool = false
    ) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(512)
        out.append(contentsOf: method.utf8)
        out.append(newline)
        if keepsPath { out.append(contentsOf: path.utf8) } else { append(path: path, to: &out) }
        out.append(newline)
        append(query: query, to: &out)
        out.append(newline)
        for name in signedHeaders {
            out.append(contentsOf: name.utf8)
            out.append(0x3A)
            append(headerValues: values(name), to: &out)
            out.append(newline)
        }
        out.append(newline)
        out.append(contentsOf: signedHeadersText.utf8)
        out.append(newline)
        out.append(contentsOf: bodyHash.utf8)
        return out
    }

    private static let newline: UInt8 = 0x0A
    private static let slash: UInt8 = 0x2F
    private static let upperDigits = Array("0123456789ABCDEF".utf8)

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    private static func append(encoding byte: UInt8, to out: inout [UInt8]) {
        guard !isUnreserved(byte) else { return out.append(byte) }
        out.append(0x25)
        out.append(self.upperDigits[Int(byte >> 4)])
        out.append(self.upperDigits[Int(byte & 15)])
    }

    private static func append(path: Substring, to out: inout [UInt8]) {
        let path = Array(path.utf8)
        guard self.mayHoldDotsOrGaps(path) else {
            for byte in path { byte == self.slash ? out.append(byte) : append(encoding: byte, to: &out) }
            return
        }
        var kept: [ArraySlice<UInt8>] = []
        let segments = path.split(separator: self.slash, omittingEmptySubsequences: true)
        for segment in segments {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                _ = kept.popLast()
                continue
            }
            kept.append(segment)
        }
        for segment in kept {
            out.append(self.slash)
            for byte in segment { append(encoding: byte, to: &out) }
        }
        // A path that ends in a dot segment names a folder, as one that ends in a slash does.
        let endsInDots = segments.last.map { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) } ?? false
        if kept.isEmpty || path.last == self.slash || endsInDots { out.append(self.slash) }
    }

    /// Whether the path has to be taken apart: a segment may be empty, or begin with a dot, or it does not begin with a slash.
    private static func mayHoldDotsOrGaps(_ path: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for (index, byte) in path.enumerated() {
            if index == 0, byte != self.slash { return true }
            if previous == self.slash, byte == self.slash || byte == 0x2E { return true }
            previous = byte
        }
        return path.isEmpty
    }

    private static func append(query: Substring, to out: inout [UInt8]) {
        guard !query.isEmpty else { return }
        var pairs: [(name: [UInt8], value: [UInt8])] = []
        for pair in query.utf8.split(separator: 0x26, omittingEmptySubsequences: true) {
            let equals = pair.firstIndex(of: 0x3D)
            let name = recoded(pair[..<(equals ?? pair.endIndex)])
            if name.elementsEqual("X-Amz-Signature".utf8) { continue }
            pairs.append((name, equals.map { recoded(pair[pair.index(after: $0)...]) } ?? []))
        }
        pairs.sort {
            $0.name == $1.name
                ? $0.value.lexicographicallyPrecedes($1.value) : $0.name.lexicographicallyPrecedes($1.name)
        }
        for (index, pair) in pairs.enumerated() {
            if index > 0 { out.append(0x26) }
            out.append(contentsOf: pair.name)
            out.append(0x3D)
            out.append(contentsOf: pair.value)
        }
    }

    /// A query's part in the one spelling that is signed: decoded, and encoded anew. A broken escape is kept as text.
    private static func recoded(_ part: Substring.UTF8View) -> [UInt8] {
        var out: [UInt8] = []
        var rest = part
        while let byte = rest.popFirst() {
            if byte == 0x25, let value = hexPair(rest) {
                rest = rest.dropFirst(2)
                append(encoding: value, to: &out)
            } else if byte == 0x2B {
                out.append(contentsOf: "%20".utf8)
            } else {
                append(encoding: byte, to: &out)
            }
        }
        return out
    }

    private static func hexPair(_ bytes: Substring.UTF8View) -> UInt8? {
        let pair = bytes.prefix(2)
        guard pair.count == 2,
            pair.allSatisfy({ ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) || ($0 >= 0x30 && $0 <= 0x39) })
        else { return nil }
        return UInt8(Substring(pair), radix: 16)
    }

    /// Trimmed, inner runs of blanks collapsed, several values joined with a comma.
    private static func append(headerValues values: [String], to out: inout [UInt8]) {
        for (index, value) in values.enumerated() {
            if index > 0 { out.append(0x2C) }
            var pendingBlank = false
            var started = false
            for byte in value.utf8 {
                if byte == 0x20 || byte == 0x09 {
                    pendingBlank = started
                    continue
                }
                if pendingBlank { out.append(0x20) }
                pendingBlank = false
                started = true
                out.append(byte)
            }
        }
    }
}
