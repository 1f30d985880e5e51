/// One message of `application/vnd.amazon.eventstream`: a prelude with two lengths and their checksum, headers, a payload,
/// and a checksum over all of it. Integers are big-endian, checksums CRC-32 as zlib's.
enum EventStreamFrame {
    /// Bytes of the prelude with its checksum, and of the checksum at the end.
    private static let overhead = 16
    private static let stringType: UInt8 = 7

    /// - Parameter headers: Names of at most 255 bytes and texts of at most 65,535.
    static func bytes(headers: [(name: String, value: String)], payload: [UInt8]) -> [UInt8] {
        var frame = self.head(headers: self.encoded(headers), payloadCount: payload.count)
        frame.append(contentsOf: payload)
        frame.append(contentsOf: self.bigEndian(CRC32.checksum(of: frame)))
        return frame
    }

    /// The prelude and the headers of a message whose payload follows, and then its checksum.
    static func head(headers: [UInt8], payloadCount: Int) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(12 + headers.count)
        frame.append(
            contentsOf: self.bigEndian(UInt32(truncatingIfNeeded: self.overhead + headers.count + payloadCount)))
        frame.append(contentsOf: self.bigEndian(UInt32(truncatingIfNeeded: headers.count)))
        frame.append(contentsOf: self.bigEndian(CRC32.checksum(of: frame)))
        frame.append(contentsOf: headers)
        return frame
    }

    static func encoded(_ headers: [(name: String, value: String)]) -> [UInt8] {
        var encoded: [UInt8] = []
        for header in headers {
            encoded.append(UInt8(truncatingIfNeeded: header.name.utf8.count))
            encoded.append(contentsOf: header.name.utf8)
            encoded.append(self.stringType)
            encoded.append(contentsOf: self.bigEndian(UInt16(truncatingIfNeeded: header.value.utf8.count)))
            encoded.append(contentsOf: header.value.utf8)
        }
        return encoded
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        (0..<number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}

/// CRC-32 of IEEE 802.3, as zlib and Ethernet have it; takes eight bytes at a time, for it runs over all that is streamed.
struct CRC32 {
    /// Eight tables of 256: the n-th is for a byte that n zeros follow.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        for index in 0..<256 {
            var entry = UInt32(index)
            for _ in 0..<8 { entry = entry & 1 == 1 ? 0xEDB8_8320 ^ (entry >> 1) : entry >> 1 }
            tables.append(entry)
        }
        for index in 256..<2_048 {
            let before = tables[index - 256]
            tables.append(tables[Int(before & 0xFF)] ^ (before >> 8))
        }
        return tables
    }()

    private var state = ~UInt32(0)

    var value: UInt32 { ~self.state }

    mutating func take(_ bytes: Span<UInt8>) {
        let tables = Self.tables.span
        func entry(_ table: Int, _ value: UInt32) -> UInt32 { tables[table << 8 | Int(value & 0xFF)] }
        var state = self.state
        var index = 0
        while index &+ 8 <= bytes.count {
            let block = bytes.extracting(index..<(index &+ 8))
            var low = UInt32(block[0]) | UInt32(block[1]) << 8
            low |= UInt32(block[2]) << 16 | UInt32(block[3]) << 24
            var high = UInt32(block[4]) | UInt32(block[5]) << 8
            high |= UInt32(block[6]) << 16 | UInt32(block[7]) << 24
            let mixed = low ^ state
            state = entry(7, mixed) ^ entry(6, mixed >> 8)
            state ^= entry(5, mixed >> 16) ^ entry(4, mixed >> 24)
            state ^= entry(3, high) ^ entry(2, high >> 8)
            state ^= entry(1, high >> 16) ^ entry(0, high >> 24)
            index &+= 8
        }
        while index < bytes.count {
            state = entry(0, state ^ UInt32(bytes[index])) ^ (state >> 8)
            index &+= 1
        }
        self.state = state
    }

    static func checksum(of bytes: [UInt8]) -> UInt32 {
        var checksum = CRC32()
        checksum.take(bytes.span)
        return checksum.value
    }
}
