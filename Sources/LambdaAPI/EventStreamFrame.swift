/// One message of `application/vnd.amazon.eventstream`: a prelude with two lengths and their checksum, headers, a payload,
/// and a checksum over all of it. Integers are big-endian, checksums CRC-32 as zlib's.
enum EventStreamFrame {
    /// Bytes of the prelude with its checksum, and of the checksum at the end.
    private static let overhead = 16
    private static let stringType: UInt8 = 7

    /// - Parameter headers: Names of at most 255 bytes and texts of at most 65,535.
    static func bytes(headers: [(name: String, value: String)], payload: some Collection<UInt8>) -> [UInt8] {
        var encoded: [UInt8] = []
        for header in headers {
            encoded.append(UInt8(truncatingIfNeeded: header.name.utf8.count))
            encoded.append(contentsOf: header.name.utf8)
            encoded.append(self.stringType)
            encoded.append(contentsOf: self.bigEndian(UInt16(truncatingIfNeeded: header.value.utf8.count)))
            encoded.append(contentsOf: header.value.utf8)
        }
        var frame: [UInt8] = []
        let length = self.overhead + encoded.count + payload.count
        frame.reserveCapacity(length)
        frame.append(contentsOf: self.bigEndian(UInt32(truncatingIfNeeded: length)))
        frame.append(contentsOf: self.bigEndian(UInt32(truncatingIfNeeded: encoded.count)))
        frame.append(contentsOf: self.bigEndian(CRC32.checksum(of: frame)))
        frame.append(contentsOf: encoded)
        frame.append(contentsOf: payload)
        frame.append(contentsOf: self.bigEndian(CRC32.checksum(of: frame)))
        return frame
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        (0..<number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}

/// CRC-32 of IEEE 802.3, as zlib and Ethernet have it.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func checksum(of bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { self.table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
    }
}
