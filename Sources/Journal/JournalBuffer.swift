/// Journal entries in journald's native protocol, ready to be sent.
///
/// A field is `NAME=value\n`, or, where the value may hold a newline or any other byte, `NAME\n`, the value's length as a
/// little-endian 64-bit number, the value, `\n`. An empty line ends an entry; one datagram may hold several entries.
///
/// Source: systemd's "Native Journal Protocol".
package struct JournalBuffer: Sendable, Equatable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { self.bytes.isEmpty }
    package var count: Int { self.bytes.count }

    package mutating func removeAll() { self.bytes.removeAll(keepingCapacity: true) }

    /// A field whose value is text. The binary form is used only where the text holds a newline.
    ///
    /// - Parameter name: Upper-case letters, digits and `_`, first a letter; journald ignores fields named otherwise.
    package mutating func append(_ name: StaticString, _ value: String) {
        self.append(name: "\(name)", value)
    }

    package mutating func append(name: String, _ value: String) {
        if value.utf8.contains(newline) { return self.append(name: name, bytes: Array(value.utf8)) }
        self.bytes.append(contentsOf: name.utf8)
        self.bytes.append(equals)
        self.bytes.append(contentsOf: value.utf8)
        self.bytes.append(newline)
    }

    /// A field whose value may be any bytes.
    package mutating func append(name: String, bytes value: [UInt8]) {
        self.bytes.append(contentsOf: name.utf8)
        self.bytes.append(newline)
        let length = UInt64(value.count)
        for shift in stride(from: 0, to: 64, by: 8) { self.bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
        self.bytes.append(contentsOf: value)
        self.bytes.append(newline)
    }

    /// Fields that were encoded before.
    package mutating func append(prebuilt fields: [UInt8]) { self.bytes.append(contentsOf: fields) }

    package mutating func endEntry() { self.bytes.append(newline) }
}

private let newline: UInt8 = 0x0A
private let equals: UInt8 = 0x3D
