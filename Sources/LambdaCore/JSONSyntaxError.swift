/// Why bytes are not JSON, in the words that AWS answers with.
///
/// AWS parses payloads with Jackson, whose texts clients see inside `InvalidRequestContentException`. Nothing of the
/// bytes is repeated but the character at fault: a payload may be secret.
package struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case unexpectedCharacter(UInt8, expectation: String)
        case unrecognizedToken(String)
        case illegalControlCharacter(UInt8)
        case unrecognizedEscape(UInt8)
        case leadingZero
        case invalidStartByte(UInt8)
        case invalidMiddleByte(UInt8)
        case unexpectedEnd(String)
        case tooDeep(limit: Int)
    }

    package let reason: Reason
    /// From 1.
    package let line: Int
    /// From 1, in bytes.
    package let column: Int

    package var description: String {
        // Jackson hides the source's text since its version 2.16, and says so with these words.
        let source = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
        return "\(self.reason.text)\n at [Source: \(source); line: \(self.line), column: \(self.column)]"
    }
}

extension JSONSyntaxError {
    static let anyValue = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

    /// - Parameter offset: Where the byte at fault is; Jackson counts from the byte after it for broken UTF-8.
    init(_ reason: Reason, at offset: Int, in bytes: [UInt8]) {
        let before = bytes.prefix(offset)
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        self.reason = reason
        self.line = 1 + before.count { $0 == 0x0A }
        switch reason {
        case .invalidStartByte, .invalidMiddleByte: self.column = offset - lineStart + 2
        default: self.column = offset - lineStart + 1
        }
    }
}

extension JSONSyntaxError.Reason {
    fileprivate var text: String {
        switch self {
        case .unexpectedCharacter(let byte, let expectation):
            "Unexpected character (\(describe(byte))): \(expectation)"
        case .unrecognizedToken(let token):
            "Unrecognized token '\(token)': was expecting \(JSONSyntaxError.anyValue)"
        case .illegalControlCharacter(let byte):
            "Illegal unquoted character (\(describe(byte))): has to be escaped using backslash to be included in string "
                + "value"
        case .unrecognizedEscape(let byte): "Unrecognized character escape \(describe(byte))"
        case .leadingZero: "Invalid numeric value: Leading zeroes not allowed"
        case .invalidStartByte(let byte): "Invalid UTF-8 start byte \(hexadecimal(byte))"
        case .invalidMiddleByte(let byte): "Invalid UTF-8 middle byte \(hexadecimal(byte))"
        case .unexpectedEnd(let place): "Unexpected end-of-input\(place)"
        case .tooDeep(let limit): "Document nesting depth (\(limit + 1)) exceeds the maximum allowed (\(limit))"
        }
    }
}

/// Jackson takes a byte for a Latin-1 character here, whatever encoding the text has.
private func describe(_ byte: UInt8) -> String {
    let isControl = byte < 0x20 || (0x7F...0x9F).contains(byte)
    return isControl ? "(CTRL-CHAR, code \(byte))" : "'\(Character(Unicode.Scalar(byte)))' (code \(byte))"
}

private func hexadecimal(_ byte: UInt8) -> String { "0x\(String(byte, radix: 16))" }
