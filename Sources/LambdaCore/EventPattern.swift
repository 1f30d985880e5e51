/// A pattern that selects events, as EventBridge and the filters of event source mappings have it.
///
/// An object of the event's own form, whose leaves are lists of what the value may be. Source: the EventBridge user guide,
/// "Creating Amazon EventBridge event patterns"; the Lambda developer guide, "Control which events Lambda sends".
package struct EventPattern: Sendable, Equatable {
    package let object: JSONObject

    /// Returns `nil` where `text` is not JSON, or not a pattern.
    package init?(_ text: String) {
        guard let object = (try? JSONValue.parse(text.utf8))?.objectValue, Self.isPattern(object) else { return nil }
        self.object = object
    }

    private static func isPattern(_ object: JSONObject) -> Bool {
        !object.isEmpty && object.allSatisfy { self.isField($0.key, $0.value) }
    }

    private static func isField(_ name: String, _ value: JSONValue) -> Bool {
        switch value {
        case .object(let nested): self.isPattern(nested)
        // `$or` is an operator only where its list is one of patterns; a field may be called so, too.
        case .array(let choices) where name == "$or" && choices.contains(where: { self.isAlternative($0) }):
            choices.count >= 2 && choices.allSatisfy { self.isAlternative($0) }
        case .array(let choices): !choices.isEmpty && choices.allSatisfy { self.isChoice($0) }
        case .null, .bool, .number, .string: false
        }
    }

    private static func isAlternative(_ value: JSONValue) -> Bool {
        guard let object = value.objectValue else { return false }
        return self.isPattern(object)
    }

    /// One of the things that a value may be.
    private static func isChoice(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool, .number, .string: return true
        case .array: return false
        case .object(let rule):
            guard rule.count == 1, let (name, operand) = rule.first else { return false }
            return self.isRule(name, operand)
        }
    }

    private static func isRule(_ name: String, _ operand: JSONValue) -> Bool {
        switch name {
        case "exists": operand.boolValue != nil
        case "prefix", "suffix": operand.stringValue != nil || self.isCaseless(operand)
        case "equals-ignore-case": operand.stringValue != nil
        case "wildcard": operand.stringValue.map { self.isWildcard($0) } ?? false
        case "cidr": operand.stringValue.map { self.isNetwork($0) } ?? false
        case "numeric": operand.arrayValue.map { self.isRange($0) } ?? false
        case "anything-but": self.isExclusion(operand)
        default: false
        }
    }

    /// `{"equals-ignore-case": "text"}`
    private static func isCaseless(_ value: JSONValue) -> Bool {
        guard let rule = value.objectValue, rule.count == 1 else { return false }
        return rule["equals-ignore-case"]?.stringValue != nil
    }

    /// Two stars in a row mean nothing more than one, and are refused.
    private static func isWildcard(_ text: String) -> Bool { !text.contains("**") }

    /// A comparison, or a lower and an upper bound.
    private static func isRange(_ parts: [JSONValue]) -> Bool {
        guard parts.count == 2 || parts.count == 4, let first = parts[0].stringValue,
            let low = parts[1].doubleValue
        else { return false }
        guard parts.count == 4 else { return ["=", "<", "<=", ">", ">="].contains(first) }
        guard let second = parts[2].stringValue, let high = parts[3].doubleValue else { return false }
        return [">", ">="].contains(first) && ["<", "<="].contains(second) && low < high
    }

    /// Values of one type that must not be there, or what they must not be like.
    private static func isExclusion(_ operand: JSONValue) -> Bool {
        switch operand {
        case .string, .number: return true
        case .array(let values):
            let areTexts = values.allSatisfy { $0.stringValue != nil }
            let areNumbers = values.allSatisfy { $0.doubleValue != nil }
            return !values.isEmpty && (areTexts || areNumbers)
        case .object(let rule):
            guard rule.count == 1, let (name, inner) = rule.first,
                ["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(name)
            else { return false }
            guard let texts = inner.arrayValue else { return self.isRule(name, inner) }
            return !texts.isEmpty && texts.allSatisfy { $0.stringValue != nil && self.isRule(name, $0) }
        case .null, .bool: return false
        }
    }

    /// `10.0.0.0/24` or `2001:db8::/32`, by form: an address of either family, and a length that its family has.
    private static func isNetwork(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = Int(parts[1]), length >= 0 else { return false }
        if parts[0].contains(":") {
            let digits = parts[0].utf8.allSatisfy { byte in
                byte == 0x3A || byte == 0x2E || Hexadecimal.isLowerCaseDigit(byte | 0x20)
            }
            return digits && length <= 128
        }
        let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        return bytes.count == 4 && bytes.allSatisfy { UInt8($0) != nil } && length <= 32
    }
}
