/// Builds zips byte by byte, right ones and every kind of wrong one.
///
/// Source: PKWARE's APPNOTE 6.3, section 4.3.
struct ZipBuilder {
    struct Entry {
        var name: [UInt8]
        var data: [UInt8] = []
        /// Type and permission bits, as Unix has them; 0 for a zip that was made elsewhere.
        var mode: UInt32 = 0o100644
        var method = Method.stored
        /// Where given, what the local header is to claim instead.
        var localName: [UInt8]?
        var flags: UInt16 = 0
        var checksum: UInt32?
        var claimedSize: UInt32?
        /// Seconds since 1970, in an extended timestamp field.
        var modified: UInt32?
    }

    enum Method {
        case stored
        /// A deflate stream of one block that is stored.
        case deflated
        /// The data is a deflate stream already.
        case raw
    }

    var entries: [Entry] = []
    var comment: [UInt8] = []
    /// Where given, what the end record is to claim.
    var claimedCount: UInt16?

    func adding(
        _ name: String, _ text: String = "", mode: UInt32 = 0o100644, change: (inout Entry) -> Void = { _ in }
    ) -> ZipBuilder {
        var entry = Entry(name: Array(name.utf8), data: Array(text.utf8), mode: mode)
        change(&entry)
        var copy = self
        copy.entries.append(entry)
        return copy
    }

    func link(_ name: String, to target: String) -> ZipBuilder { self.adding(name, target, mode: 0o120777) }

    var bytes: [UInt8] {
        var out: [UInt8] = []
        var directory: [UInt8] = []
        for entry in self.entries {
            let offset = UInt32(out.count)
            let stored = Self.compressed(entry)
            let extra = Self.extra(entry)
            let common =
                number(entry.flags) + number(entry.method == .stored ? 0 : 8 as UInt16) + number(0 as UInt16)
                + number(0x21 as UInt16) + number(entry.checksum ?? CRC32.of(entry.data))
                + number(UInt32(stored.count)) + number(entry.claimedSize ?? UInt32(entry.data.count))
            let localName = entry.localName ?? entry.name
            out += number(0x0403_4B50 as UInt32) + number(20 as UInt16) + common + number(UInt16(localName.count))
            out += number(UInt16(extra.count)) + localName + extra + stored
            directory += number(0x0201_4B50 as UInt32) + number((entry.mode == 0 ? 20 : 0x314) as UInt16)
            directory += number(20 as UInt16) + common + number(UInt16(entry.name.count))
            directory += number(UInt16(extra.count)) + number(0 as UInt16) + number(0 as UInt16) + number(0 as UInt16)
            directory += number(entry.mode << 16) + number(offset) + entry.name + extra
        }
        let count = self.claimedCount ?? UInt16(truncatingIfNeeded: self.entries.count)
        let start = UInt32(out.count)
        return out + directory + number(0x0605_4B50 as UInt32) + number(0 as UInt32) + number(count) + number(count)
            + number(UInt32(directory.count)) + number(start) + number(UInt16(self.comment.count)) + self.comment
    }

    private static func compressed(_ entry: Entry) -> [UInt8] {
        switch entry.method {
        case .stored, .raw: return entry.data
        case .deflated:
            let length = UInt16(entry.data.count)
            return [1] + number(length) + number(~length) + entry.data
        }
    }

    private static func extra(_ entry: Entry) -> [UInt8] {
        guard let modified = entry.modified else { return [] }
        return number(0x5455 as UInt16) + number(5 as UInt16) + [1] + number(modified)
    }
}

/// A deflate stream of zero bytes, 258 of them in 13 bits.
struct ZeroBomb {
    private var out: [UInt8] = []
    private var pending: UInt32 = 0
    private var width = 0

    /// - Parameter bytes: Rounded up to a multiple of 258, and one.
    static func stream(bytes: Int) -> [UInt8] {
        var bomb = ZeroBomb()
        bomb.put(0b011, 3)  // The last block, with the fixed codes.
        bomb.put(0b0000_1100, 8)  // The literal 0: code 0x30, first bit first.
        for _ in 0..<(bytes + 257) / 258 {
            bomb.put(0b1010_0011, 8)  // Length 258: code 285, which is 0b11000101 the other way round.
            bomb.put(0, 5)  // One byte back.
        }
        bomb.put(0, 7)
        bomb.put(0, 7)
        return bomb.out
    }

    private mutating func put(_ bits: UInt32, _ count: Int) {
        self.pending |= bits << UInt32(self.width)
        self.width += count
        while self.width >= 8 {
            self.out.append(UInt8(truncatingIfNeeded: self.pending))
            self.pending >>= 8
            self.width -= 8
        }
    }
}

private enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { value, byte in table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value >> 8 }
    }
}

private func number<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Number($0 * 8)) }
}
