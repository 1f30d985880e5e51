/// Reads JSON (RFC 8259) token by token. Keeps no text: a token is a range of the bytes.
struct JSONScanner {
    enum Token: Equatable {
        case beginObject, endObject, beginArray, endArray
        /// A member's name; its colon has been read too.
        case name(Range<Int>, hasEscapes: Bool)
        case string(Range<Int>, hasEscapes: Bool)
        case number(Range<Int>)
        case `true`, `false`, null
        case end
    }

    private enum Expectation {
        case value, firstNameOrEnd, name, firstElementOrEnd, commaOrEnd, nothing
    }

    let bytes: [UInt8]
    /// Containers open at one time.
    let depthLimit: Int
    /// The next byte to read.
    private(set) var position = 0
    private var expectation = Expectation.value
    /// For each open container whether it is an object.
    private var open: [Bool] = []

    init(_ bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    mutating func next() throws(JSONSyntaxError) -> Token {
        self.skipBlanks()
        guard self.position < self.bytes.count else { return try self.atEnd() }
        let byte = self.bytes[self.position]
        switch self.expectation {
        case .value:
            return try self.value(byte)
        case .firstElementOrEnd:
            return byte == 0x5D ? self.close(.endArray) : try self.value(byte)
        case .firstNameOrEnd:
            return byte == 0x7D ? self.close(.endObject) : try self.name(byte)
        case .name:
            return try self.name(byte)
        case .commaOrEnd:
            return try self.commaOrEnd(byte)
        case .nothing:
            throw self.error(
                .unexpectedCharacter(byte, expectation: "Expected space separating root-level values"))
        }
    }

    private func atEnd() throws(JSONSyntaxError) -> Token {
        guard let isObject = self.open.last else {
            if self.expectation == .nothing { return .end }
            throw self.error(.unexpectedEnd(": there is no value"))
        }
        throw self.error(.unexpectedEnd(": expected close marker for \(isObject ? "Object" : "Array")"))
    }

    private mutating func commaOrEnd(_ byte: UInt8) throws(JSONSyntaxError) -> Token {
        let isObject = self.open.last ?? false
        switch (byte, isObject) {
        case (0x7D, true): return self.close(.endObject)
        case (0x5D, false): return self.close(.endArray)
        case (0x2C, _):
            self.position += 1
            self.expectation = isObject ? .name : .value
            return try self.next()
        default:
            let entries = isObject ? "Object" : "Array"
            throw self.error(
                .unexpectedCharacter(byte, expectation: "was expecting comma to separate \(entries) entries"))
        }
    }

    private mutating func value(_ byte: UInt8) throws(JSONSyntaxError) -> Token {
        switch byte {
        case 0x7B:
            try self.push(isObject: true)
            return .beginObject
        case 0x5B:
            try self.push(isObject: false)
            return .beginArray
        case 0x22:
            let (range, hasEscapes) = try self.string()
            self.valueEnded()
            return .string(range, hasEscapes: hasEscapes)
        case 0x2D, 0x30...0x39:
            let range = try self.number()
            self.valueEnded()
            return .number(range)
        default:
            return try self.word(byte)
        }
    }

    private mutating func push(isObject: Bool) throws(JSONSyntaxError) {
        guard self.open.count < self.depthLimit else { throw self.error(.tooDeep(limit: self.depthLimit)) }
        self.position += 1
        self.open.append(isObject)
        self.expectation = isObject ? .firstNameOrEnd : .firstElementOrEnd
    }

    private mutating func close(_ token: Token) -> Token {
        self.position += 1
        self.open.removeLast()
        self.valueEnded()
        return token
    }

    private mutating func valueEnded() {
        self.expectation = self.open.isEmpty ? .nothing : .commaOrEnd
    }

    private mutating func name(_ byte: UInt8) throws(JSONSyntaxError) -> Token {
        guard byte == 0x22 else {
            throw self.error(
                .unexpectedCharacter(byte, expectation: "was expecting double-quote to start field name"))
        }
        let (range, hasEscapes) = try self.string()
        self.skipBlanks()
        guard let colon = self.current else { throw self.error(.unexpectedEnd(" within/between Object entries")) }
        guard colon == 0x3A else {
            throw self.error(
                .unexpectedCharacter(colon, expectation: "was expecting a colon to separate field name and value"))
        }
        self.position += 1
        self.expectation = .value
        return .name(range, hasEscapes: hasEscapes)
    }

    private var current: UInt8? {
        self.position < self.bytes.count ? self.bytes[self.position] : nil
    }

    private mutating func skipBlanks() {
        while let byte = self.current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            self.position += 1
        }
    }

    private func error(_ reason: JSONSyntaxError.Reason, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(reason, at: offset ?? self.position, in: self.bytes)
    }
}

// MARK: Scalars

