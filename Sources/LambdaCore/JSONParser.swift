extension JSONValue {
    /// Containers inside one another that ``check(_:)`` passes; what AWS's own parser allows.
    package static let checkDepthLimit = 1_000
    /// The same for ``parse(_:)``; a tree is walked by recursion, and no member of the API is nested deeper than 10.
    package static let treeDepthLimit = 128

    /// Parses one strict JSON text.
    package static func parse(_ bytes: some Collection<UInt8>) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(scanner: JSONScanner(Array(bytes), depthLimit: self.treeDepthLimit))
        return try parser.root()
    }

    /// Checks that `bytes` are one strict JSON text, without building anything.
    package static func check(_ bytes: [UInt8]) throws(JSONSyntaxError) {
        var validator = JSONValidator()
        validator.take(bytes.span)
        try self.check(validator) { bytes }
    }

    /// The same by the scanner, which has words for what is wrong.
    static func scan(_ bytes: [UInt8]) throws(JSONSyntaxError) {
        var scanner = JSONScanner(bytes, depthLimit: self.checkDepthLimit)
        while try scanner.next() != .end {}
    }
}

/// Builds the tree. Recursion is bounded by the scanner's depth limit.
private struct JSONParser {
    var scanner: JSONScanner

    mutating func root() throws(JSONSyntaxError) -> JSONValue {
        let value = try self.value(self.scanner.next())
        // Throws where anything but blanks follows.
        _ = try self.scanner.next()
        return value
    }

    private mutating func value(_ token: JSONScanner.Token) throws(JSONSyntaxError) -> JSONValue {
        switch token {
        case .beginObject: return .object(try self.members())
        case .beginArray: return .array(try self.elements())
        case .string(let range, let hasEscapes): return .string(self.text(range, hasEscapes: hasEscapes))
        case .number(let range): return .number(self.text(range, hasEscapes: false))
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .null, .name, .endObject, .endArray, .end:
            // The scanner gives the last four only where a container or the text ends, never where a value begins.
            return .null
        }
    }

    private mutating func members() throws(JSONSyntaxError) -> JSONObject {
        var object = JSONObject()
        while case .name(let range, let hasEscapes) = try self.scanner.next() {
            object[self.text(range, hasEscapes: hasEscapes)] = try self.value(self.scanner.next())
        }
        return object
    }

    private mutating func elements() throws(JSONSyntaxError) -> [JSONValue] {
        var elements: [JSONValue] = []
        while true {
            let token = try self.scanner.next()
            if token == .endArray { return elements }
            elements.append(try self.value(token))
        }
    }

    private func text(_ range: Range<Int>, hasEscapes: Bool) -> String {
        let bytes = self.scanner.bytes[range]
        return hasEscapes ? JSONValue.unescaped(bytes) : String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONValue {
    /// Replaces escapes. Half of a surrogate pair has no UTF-8 form and becomes U+FFFD.
    static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard bytes[index] == 0x5C else {
                out.append(bytes[index])
                index += 1
                continue
            }
            let kind = bytes[index + 1]
            guard kind == 0x75 else {
                out.append(self.simpleEscape(kind))
                index += 2
                continue
            }
            let units = self.codeUnits(bytes[index...])
            out.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
            index += units.count * 6
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func simpleEscape(_ kind: UInt8) -> UInt8 {
        switch kind {
        case 0x62: 0x08
        case 0x66: 0x0C
        case 0x6E: 0x0A
        case 0x72: 0x0D
        case 0x74: 0x09
        default: kind
        }
    }

    /// The run of escapes with four digits that `bytes` begins with: a pair of surrogates must be decoded together.
    private static func codeUnits(_ bytes: ArraySlice<UInt8>) -> [UInt16] {
        var units: [UInt16] = []
        var index = bytes.startIndex
        while index + 6 <= bytes.endIndex, bytes[index] == 0x5C, bytes[index + 1] == 0x75 {
            let digits = bytes[(index + 2)..<(index + 6)]
            units.append(digits.reduce(0) { $0 << 4 | (JSONScanner.hexadecimalValue($1) ?? 0) })
            index += 6
        }
        return units
    }
}
