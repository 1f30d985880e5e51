/// Encodes records as the JSON that ``RecordDecoder`` reads, straight into bytes.
///
/// A creation stores three records before its answer; Foundation's general encoder, which builds a tree first, took a tenth
/// of its time. Keeps no coding path, since no error shows one.
package struct RecordEncoder: Encoder {
    private let output: RecordOutput

    package var codingPath: [any CodingKey] { [] }
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// - Throws: ``RecordError`` for a number that JSON does not have, or what the type's own method throws.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let output = RecordOutput()
        try output.write(value)
        return output.bytes
    }

    init(output: RecordOutput) { self.output = output }

    package func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(RecordMembers<Key>(output: self.output))
    }

    package func unkeyedContainer() -> any UnkeyedEncodingContainer { RecordElements(output: self.output) }

    package func singleValueContainer() -> any SingleValueEncodingContainer { RecordValue(output: self.output) }
}

/// What is written, and the brackets that are open. A container does not say that it is complete: it is so when the value
/// that made it is, or when something is written to one further out.
final class RecordOutput {
    private var writer = JSONWriter(capacity: 1_024)
    /// Whether each open bracket is an object's.
    private var open: [Bool] = []

    var bytes: [UInt8] { self.writer.bytes }

    /// Gives the container's depth, by which it writes.
    func begin(isObject: Bool) -> Int {
        if isObject { self.writer.beginObject() } else { self.writer.beginArray() }
        self.open.append(isObject)
        return self.open.count
    }

    func close(to depth: Int) {
        while self.open.count > depth, let isObject = self.open.popLast() {
            if isObject { self.writer.endObject() } else { self.writer.endArray() }
        }
    }

    /// The name of a member of the object at `depth`.
    func key(_ key: some CodingKey, at depth: Int) {
        self.close(to: depth)
        self.writer.name(key.stringValue)
    }

    func null() { self.writer.null() }
    func write(flag: Bool) { self.writer.value(flag) }
    func write(text: String) { self.writer.value(text) }
    func write(integer number: some FixedWidthInteger) { self.writer.number(String(number)) }

    func write(real number: some BinaryFloatingPoint & CustomStringConvertible) throws {
        guard number.isFinite else { throw RecordError.unwritable }
        self.writer.number(number.description)
    }

    func write(_ value: some Encodable) throws {
        let depth = self.open.count
        let length = self.writer.bytes.count
        try value.encode(to: RecordEncoder(output: self))
        self.close(to: depth)
        // A type without any stored member asks for no container.
        if self.writer.bytes.count == length {
            self.writer.beginObject()
            self.writer.endObject()
        }
    }
}
