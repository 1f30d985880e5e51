/// The members of an object.
///
/// A class, for it remembers where the last member was found: most members are asked for in the order in which they
/// stand, and the next one is then found at once.
final class RecordObject<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let text: RecordText
    private let members: Range<Int>
    private var cursor: Int

    init(text: RecordText, place: Int) throws {
        let node = text.nodes[place]
        guard node.kind == .object else { throw RecordError.unreadable }
        self.text = text
        self.members = place + 1..<node.next
        self.cursor = place + 1
    }

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        var keys: [Key] = []
        var place = self.members.lowerBound
        while place < self.members.upperBound {
            if let key = Key(stringValue: self.text.text(self.text.nodes[place])) { keys.append(key) }
            place = self.text.nodes[place + 1].next
        }
        return keys
    }

    func contains(_ key: Key) -> Bool { self.find(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try self.value(key).decodeNil() }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try self.value(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try self.value(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try self.value(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try self.value(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try self.value(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try self.value(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try self.value(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try self.value(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try self.value(key).decode(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try self.value(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try self.value(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try self.value(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try self.value(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try self.value(key).decode(type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try self.value(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try self.value(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try self.value(key).unkeyedContainer()
    }

    // No record inherits, so there is nothing of a superclass's in one.
    func superDecoder() throws -> any Decoder { throw RecordError.unreadable }
    func superDecoder(forKey key: Key) throws -> any Decoder { try self.value(key) }

    private func value(_ key: Key) throws -> RecordDecoder {
        guard let place = self.find(key) else { throw RecordError.unreadable }
        return RecordDecoder(text: self.text, place: place)
    }

    /// The place of a member's value. Looks from where the last one was to the end, then from the beginning.
    private func find(_ key: Key) -> Int? {
        let name = key.stringValue
        if let place = self.find(name, in: self.cursor..<self.members.upperBound) { return place }
        return self.find(name, in: self.members.lowerBound..<self.cursor)
    }

    private func find(_ name: String, in range: Range<Int>) -> Int? {
        var place = range.lowerBound
        while place < range.upperBound {
            let node = self.text.nodes[place]
            if self.text.spells(node, name) {
                // Not behind it: a member may be asked for, then decoded.
                self.cursor = place
                return place + 1
            }
            place = self.text.nodes[place + 1].next
        }
        return nil
    }
}

/// The elements of an array, one after the other.
struct RecordArray: UnkeyedDecodingContainer {
    private let text: RecordText
    private let end: Int
    private var place: Int
    let count: Int?
    private(set) var currentIndex = 0

    init(text: RecordText, place: Int) throws {
        let node = text.nodes[place]
        guard node.kind == .array else { throw RecordError.unreadable }
        self.text = text
        self.end = node.next
        self.place = place + 1
        var elements = 0
        var element = place + 1
        while element < node.next {
            elements += 1
            element = text.nodes[element].next
        }
        self.count = elements
    }

    var codingPath: [any CodingKey] { [] }
    var isAtEnd: Bool { self.place >= self.end }

    mutating func decodeNil() throws -> Bool {
        guard try self.current().decodeNil() else { return false }
        self.advance()
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        // Not past a value that could not be decoded.
        let value = try self.current().decode(type)
        self.advance()
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        let container = try self.current().container(keyedBy: type)
        self.advance()
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try self.current().unkeyedContainer()
        self.advance()
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try self.current()
        self.advance()
        return decoder
    }

    private func current() throws -> RecordDecoder {
        guard !self.isAtEnd else { throw RecordError.unreadable }
        return RecordDecoder(text: self.text, place: self.place)
    }

    private mutating func advance() {
        self.place = self.text.nodes[self.place].next
        self.currentIndex += 1
    }
}
