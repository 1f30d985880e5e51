/// The parts of an X-Ray header: `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0|1>;Lineage=…`.
///
/// Source: X-Ray developer guide, "Tracing header".
package struct TraceContext: Sendable, Equatable {
    /// Longer headers are no trace; AWS names no limit.
    private static let longest = 1_024
    private static let rootLength = 35
    private static let segmentLength = 16

    package var root: String?
    /// The segment that called.
    package var parent: String?
    /// `nil` where nobody has decided, or the receiver is asked to.
    package var isSampled: Bool?
    package var lineage: Lineage?
    /// Other parts as they were given.
    package var others: [String] = []

    package init(root: String? = nil, parent: String? = nil, isSampled: Bool? = nil, lineage: Lineage? = nil) {
        self.root = root
        self.parent = parent
        self.isSampled = isSampled
        self.lineage = lineage
    }

    /// Returns `nil` where a part is no `key=value`, or a known key has an impossible value. A lineage of an unknown form
    /// is left out: it could not be counted on.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        for part in text.split(separator: ";", omittingEmptySubsequences: true) {
            let trimmed = part.drop { $0 == " " }
            guard let equals = trimmed.utf8.firstIndex(of: 0x3D) else { return nil }
            let value = trimmed[trimmed.utf8.index(after: equals)...]
            switch trimmed[..<equals] {
            case "Root":
                guard value.utf8.count == Self.rootLength, value.utf8.allSatisfy({ Self.isHex($0) || $0 == 0x2D })
                else { return nil }
                self.root = String(value)
            case "Parent":
                guard value.utf8.count == Self.segmentLength, value.utf8.allSatisfy(Self.isHex) else { return nil }
                self.parent = String(value)
            case "Sampled":
                guard value == "0" || value == "1" || value == "?" else { return nil }
                self.isSampled = value == "?" ? nil : value == "1"
            case "Lineage": self.lineage = Lineage(value)
            default: self.others.append(String(trimmed))
            }
        }
    }

    package var text: String {
        var text = ""
        text.reserveCapacity(96)
        func append(_ key: String, _ value: String?) {
            guard let value else { return }
            if !text.isEmpty { text += ";" }
            text += key
            text += value
        }
        append("Root=", self.root)
        append("Parent=", self.parent)
        append("Sampled=", self.isSampled.map { $0 ? "1" : "0" })
        append("Lineage=", self.lineage?.text)
        for other in self.others { append("", other) }
        return text
    }

    /// The id of the first segment of a trace that begins here. Made from the trace's id, so that whoever has only the
    /// header can tell that nobody called: see ``beginsHere``.
    package static func firstSegment(of root: String) -> String { String(root.suffix(self.segmentLength)) }

    /// Whether ``parent`` is no caller, but the first segment of the trace.
    package var beginsHere: Bool {
        guard let root = self.root, let parent = self.parent else { return true }
        return parent == Self.firstSegment(of: root)
    }

    package static func newRoot(_ now: WallTime) -> String {
        var generator = IdentifierRandom()
        let (high, low) = (generator.next(), UInt32(truncatingIfNeeded: generator.next()))
        let seconds = UInt32(truncatingIfNeeded: now.milliseconds / 1_000)
        return "1-\(FixedHex.text(UInt64(seconds), digits: 8))-"
            + "\(FixedHex.text(high, digits: 16))\(FixedHex.text(UInt64(low), digits: 8))"
    }

    package static func newSegment() -> String {
        var generator = IdentifierRandom()
        return FixedHex.text(generator.next(), digits: self.segmentLength)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66)
    }
}

/// Lower-case hex of a fixed width.
package enum FixedHex {
    package static func text(_ number: UInt64, digits: Int) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits)
        for place in (0..<digits).reversed() { bytes.append(Hexadecimal.digit(number >> UInt64(place * 4))) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
