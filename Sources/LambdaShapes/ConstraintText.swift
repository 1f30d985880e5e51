import LambdaCore

/// The sentences of AWS's validation framework, once.
enum ConstraintText {
    static let notNull = "Member must not be null"

    /// Every rule of `shape`, as AWS lists them for the elements of a list and the keys and values of a map.
    static func all(of shape: Shape) -> [String] {
        switch shape {
        case .string(let rule):
            if !rule.values.isEmpty { return [self.values(rule), self.notNull] }
            return self.lengths(rule.minimum, rule.maximum) + (rule.pattern.map { [self.pattern($0)] } ?? [])
        case .integer(let rule), .long(let rule): return self.values(rule.minimum, rule.maximum) + [self.notNull]
        case .double(let rule): return self.values(rule.minimum, rule.maximum) + [self.notNull]
        case .blob(let rule): return self.lengths(rule.minimum, rule.maximum)
        case .list(let rule):
            let inner = self.all(of: rule.element)
            return self.lengths(rule.minimum, rule.maximum) + (inner.isEmpty ? [] : [self.elements(inner)])
        case .map(let rule): return self.lengths(rule.minimum, rule.maximum)
        case .structure, .boolean, .timestamp: return []
        }
    }

    static func atMost(length: Int) -> String { "Member must have length less than or equal to \(length)" }
    static func atLeast(length: Int) -> String { "Member must have length greater than or equal to \(length)" }
    static func atMost(value: some Comparable) -> String { "Member must have value less than or equal to \(value)" }
    static func atLeast(value: some Comparable) -> String { "Member must have value greater than or equal to \(value)" }
    static func pattern(_ pattern: String) -> String { "Member must satisfy regular expression pattern: \(pattern)" }

    static func values(_ rule: StringRule) -> String {
        let values = rule.listed.isEmpty ? rule.values : rule.listed
        return "Member must satisfy enum value set: [\(values.joined(separator: ", "))]"
    }

    static func elements(_ rules: [String]) -> String {
        "Member must satisfy constraint: [\(rules.joined(separator: ", "))]"
    }

    static func keys(_ rules: [String]) -> String {
        "Map keys must satisfy constraint: [\(rules.joined(separator: ", "))]"
    }

    static func mapValues(_ rules: [String]) -> String {
        "Map value must satisfy constraint: [\(rules.joined(separator: ", "))]"
    }

    private static func lengths(_ minimum: Int?, _ maximum: Int?) -> [String] {
        [maximum.map { self.atMost(length: $0) }, minimum.map { self.atLeast(length: $0) }].compactMap { $0 }
    }

    private static func values(_ minimum: (some Comparable)?, _ maximum: (some Comparable)?) -> [String] {
        [maximum.map { self.atMost(value: $0) }, minimum.map { self.atLeast(value: $0) }].compactMap { $0 }
    }
}

extension ConstraintText {
    /// Characters of a value that a message repeats. AWS repeats all of it; a request may be 70 MB.
    private static let repeatedCharacters = 4_096

    /// `Value 'x'`, `Value null`, or nothing but `Value` where the value is a secret.
    static func subject(_ value: JSONValue?, _ shape: Shape) -> String {
        guard let value, value != .null else { return "Value null" }
        guard !self.isSensitive(shape) else { return "Value" }
        let text = self.print(value, shape)
        return
            "Value '\(text.utf8.count > self.repeatedCharacters ? text.prefix(self.repeatedCharacters) + "..." : text)'"
    }

    private static func isSensitive(_ shape: Shape) -> Bool {
        switch shape {
        case .string(let rule): rule.isSensitive
        case .map(let rule): rule.isSensitive
        case .list(let rule): self.isSensitive(rule.element)
        case .blob: true
        case .structure, .integer, .long, .double, .boolean, .timestamp: false
        }
    }

    /// As Java prints it: `[a, b]`, `{k=v}`, `Name(member=value)`.
    private static func print(_ value: JSONValue, _ shape: Shape) -> String {
        guard !self.isSensitive(shape) else { return "***" }
        switch (value, shape) {
        case (.array(let elements), .list(let rule)):
            return "[\(elements.map { self.print($0, rule.element) }.joined(separator: ", "))]"
        case (.object(let object), .map(let rule)):
            return "{\(object.map { "\($0.key)=\(self.print($0.value, rule.value))" }.joined(separator: ", "))}"
        case (.object(let object), .structure(let rule)):
            let members = rule.members.compactMap { member in
                object[member.name].map { "\(member.name.camelCased)=\(self.print($0, member.shape))" }
            }
            return "\(rule.name)(\(members.joined(separator: ", ")))"
        case (.number, .double):
            return value.doubleValue.map { "\($0)" } ?? "null"
        case (.number(let text), _), (.string(let text), _):
            return text
        case (.bool(let flag), _):
            return flag ? "true" : "false"
        case (.null, _), (.array, _), (.object, _):
            return "null"
        }
    }
}

extension String {
    /// As AWS names members in messages: only the first letter is lowered (`kMSKeyArn`).
    var camelCased: String { self.prefix(1).lowercased() + self.dropFirst() }
}
