/// The members of an object that is being written.
struct RecordMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let output: RecordOutput
    private let depth: Int

    init(output: RecordOutput) {
        self.output = output
        self.depth = output.begin(isObject: true)
    }

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) throws {
        self.output.key(key, at: self.depth)
        self.output.null()
    }

    func encode(_ value: Bool, forKey key: Key) throws {
        self.output.key(key, at: self.depth)
        self.output.write(flag: value)
    }

    func encode(_ value: String, forKey key: Key) throws {
        self.output.key(key, at: self.depth)
        self.output.write(text: value)
    }

    func encode(_ value: Int, forKey key: Key) throws {
        self.output.key(key, at: self.depth)
        self.output.write(integer: value)
    }

    // Numbers of other sizes are rare in records, and come here, too: their own `encode(to:)` asks for a single value.
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        self.output.key(key, at: self.depth)
        try self.output.write(value)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        self.output.key(key, at: self.depth)
        return KeyedEncodingContainer(RecordMembers<Nested>(output: self.output))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        self.output.key(key, at: self.depth)
        return RecordElements(output: self.output)
    }

    // No record inherits; whoever asks gets the member's own place, as the decoder gives it.
    func superEncoder() -> any Encoder { RecordEncoder(output: self.output) }

    func superEncoder(forKey key: Key) -> any Encoder {
        self.output.key(key, at: self.depth)
        return RecordEncoder(output: self.output)
    }
}

/// The elements of an array that is being written.
struct RecordElements: UnkeyedEncodingContainer {
    private let output: RecordOutput
    private let depth: Int
    private(set) var count = 0

    init(output: RecordOutput) {
        self.output = output
        self.depth = output.begin(isObject: false)
    }

    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() throws {
        self.next()
        self.output.null()
    }

    mutating func encode(_ value: String) throws {
        self.next()
        self.output.write(text: value)
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        self.next()
        try self.output.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        self.next()
        return KeyedEncodingContainer(RecordMembers<Nested>(output: self.output))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        self.next()
        return RecordElements(output: self.output)
    }

    mutating func superEncoder() -> any Encoder {
        self.next()
        return RecordEncoder(output: self.output)
    }

    private mutating func next() {
        self.output.close(to: self.depth)
        self.count += 1
    }
}

/// One value that has no members.
struct RecordValue: SingleValueEncodingContainer {
    let output: RecordOutput

    var codingPath: [any CodingKey] { [] }

    func encodeNil() throws { self.output.null() }
    func encode(_ value: Bool) throws { self.output.write(flag: value) }
    func encode(_ value: String) throws { self.output.write(text: value) }
    func encode(_ value: Double) throws { try self.output.write(real: value) }
    func encode(_ value: Float) throws { try self.output.write(real: value) }
    func encode(_ value: Int) throws { self.output.write(integer: value) }
    func encode(_ value: Int8) throws { self.output.write(integer: value) }
    func encode(_ value: Int16) throws { self.output.write(integer: value) }
    func encode(_ value: Int32) throws { self.output.write(integer: value) }
    func encode(_ value: Int64) throws { self.output.write(integer: value) }
    func encode(_ value: UInt) throws { self.output.write(integer: value) }
    func encode(_ value: UInt8) throws { self.output.write(integer: value) }
    func encode(_ value: UInt16) throws { self.output.write(integer: value) }
    func encode(_ value: UInt32) throws { self.output.write(integer: value) }
    func encode(_ value: UInt64) throws { self.output.write(integer: value) }
    func encode<Value: Encodable>(_ value: Value) throws { try self.output.write(value) }
}
