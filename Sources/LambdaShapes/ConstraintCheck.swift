import LambdaCore

/// Collects every violation of the model's constraints, in the model's order.
struct ConstraintCheck {
    private(set) var violations: [String] = []

    /// - Parameter isTopLevel: Of the input itself, a raw payload is judged by whoever has the bytes.
    mutating func structure(_ object: JSONObject, members: [Member], path: String, isTopLevel: Bool = false) {
        for member in members {
            if isTopLevel, member.location == .payload, case .blob = member.shape { continue }
            let place = path.isEmpty ? member.name.camelCased : "\(path).\(member.name.camelCased)"
            if let value = object[member.name] {
                self.value(value, member.shape, path: place)
            } else if member.isRequired {
                self.violated(ConstraintText.notNull, by: nil, member.shape, at: place)
            }
        }
    }

    private mutating func value(_ value: JSONValue, _ shape: Shape, path: String) {
        switch (value, shape) {
        case (.object(let object), .structure(let rule)):
            self.structure(object, members: rule.members, path: path)
        case (.array(let elements), .list(let rule)):
            self.broken(ConstraintCheck.length(elements.count, rule.minimum, rule.maximum), value, shape, path)
            self.list(elements, rule, value: value, shape: shape, path: path)
        case (.object(let object), .map(let rule)):
            self.broken(ConstraintCheck.length(object.count, rule.minimum, rule.maximum), value, shape, path)
            self.map(object, rule, value: value, shape: shape, path: path)
        default:
            self.broken(ConstraintCheck.brokenRules(value, shape), value, shape, path)
        }
    }

    /// AWS answers with one sentence for all elements, except where they are structures.
    private mutating func list(
        _ elements: [JSONValue], _ rule: ListRule, value: JSONValue, shape: Shape, path: String
    ) {
        if case .structure(let inner) = rule.element {
            for (index, element) in elements.enumerated() {
                let place = "\(path).\(index + 1).member"
                if let object = element.objectValue {
                    self.structure(object, members: inner.members, path: place)
                } else {
                    self.violated(ConstraintText.notNull, by: nil, rule.element, at: place)
                }
            }
            return
        }
        guard elements.contains(where: { !ConstraintCheck.isMet($0, rule.element) }) else { return }
        if case .string(let values) = rule.element, !values.listed.isEmpty {
            // Such lists are not judged by AWS's framework, and its words are those for a single value.
            return self.violated(ConstraintText.values(values), by: value, shape, at: path)
        }
        let rules = ConstraintCheck.listed(rule.element, mentionNull: rule.mentionsNull || elements.contains(.null))
        self.violated(ConstraintText.elements(rules), by: value, shape, at: path)
    }

    private mutating func map(_ object: JSONObject, _ rule: MapRule, value: JSONValue, shape: Shape, path: String) {
        if object.contains(where: { !ConstraintCheck.isMet(.string($0.key), rule.key) }) {
            let rules = ConstraintCheck.listed(rule.key, mentionNull: false)
            self.violated(ConstraintText.keys(rules), by: value, shape, at: path)
        }
        if object.contains(where: { !ConstraintCheck.isMet($0.value, rule.value) }) {
            let rules = ConstraintCheck.listed(rule.value, mentionNull: object.contains { $0.value == .null })
            self.violated(ConstraintText.mapValues(rules), by: value, shape, at: path)
        }
    }

    private mutating func broken(_ rules: [String], _ value: JSONValue, _ shape: Shape, _ path: String) {
        for rule in rules { self.violated(rule, by: value, shape, at: path) }
    }

    private mutating func violated(_ rule: String, by value: JSONValue?, _ shape: Shape, at path: String) {
        self.violations.append(
            "\(ConstraintText.subject(value, shape)) at '\(path)' failed to satisfy constraint: \(rule)")
    }
}

extension ConstraintCheck {
    /// The rules of an element's shape; a null among the elements must find its rule there.
    private static func listed(_ shape: Shape, mentionNull: Bool) -> [String] {
        let rules = ConstraintText.all(of: shape)
        return mentionNull && !rules.contains(ConstraintText.notNull) ? rules + [ConstraintText.notNull] : rules
    }

    private static func isMet(_ value: JSONValue, _ shape: Shape) -> Bool {
        switch (value, shape) {
        case (.null, _): return false
        case (.array(let elements), .list(let rule)):
            return self.length(elements.count, rule.minimum, rule.maximum).isEmpty
                && elements.allSatisfy { self.isMet($0, rule.element) }
        default: return self.brokenRules(value, shape).isEmpty
        }
    }

    /// The rules of a scalar that are not met.
    private static func brokenRules(_ value: JSONValue, _ shape: Shape) -> [String] {
        switch (value, shape) {
        case (.string(let text), .string(let rule)):
            guard rule.values.isEmpty else {
                return rule.values.contains(text) ? [] : [ConstraintText.values(rule)]
            }
            let length = self.length(text.unicodeScalars.count, rule.minimum, rule.maximum)
            guard let pattern = rule.pattern, !PatternBook.matches(text, pattern) else { return length }
            return length + [ConstraintText.pattern(pattern)]
        case (.string(let text), .blob(let rule)):
            let padding = text.utf8.suffix(2).count { $0 == 0x3D }
            return self.length(text.utf8.count / 4 * 3 - padding, rule.minimum, rule.maximum)
        case (.number, .integer(let rule)), (.number, .long(let rule)):
            return value.intValue.map { self.range($0, rule.minimum, rule.maximum) } ?? []
        case (.number, .double(let rule)):
            return value.doubleValue.map { self.range($0, rule.minimum, rule.maximum) } ?? []
        default:
            // The types have been checked before: what is left has no rule of its own.
            return []
        }
    }

    private static func length(_ length: Int, _ minimum: Int?, _ maximum: Int?) -> [String] {
        if let maximum, length > maximum { return [ConstraintText.atMost(length: maximum)] }
        if let minimum, length < minimum { return [ConstraintText.atLeast(length: minimum)] }
        return []
    }

    private static func range<Number: Comparable>(_ value: Number, _ minimum: Number?, _ maximum: Number?) -> [String] {
        if let maximum, value > maximum { return [ConstraintText.atMost(value: maximum)] }
        if let minimum, value < minimum { return [ConstraintText.atLeast(value: minimum)] }
        return []
    }
}
