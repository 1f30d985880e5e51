/// Writes the fields of a packet: integers little-endian, strings with a 16-bit length before them.
struct PacketWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ value: some FixedWidthInteger & UnsignedInteger) {
        for index in 0..<(value.bitWidth / 8) { self.bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }

    /// Text beyond what the length can say is cut; whoever validates sees a wrong path, not a wrong packet.
    mutating func append(_ text: String) {
        let utf8 = Array(text.utf8.prefix(Int(UInt16.max)))
        self.append(UInt16(utf8.count))
        self.bytes.append(contentsOf: utf8)
    }

    mutating func append(_ text: String?) {
        self.append(UInt8(text == nil ? 0 : 1))
        if let text { self.append(text) }
    }
}

/// Reads what ``PacketWriter`` wrote. Every read may fail: the bytes come from another process.
struct PacketReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { self.position == self.bytes.count }

    mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(
        _ type: Value.Type = Value.self
    ) throws(PacketError) -> Value {
        let width = Value.bitWidth / 8
        guard self.bytes.count - self.position >= width else { throw .truncated }
        var value: Value = 0
        for index in 0..<width { value |= Value(self.bytes[self.position + index]) << (8 * index) }
        self.position += width
        return value
    }

    mutating func text() throws(PacketError) -> String {
        let length = Int(try self.integer(UInt16.self))
        guard self.bytes.count - self.position >= length else { throw .truncated }
        let slice = self.bytes[self.position..<(self.position + length)]
        self.position += length
        // A NUL would end the name for the kernel and not for the policy that was asked about it.
        guard !slice.contains(0), let text = String(validating: slice, as: UTF8.self) else { throw .notText }
        return text
    }

    mutating func optionalText() throws(PacketError) -> String? {
        switch try self.integer(UInt8.self) {
        case 0: return nil
        case 1: return try self.text()
        default: throw .outOfRange("a flag")
        }
    }
}

/// Why a packet is not of this protocol.
package enum PacketError: Error, Equatable, CustomStringConvertible {
    case truncated
    case trailing
    case notText
    case unknownVersion
    case unknownKind
    case outOfRange(String)

    package var description: String {
        switch self {
        case .truncated: "the packet ends too early"
        case .trailing: "the packet goes on after its end"
        case .notText: "a text holds NUL or is not UTF-8"
        case .unknownVersion: "the packet is of another version of the protocol"
        case .unknownKind: "the packet is of no known kind"
        case .outOfRange(let field): "\(field) is out of range"
        }
    }
}
