import LambdaCore

/// Gives JSON values and texts the type that the model has for them. Knows nothing of constraints.
enum TypedValue {
    static let listNotExpected = "Start of list found where not expected"
    static let mapNotExpected = "Start of structure or map found where not expected."
    static let listExpected = "Expected list or null"
    static let mapExpected = "Expected map or null"

    /// Returns `nil` for JSON's null, which means that the member is not there.
    static func read(_ value: JSONValue, as shape: Shape) throws(InputError) -> JSONValue? {
        if case .null = value { return nil }
        switch shape {
        case .structure(let rule): return .object(try self.structure(value, rule))
        case .list(let rule): return .array(try self.list(value, rule))
        case .map(let rule): return .object(try self.map(value, rule))
        case .string, .blob:
            if case .string = value { return value }
            throw self.mismatch(value, "a String")
        case .integer:
            return try self.integer(value, within: Int(Int32.min)...Int(Int32.max), "an Integer")
        case .long:
            return try self.integer(value, within: .min ... .max, "a Long")
        case .double:
            if case .number = value { return value }
            throw self.mismatch(value, "a Double")
        case .boolean:
            if case .bool = value { return value }
            throw self.mismatch(value, "a Boolean")
        case .timestamp:
            switch value {
            case .number, .string: return value
            case .null, .bool, .array, .object: throw self.mismatch(value, "a Timestamp")
            }
        }
    }

    /// A path label, a header, or one query parameter.
    static func read(text: String, as shape: Shape) throws(InputError) -> JSONValue {
        switch shape {
        case .integer, .long, .double:
            // The JSON parser knows which texts are numbers: `+1`, `0x1` and `1_000` are not.
            guard let number = try? JSONValue.parse(text.utf8), case .number = number else {
                throw self.mismatch(.string(text), self.typeName(shape))
            }
            return try self.read(number, as: shape) ?? .null
        case .boolean:
            switch text {
            case "true": return .bool(true)
            case "false": return .bool(false)
            default: throw self.mismatch(.string(text), self.typeName(shape))
            }
        case .string, .timestamp, .blob, .list, .map, .structure:
            return .string(text)
        }
    }

    /// All values of one query parameter; `nil` where it was not sent.
    static func read(texts: [String], as shape: Shape) throws(InputError) -> JSONValue? {
        guard let first = texts.first else { return nil }
        guard case .list(let rule) = shape else { return try self.read(text: first, as: shape) }
        var elements: [JSONValue] = []
        for text in texts { elements.append(try self.read(text: text, as: rule.element)) }
        return .array(elements)
    }

    private static func structure(_ value: JSONValue, _ rule: StructureRule) throws(InputError) -> JSONObject {
        let object = try self.object(value)
        var out = JSONObject()
        for member in rule.members {
            guard let inner = object[member.name] else { continue }
            out[member.name] = try self.read(inner, as: member.shape)
        }
        return out
    }

    /// Nulls are kept in lists and maps: there they are a violation.
    private static func list(_ value: JSONValue, _ rule: ListRule) throws(InputError) -> [JSONValue] {
        switch value {
        case .array(let elements):
            var out: [JSONValue] = []
            for element in elements { out.append(try self.read(element, as: rule.element) ?? .null) }
            return out
        case .object: throw .serialization(self.mapNotExpected)
        case .null, .bool, .number, .string: throw .serialization(self.listExpected)
        }
    }

    private static func map(_ value: JSONValue, _ rule: MapRule) throws(InputError) -> JSONObject {
        var out = JSONObject()
        for (key, inner) in try self.object(value) { out[key] = try self.read(inner, as: rule.value) ?? .null }
        return out
    }

    private static func object(_ value: JSONValue) throws(InputError) -> JSONObject {
        switch value {
        case .object(let object): return object
        case .array: throw .serialization(self.listNotExpected)
        case .null, .bool, .number, .string: throw .serialization(self.mapExpected)
        }
    }

    /// The integer, written without fraction and exponent.
    private static func integer(
        _ value: JSONValue, within range: ClosedRange<Int>, _ type: String
    ) throws(InputError) -> JSONValue {
        guard let number = value.intValue, range.contains(number) else { throw self.mismatch(value, type) }
        return .number(String(number))
    }

    private static func typeName(_ shape: Shape) -> String {
        switch shape {
        case .integer: "an Integer"
        case .long: "a Long"
        case .double: "a Double"
        case .boolean: "a Boolean"
        case .timestamp: "a Timestamp"
        case .string, .blob, .list, .map, .structure: "a String"
        }
    }

    /// The names are those of the parser that AWS uses.
    private static func mismatch(_ value: JSONValue, _ type: String) -> InputError {
        let found: String
        switch value {
        case .object: return .serialization(self.mapNotExpected)
        case .array: return .serialization(self.listNotExpected)
        case .string: found = "STRING_VALUE"
        case .number: found = value.intValue == nil ? "DECIMAL_VALUE" : "NUMBER_VALUE"
        case .bool(let flag): found = flag ? "TRUE_VALUE" : "FALSE_VALUE"
        case .null: found = "NULL_VALUE"
        }
        return .serialization("\(found) can not be converted to \(type)")
    }
}