extension JSONScanner {
    /// `true`, `false`, `null`, or the error that what stands here is none of them.
    private mutating func word(_ first: UInt8) throws(JSONSyntaxError) -> Token {
        guard JSONScanner.isWordByte(first), !(0x30...0x39).contains(first) else {
            throw self.error(
                .unexpectedCharacter(first, expectation: "expected a valid value \(JSONSyntaxError.anyValue)"))
        }
        let start = self.position
        // Long enough to tell the three words from anything else, and for a text that helps.
        let limit = min(start + 32, self.bytes.count)
        var end = start
        while end < limit, JSONScanner.isWordByte(self.bytes[end]) { end += 1 }
        guard let token = JSONScanner.words.first(where: { self.spells($0.letters, from: start, to: end) })?.token
        else {
            throw self.error(.unrecognizedToken(String(decoding: self.bytes[start..<end], as: UTF8.self)))
        }
        self.position = end
        self.valueEnded()
        return token
    }

    private static let words: [(letters: [UInt8], token: Token)] = [
        (Array("true".utf8), .true), (Array("false".utf8), .false), (Array("null".utf8), .null),
    ]

    private func spells(_ letters: [UInt8], from start: Int, to end: Int) -> Bool {
        guard letters.count == end - start else { return false }
        for (offset, letter) in letters.enumerated() where self.bytes[start + offset] != letter { return false }
        return true
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x5F, 0x24: true
        default: false
        }
    }

    private mutating func number() throws(JSONSyntaxError) -> Range<Int> {
        let start = self.position
        if self.current == 0x2D { self.position += 1 }
        let integer = self.position
        try self.digits(orExpect: "Expected digit (0-9) to follow minus sign, for valid numeric value")
        if self.bytes[integer] == 0x30, self.position > integer + 1 {
            throw self.error(.leadingZero, at: integer)
        }
        if self.current == 0x2E {
            self.position += 1
            try self.digits(orExpect: "Decimal point not followed by a digit")
        }
        if self.current == 0x65 || self.current == 0x45 {
            self.position += 1
            if self.current == 0x2B || self.current == 0x2D { self.position += 1 }
            try self.digits(orExpect: "Exponent indicator not followed by a digit")
        }
        return start..<self.position
    }

    private mutating func digits(orExpect expectation: String) throws(JSONSyntaxError) {
        let start = self.position
        while let byte = self.current, (0x30...0x39).contains(byte) { self.position += 1 }
        guard self.position == start else { return }
        guard let byte = self.current else { throw self.error(.unexpectedEnd(" in a Number value")) }
        throw self.error(.unexpectedCharacter(byte, expectation: expectation))
    }

    /// The range between the quotes, and whether a backslash is in it.
    private mutating func string() throws(JSONSyntaxError) -> (Range<Int>, Bool) {
        let start = self.position + 1
        var index = start
        var hasEscapes = false
        while true {
            index = PlainText.end(in: self.bytes.span, from: index)
            guard index < self.bytes.count else { break }
            let byte = self.bytes[index]
            switch byte {
            case 0x22:
                self.position = index + 1
                return (start..<index, hasEscapes)
            case 0x5C:
                hasEscapes = true
                index = try self.escape(at: index)
            case 0x00..<0x20:
                throw self.error(.illegalControlCharacter(byte), at: index)
            default:
                index = try self.multibyte(at: index)
            }
        }
        throw self.error(.unexpectedEnd(": was expecting closing quote for a string value"), at: self.bytes.count)
    }

    /// Checks the escape whose backslash is at `index`. Returns the index after it.
    private func escape(at index: Int) throws(JSONSyntaxError) -> Int {
        guard index + 1 < self.bytes.count else {
            throw self.error(.unexpectedEnd(" in character escape sequence"), at: self.bytes.count)
        }
        let kind = self.bytes[index + 1]
        switch kind {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            return index + 2
        case 0x75:
            for offset in (index + 2)..<(index + 6) {
                guard offset < self.bytes.count else {
                    throw self.error(.unexpectedEnd(" in character escape sequence"), at: self.bytes.count)
                }
                guard JSONScanner.hexadecimalValue(self.bytes[offset]) != nil else {
                    throw self.error(
                        .unexpectedCharacter(
                            self.bytes[offset], expectation: "expected a hex-digit for character escape sequence"),
                        at: offset)
                }
            }
            return index + 6
        default:
            throw self.error(.unrecognizedEscape(kind), at: index + 1)
        }
    }

    /// Checks the UTF-8 sequence of two to four bytes at `index`. Returns the index after it.
    private func multibyte(at index: Int) throws(JSONSyntaxError) -> Int {
        let first = self.bytes[index]
        // The second byte's range excludes overlong forms, surrogates, and what is beyond U+10FFFF.
        let (length, second): (Int, ClosedRange<UInt8>)
        switch first {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw self.error(.invalidStartByte(first), at: index)
        }
        for offset in (index + 1)..<(index + length) {
            guard offset < self.bytes.count else {
                throw self.error(.unexpectedEnd(" in a multi-byte UTF-8 character"), at: self.bytes.count)
            }
            guard (offset == index + 1 ? second : 0x80...0xBF).contains(self.bytes[offset]) else {
                throw self.error(.invalidMiddleByte(self.bytes[offset]), at: offset)
            }
        }
        return index + length
    }

    static func hexadecimalValue(_ byte: UInt8) -> UInt16? {
        switch byte {
        case 0x30...0x39: UInt16(byte - 0x30)
        case 0x41...0x46: UInt16(byte - 0x41 + 10)
        case 0x61...0x66: UInt16(byte - 0x61 + 10)
        default: nil
        }
    }
}
