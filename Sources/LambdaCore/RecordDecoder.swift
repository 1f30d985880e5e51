/// Why a record was not decoded or encoded. Says nothing of what is in it: records hold environment values.
package enum RecordError: Error, Equatable {
    case unreadable
    /// It holds a number that is none, or infinite.
    case unwritable
}

/// Decodes stored records from the JSON that any encoder of the standard library's protocols writes.
///
/// A start reads the whole store: 10,000 functions take this 0.17 s, and the general decoder of Foundation 0.37 s. Keeps no
/// coding path, since no error shows one.
package struct RecordDecoder: Decoder {
    private let text: RecordText
    private let place: Int

    package var codingPath: [any CodingKey] { [] }
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// - Throws: ``RecordError``, or what the type's own initialiser throws.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        guard let text = try? RecordText(bytes) else { throw RecordError.unreadable }
        return try type.init(from: RecordDecoder(text: text, place: 0))
    }

    init(text: RecordText, place: Int) {
        self.text = text
        self.place = place
    }

    package func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try RecordObject<Key>(text: self.text, place: self.place))
    }

    package func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try RecordArray(text: self.text, place: self.place)
    }

    package func singleValueContainer() throws -> any SingleValueDecodingContainer { self }
}

extension RecordDecoder: SingleValueDecodingContainer {
    private var node: RecordText.Node { self.text.nodes[self.place] }

    package func decodeNil() -> Bool { self.node.kind == .null }

    package func decode(_ type: Bool.Type) throws -> Bool {
        switch self.node.kind {
        case .true: true
        case .false: false
        case .object, .array, .name, .string, .number, .null: throw RecordError.unreadable
        }
    }

    package func decode(_ type: String.Type) throws -> String {
        guard self.node.kind == .string else { throw RecordError.unreadable }
        return self.text.text(self.node)
    }

    package func decode(_ type: Double.Type) throws -> Double { try self.number { Double($0) } }
    package func decode(_ type: Float.Type) throws -> Float { try self.number { Float($0) } }
    package func decode(_ type: Int.Type) throws -> Int { try self.number { Int($0) } }
    package func decode(_ type: Int8.Type) throws -> Int8 { try self.number { Int8($0) } }
    package func decode(_ type: Int16.Type) throws -> Int16 { try self.number { Int16($0) } }
    package func decode(_ type: Int32.Type) throws -> Int32 { try self.number { Int32($0) } }
    package func decode(_ type: Int64.Type) throws -> Int64 { try self.number { Int64($0) } }
    package func decode(_ type: UInt.Type) throws -> UInt { try self.number { UInt($0) } }
    package func decode(_ type: UInt8.Type) throws -> UInt8 { try self.number { UInt8($0) } }
    package func decode(_ type: UInt16.Type) throws -> UInt16 { try self.number { UInt16($0) } }
    package func decode(_ type: UInt32.Type) throws -> UInt32 { try self.number { UInt32($0) } }
    package func decode(_ type: UInt64.Type) throws -> UInt64 { try self.number { UInt64($0) } }

    package func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try type.init(from: self)
    }

    private func number<Number>(_ convert: (String) -> Number?) throws -> Number {
        guard self.node.kind == .number, let number = convert(self.text.text(self.node)) else {
            throw RecordError.unreadable
        }
        return number
    }
}
