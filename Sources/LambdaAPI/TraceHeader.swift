import LambdaCore

/// The X-Ray header of an invocation: `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0|1>`.
enum TraceHeader {
    /// Longer headers are no trace; AWS names no limit.
    private static let longest = 1_024

    /// The caller's header with the parts that it lacks; a new trace where the caller gave none.
    ///
    /// Source: Runtime API, `Lambda-Runtime-Trace-Id`: an actively traced function gets a segment of its own as parent.
    static func complete(_ given: String?, active: Bool, now: WallTime) -> String {
        guard let given, given.utf8.count <= self.longest, let parts = parts(of: given) else {
            return "Root=\(newRoot(now));Parent=\(newSegment());Sampled=0"
        }
        let parent = active ? newSegment() : parts.parent.map { String($0) } ?? newSegment()
        let root = parts.root.map { String($0) } ?? newRoot(now)
        var text = "Root=\(root);Parent=\(parent);Sampled=\(parts.sampled ?? "0")"
        for other in parts.others {
            text += ";"
            text += other
        }
        return text
    }

    private struct Parts {
        var root: Substring?
        var parent: Substring?
        var sampled: Substring?
        var others: [Substring] = []
    }

    /// Returns `nil` where a part is no `key=value`, or a known key has an impossible value.
    private static func parts(of text: String) -> Parts? {
        var parts = Parts()
        for part in text.split(separator: ";", omittingEmptySubsequences: true) {
            let trimmed = part.drop { $0 == " " }
            guard let equals = trimmed.utf8.firstIndex(of: 0x3D) else { return nil }
            let value = trimmed[trimmed.utf8.index(after: equals)...]
            switch trimmed[..<equals] {
            case "Root":
                guard value.utf8.allSatisfy({ isHex($0) || $0 == 0x2D }), value.utf8.count == 35 else { return nil }
                parts.root = value
            case "Parent":
                guard value.utf8.allSatisfy(isHex), value.utf8.count == 16 else { return nil }
                parts.parent = value
            case "Sampled":
                // `?` asks the receiver to decide; nothing here samples.
                parts.sampled = value == "?" ? "0" : value
                guard value == "0" || value == "1" || value == "?" else { return nil }
            default:
                parts.others.append(trimmed)
            }
        }
        return parts
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66)
    }

    private static func newRoot(_ now: WallTime) -> String {
        var generator = IdentifierRandom()
        let (high, low) = (generator.next(), UInt32(truncatingIfNeeded: generator.next()))
        let seconds = UInt32(truncatingIfNeeded: now.milliseconds / 1_000)
        return "1-\(FixedHex.text(UInt64(seconds), digits: 8))-"
            + "\(FixedHex.text(high, digits: 16))\(FixedHex.text(UInt64(low), digits: 8))"
    }

    private static func newSegment() -> String {
        var generator = IdentifierRandom()
        return FixedHex.text(generator.next(), digits: 16)
    }
}

/// Lower-case hex of a fixed width.
enum FixedHex {
    static func text(_ number: UInt64, digits: Int) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits)
        for place in (0..<digits).reversed() { bytes.append(Hexadecimal.digit(number >> UInt64(place * 4))) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
