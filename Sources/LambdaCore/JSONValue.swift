/// A JSON text as a tree.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The literal as it was written, so that no digit is lost; see ``intValue`` and ``doubleValue``.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var boolValue: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The number where it is whole and fits; `1.0` and `1e2` are whole.
    package var intValue: Int? {
        guard case .number(let literal) = self else { return nil }
        if let whole = Int(literal) { return whole }
        // Not `Int(exactly:)`: it calls the C mathematics library, which the small programs do not link.
        guard let number = Double(literal), abs(number) < 9_007_199_254_740_992 else { return nil }
        let whole = Int(number)
        return Double(whole) == number ? whole : nil
    }

    package var doubleValue: Double? {
        guard case .number(let literal) = self else { return nil }
        return Double(literal)
    }
}

extension JSONValue {
    /// Compact JSON in UTF-8, members in their order.
    package var serialized: [UInt8] {
        var out: [UInt8] = []
        self.append(to: &out)
        return out
    }

    private func append(to out: inout [UInt8]) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let flag): out.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let literal): out.append(contentsOf: literal.utf8)
        case .string(let text): out.append(quoted: text)
        case .array(let elements):
            out.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(0x2C) }
                element.append(to: &out)
            }
            out.append(0x5D)
        case .object(let object):
            out.append(0x7B)
            for (index, member) in object.enumerated() {
                if index > 0 { out.append(0x2C) }
                out.append(quoted: member.key)
                out.append(0x3A)
                member.value.append(to: &out)
            }
            out.append(0x7D)
        }
    }
}

extension [UInt8] {
    /// Appends `text` as a JSON string with the escapes that JSON demands and no others.
    mutating func append(quoted text: String) {
        self.append(0x22)
        defer { self.append(0x22) }
        // Nearly every text needs no escape, and is copied at one go.
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else {
            self.append(contentsOf: text.utf8)
            return
        }
        for byte in text.utf8 {
            switch byte {
            case 0x22: self.append(contentsOf: #"\""#.utf8)
            case 0x5C: self.append(contentsOf: #"\\"#.utf8)
            case 0x0A: self.append(contentsOf: #"\n"#.utf8)
            case 0x0D: self.append(contentsOf: #"\r"#.utf8)
            case 0x09: self.append(contentsOf: #"\t"#.utf8)
            case 0x08: self.append(contentsOf: #"\b"#.utf8)
            case 0x0C: self.append(contentsOf: #"\f"#.utf8)
            case 0x00..<0x20: self.append(contentsOf: "\\u00\(Hexadecimal.encode(CollectionOfOne(byte)))".utf8)
            default: self.append(byte)
            }
        }
    }
}

/// Requests hold environment values and payloads, so a tree has no textual form: only its kind and size.
extension JSONValue: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        switch self {
        case .null: "JSON null"
        case .bool: "JSON boolean"
        case .number: "JSON number"
        case .string(let text): "JSON string of \(text.utf8.count) bytes"
        case .array(let elements): "JSON array of \(elements.count)"
        case .object(let object): object.description
        }
    }
    package var debugDescription: String { self.description }
}

extension JSONObject: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "JSON object of \(self.count)" }
    package var debugDescription: String { self.description }
}
