/// Writes compact JSON straight into bytes, for answers that are many or long: a tree of values costs more than they do.
///
/// The caller balances what it begins; commas are put in here.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 2_048) { self.bytes.reserveCapacity(capacity) }

    package mutating func beginObject() { self.begin(0x7B) }
    package mutating func endObject() { self.bytes.append(0x7D) }
    package mutating func beginArray() { self.begin(0x5B) }
    package mutating func endArray() { self.bytes.append(0x5D) }

    /// The name of a modelled member, which needs no escape; its value is to follow.
    package mutating func key(_ name: String) {
        self.separate()
        self.bytes.append(0x22)
        self.bytes.append(contentsOf: name.utf8)
        self.bytes.append(0x22)
        self.bytes.append(0x3A)
    }

    /// A name of which nothing is known; its value is to follow.
    mutating func name(_ text: String) {
        self.value(text)
        self.bytes.append(0x3A)
    }

    /// A number in JSON's own spelling.
    mutating func number(_ spelling: String) {
        self.separate()
        self.bytes.append(contentsOf: spelling.utf8)
    }

    mutating func null() { self.number("null") }

    package mutating func value(_ text: String) {
        self.separate()
        self.bytes.append(quoted: text)
    }

    package mutating func value(_ number: Int) {
        self.separate()
        self.bytes.append(contentsOf: String(number).utf8)
    }

    package mutating func value(_ flag: Bool) {
        self.separate()
        self.bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    }

    /// A value that is JSON already.
    package mutating func value(raw json: some Sequence<UInt8>) {
        self.separate()
        self.bytes.append(contentsOf: json)
    }

    package mutating func member(_ name: String, _ text: String) {
        self.key(name)
        self.value(text)
    }

    /// Nothing where there is no text.
    package mutating func member(_ name: String, ifPresent text: String?) {
        if let text { self.member(name, text) }
    }

    package mutating func member(_ name: String, _ number: Int) {
        self.key(name)
        self.value(number)
    }

    package mutating func member(_ name: String, _ flag: Bool) {
        self.key(name)
        self.value(flag)
    }

    package mutating func member(_ name: String, _ texts: [String]) {
        self.key(name)
        self.beginArray()
        for text in texts { self.value(text) }
        self.endArray()
    }

    /// An object in the order of its keys, so that two answers about one thing are equal to the byte.
    package mutating func member(_ name: String, _ entries: [String: String]) {
        self.key(name)
        self.beginObject()
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            self.name(key)
            self.value(value)
        }
        self.endObject()
    }

    /// An object with the members that `body` writes.
    package mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        self.key(name)
        self.beginObject()
        body(&self)
        self.endObject()
    }

    private mutating func begin(_ bracket: UInt8) {
        self.separate()
        self.bytes.append(bracket)
    }

    /// A comma, except where something has just begun. A text cannot be mistaken for that: it ends with a quote.
    private mutating func separate() {
        switch self.bytes.last {
        case nil, 0x7B, 0x5B, 0x3A: break
        default: self.bytes.append(0x2C)
        }
    }
}
