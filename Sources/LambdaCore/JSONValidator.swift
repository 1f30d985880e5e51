/// Tells whether bytes that come piece by piece are one strict JSON text (RFC 8259). Says yes to what ``JSONScanner`` takes, and
/// only to that; where it says no, the scanner has the words.
///
/// A payload of megabytes is checked with this while it arrives, so that nothing is left to do once it is there.
package struct JSONValidator: Sendable {
    private enum Expectation: Equatable {
        case value, firstElementOrEnd, firstNameOrEnd, name, colon, commaOrEnd
        /// Blanks, and the end.
        case nothing
        case string, escape
        case digitsOfEscape(left: Int)
        /// Bytes of a character of which so many are to come; the next is in the range.
        case character(left: Int, next: ClosedRange<UInt8>)
        case number(Number)
        /// The rest of `true`, `false` or `null`, its first letter in the lowest byte.
        case word(rest: UInt32)
        case failed
    }

    /// Behind which part of a number the next byte is.
    private enum Number {
        case minus, zero, integer, point, fraction, exponent, exponentSign, exponentDigit

        /// Whether a number may end here.
        var isWhole: Bool {
            switch self {
            case .zero, .integer, .fraction, .exponentDigit: true
            case .minus, .point, .exponent, .exponentSign: false
            }
        }
    }

    private let depthLimit: Int
    private var expectation = Expectation.value
    /// For each open container whether it is an object.
    private var open: [Bool] = []
    /// Whether the string that is being read is a member's name.
    private var isName = false

    package init(depthLimit: Int = JSONValue.checkDepthLimit) { self.depthLimit = depthLimit }

    package mutating func take(_ bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count {
            switch self.expectation {
            case .string:
                // Nearly all bytes of a large payload are in strings.
                index = PlainText.end(in: bytes, from: index)
                guard index < bytes.count else { return }
                self.textByte(bytes[index])
                index += 1
            case .failed:
                return
            case .number(let state):
                guard self.numberByte(bytes[index], after: state) else { continue }
                index += 1
            case .value, .firstElementOrEnd, .firstNameOrEnd, .name, .colon, .commaOrEnd, .nothing:
                self.structureByte(bytes[index])
                index += 1
            case .escape, .digitsOfEscape, .character, .word:
                self.innerByte(bytes[index])
                index += 1
            }
        }
    }

    /// Whether what was taken is a whole text.
    package var isWhole: Bool {
        switch self.expectation {
        case .nothing: true
        case .number(let state): self.open.isEmpty && state.isWhole
        case .value, .firstElementOrEnd, .firstNameOrEnd, .name, .colon, .commaOrEnd, .string, .escape, .digitsOfEscape,
            .character, .word, .failed:
            false
        }
    }

    // MARK: Between scalars

    private mutating func structureByte(_ byte: UInt8) {
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { return }
        switch self.expectation {
        case .value: self.beginValue(byte)
        case .firstElementOrEnd: if byte == 0x5D { self.close() } else { self.beginValue(byte) }
        case .firstNameOrEnd: if byte == 0x7D { self.close() } else { self.beginName(byte) }
        case .name: self.beginName(byte)
        case .colon: self.expectation = byte == 0x3A ? .value : .failed
        case .commaOrEnd: self.commaOrEnd(byte)
        case .nothing, .string, .escape, .digitsOfEscape, .character, .number, .word, .failed:
            self.expectation = .failed
        }
    }

    private mutating func beginName(_ byte: UInt8) {
        self.isName = true
        self.expectation = byte == 0x22 ? .string : .failed
    }

    private mutating func beginValue(_ byte: UInt8) {
        switch byte {
        case 0x22:
            self.isName = false
            self.expectation = .string
        case 0x7B: self.push(isObject: true)
        case 0x5B: self.push(isObject: false)
        case 0x2D: self.expectation = .number(.minus)
        case 0x30: self.expectation = .number(.zero)
        case 0x31...0x39: self.expectation = .number(.integer)
        case 0x74: self.expectation = .word(rest: 0x65_7572)
        case 0x66: self.expectation = .word(rest: 0x6573_6C61)
        case 0x6E: self.expectation = .word(rest: 0x6C_6C75)
        default: self.expectation = .failed
        }
    }

    private mutating func push(isObject: Bool) {
        guard self.open.count < self.depthLimit else {
            self.expectation = .failed
            return
        }
        self.open.append(isObject)
        self.expectation = isObject ? .firstNameOrEnd : .firstElementOrEnd
    }

    private mutating func close() {
        self.open.removeLast()
        self.valueEnded()
    }

    private mutating func commaOrEnd(_ byte: UInt8) {
        let isObject = self.open.last ?? false
        switch byte {
        case 0x2C: self.expectation = isObject ? .name : .value
        case 0x7D where isObject: self.close()
        case 0x5D where !isObject: self.close()
        default: self.expectation = .failed
        }
    }

    private mutating func valueEnded() { self.expectation = self.open.isEmpty ? .nothing : .commaOrEnd }

    // MARK: Scalars

    /// A byte of a string that is not plain ASCII.
    private mutating func textByte(_ byte: UInt8) {
        switch byte {
        case 0x22: if self.isName { self.expectation = .colon } else { self.valueEnded() }
        case 0x5C: self.expectation = .escape
        case 0xC2...0xDF: self.expectation = .character(left: 1, next: 0x80...0xBF)
        // The second byte's range excludes overlong forms, surrogates, and what is beyond U+10FFFF.
        case 0xE0: self.expectation = .character(left: 2, next: 0xA0...0xBF)
        case 0xED: self.expectation = .character(left: 2, next: 0x80...0x9F)
        case 0xE1...0xEF: self.expectation = .character(left: 2, next: 0x80...0xBF)
        case 0xF0: self.expectation = .character(left: 3, next: 0x90...0xBF)
        case 0xF1...0xF3: self.expectation = .character(left: 3, next: 0x80...0xBF)
        case 0xF4: self.expectation = .character(left: 3, next: 0x80...0x8F)
        default: self.expectation = .failed
        }
    }

    private mutating func innerByte(_ byte: UInt8) {
        switch self.expectation {
        case .escape:
            switch byte {
            case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: self.expectation = .string
            case 0x75: self.expectation = .digitsOfEscape(left: 4)
            default: self.expectation = .failed
            }
        case .digitsOfEscape(let left):
            let isDigit = JSONScanner.hexadecimalValue(byte) != nil
            self.expectation = !isDigit ? .failed : left == 1 ? .string : .digitsOfEscape(left: left - 1)
        case .character(let left, let next):
            let fits = next.contains(byte)
            self.expectation = !fits ? .failed : left == 1 ? .string : .character(left: left - 1, next: 0x80...0xBF)
        case .word(let rest):
            guard byte == UInt8(truncatingIfNeeded: rest) else {
                self.expectation = .failed
                return
            }
            if rest > 0xFF { self.expectation = .word(rest: rest >> 8) } else { self.valueEnded() }
        case .value, .firstElementOrEnd, .firstNameOrEnd, .name, .colon, .commaOrEnd, .nothing, .string, .number,
            .failed:
            self.expectation = .failed
        }
    }

    /// Returns `false` where the number has ended before `byte`.
    private mutating func numberByte(_ byte: UInt8, after state: Number) -> Bool {
        let next: Number?
        switch (state, byte) {
        case (.minus, 0x30): next = .zero
        case (.minus, 0x31...0x39), (.integer, 0x30...0x39): next = .integer
        case (.zero, 0x2E), (.integer, 0x2E): next = .point
        case (.point, 0x30...0x39), (.fraction, 0x30...0x39): next = .fraction
        case (.zero, 0x45), (.zero, 0x65), (.integer, 0x45), (.integer, 0x65), (.fraction, 0x45), (.fraction, 0x65):
            next = .exponent
        case (.exponent, 0x2B), (.exponent, 0x2D): next = .exponentSign
        case (.exponent, 0x30...0x39), (.exponentSign, 0x30...0x39), (.exponentDigit, 0x30...0x39):
            next = .exponentDigit
        default: next = nil
        }
        if let next {
            self.expectation = .number(next)
            return true
        }
        // Two numbers, or a number and a word, without a comma between them fail at the next byte.
        if state.isWhole { self.valueEnded() } else { self.expectation = .failed }
        return false
    }
}

extension JSONValue {
    /// As ``check(_:)``, for bytes that a validator has seen.
    ///
    /// - Parameter bytes: The same, for the words where they are no JSON.
    package static func check(_ validator: JSONValidator, _ bytes: () -> [UInt8]) throws(JSONSyntaxError) {
        guard !validator.isWhole else { return }
        try self.scan(bytes())
    }
}
