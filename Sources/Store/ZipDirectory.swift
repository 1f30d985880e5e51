internal import LambdaCore

/// What a zip says of itself at its end: read before anything is written, to refuse early and in our own words.
///
/// libarchive is more forgiving than is good here: it takes a zip with something in front of it, cuts a name at a NUL
/// byte, takes a FIFO for a file, and believes the name in an entry's local header where the directory has another. It
/// still does the reading; this only refuses.
///
/// Source: PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16.
struct ZipDirectory {
    let entries: Int
    /// The sum of the sizes that it claims for its files.
    let unzippedBytes: Int

    private static let localHeader: UInt32 = 0x0403_4B50
    private static let directoryHeader: UInt32 = 0x0201_4B50
    private static let directoryEnd: UInt32 = 0x0605_4B50
    private static let directoryEnd64: UInt32 = 0x0606_4B50
    private static let directoryEnd64Locator: UInt32 = 0x0706_4B50
    /// Bit 0: encrypted. Bit 6: strong encryption. Bit 13: the directory is masked.
    private static let encryptionFlags: UInt16 = 0x2041
    private static let kindMask: UInt16 = 0o170000
    private static let fifo: UInt16 = 0o010000

    init(checking zip: [UInt8], limits: CodeLimits) throws(CodeError) {
        let bytes = LittleEndianBytes(zip)
        guard let end = Self.findEnd(in: bytes) else { throw .unreadable("there is no end of a zip's directory") }
        var count = Int(bytes.read16(end + 10))
        var size = Int(bytes.read32(end + 12))
        var offset = Int(bytes.read32(end + 16))
        if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
            guard let wide = Self.find64(before: end, in: bytes) else {
                throw .unreadable("the zip64 directory is missing")
            }
            (count, size, offset) = wide
        }
        guard count > 0 else { throw .unreadable("the zip has no entries") }
        guard bytes.read32(0) == Self.localHeader else { throw .unreadable("it does not begin with a zip's entry") }
        guard count <= limits.entries else { throw .tooManyEntries(limit: limits.entries) }
        guard offset >= 0, size >= 0, offset <= end, size <= end - offset else {
            throw .unreadable("the directory lies outside the zip")
        }
        let claimed = try Self.checkEntries(count: count, from: offset, to: offset + size, in: bytes)
        guard claimed <= limits.unzippedBytes else { throw .tooLargeUnzipped(limit: limits.unzippedBytes) }
        self.entries = count
        self.unzippedBytes = claimed
    }

    /// Walks the directory. Gives the sum of the sizes it claims; the true ones are counted again when they are known.
    private static func checkEntries(
        count: Int, from start: Int, to end: Int, in bytes: LittleEndianBytes
    ) throws(CodeError) -> Int {
        var position = start
        var claimed = 0
        for _ in 0..<count {
            guard position + 46 <= end, bytes.read32(position) == Self.directoryHeader else {
                throw .unreadable("the directory is broken")
            }
            let nameLength = Int(bytes.read16(position + 28))
            let next = position + 46 + nameLength + Int(bytes.read16(position + 30)) + Int(bytes.read16(position + 32))
            guard next <= end else { throw .unreadable("the directory is broken") }
            let name = bytes.slice(position + 46, nameLength)
            guard !name.contains(0) else {
                throw .unsafeEntry(name: String(decoding: name, as: UTF8.self), reason: "its name holds a NUL byte")
            }
            guard bytes.read16(position + 8) & Self.encryptionFlags == 0 else {
                throw .unreadable("an entry is encrypted")
            }
            // Where Unix made the entry, the upper half of the attributes is its mode. libarchive makes a FIFO a file.
            let isUnix = bytes.read16(position + 4) >> 8 == 3
            guard !isUnix || bytes.read16(position + 40) & Self.kindMask != Self.fifo else {
                throw .unsafeEntry(name: String(decoding: name, as: UTF8.self), reason: "it is a FIFO")
            }
            try Self.checkLocalHeader(at: Int(bytes.read32(position + 42)), name: name, in: bytes)
            let unzipped = bytes.read32(position + 24)
            claimed += unzipped == .max ? 0 : Int(unzipped)
            position = next
        }
        return claimed
    }

    private static func checkLocalHeader(
        at offset: Int, name: ArraySlice<UInt8>, in bytes: LittleEndianBytes
    ) throws(CodeError) {
        guard offset + 30 + name.count <= bytes.count, bytes.read32(offset) == Self.localHeader else {
            throw .unreadable("an entry is not where the directory says")
        }
        guard Int(bytes.read16(offset + 26)) == name.count, bytes.slice(offset + 30, name.count) == name else {
            throw .unreadable("an entry and the directory name different files")
        }
        guard bytes.read16(offset + 6) & Self.encryptionFlags == 0 else { throw .unreadable("an entry is encrypted") }
    }

    /// The last place that looks like the end of a directory and whose comment ends with the zip.
    private static func findEnd(in bytes: LittleEndianBytes) -> Int? {
        guard bytes.count >= 22 else { return nil }
        let last = bytes.count - 22
        return stride(from: last, through: max(0, last - 0xFFFF), by: -1).first { place in
            bytes.read32(place) == Self.directoryEnd && place + 22 + Int(bytes.read16(place + 20)) == bytes.count
        }
    }

    private static func find64(before end: Int, in bytes: LittleEndianBytes) -> (count: Int, size: Int, offset: Int)? {
        guard end >= 20, bytes.read32(end - 20) == Self.directoryEnd64Locator,
            let record = bytes.read64(end - 12), record + 56 <= end, bytes.read32(record) == Self.directoryEnd64,
            let count = bytes.read64(record + 32), let size = bytes.read64(record + 40),
            let offset = bytes.read64(record + 48)
        else { return nil }
        return (count, size, offset)
    }
}

/// Numbers out of bytes. A read that is not wholly inside gives 0, which is no signature and no offset of use.
private struct LittleEndianBytes {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var count: Int { self.bytes.count }

    func read16(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: self.number(offset, 2)) }
    func read32(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: self.number(offset, 4)) }

    /// `nil` where the number is larger than any zip here can be: the sums made of it then cannot overflow.
    func read64(_ offset: Int) -> Int? {
        let number = self.number(offset, 8)
        return number <= UInt64(Int32.max) ? Int(number) : nil
    }

    func slice(_ offset: Int, _ length: Int) -> ArraySlice<UInt8> { self.bytes[offset..<offset + length] }

    private func number(_ offset: Int, _ width: Int) -> UInt64 {
        guard offset >= 0, offset <= self.bytes.count - width else { return 0 }
        return (0..<width).reduce(0) { $0 | UInt64(self.bytes[offset + $1]) << UInt64(8 * $1) }
    }
}
