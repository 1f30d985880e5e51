import LambdaCore

/// How a value of an event is compared with one of a pattern.
enum ComparisonOperator: String, Sendable, CaseIterable {
    // The longer ones first, for they begin as the shorter ones do.
    case notEqual = "!="
    case atMost = "<="
    case atLeast = ">="
    case equal = "="
    case below = "<"
    case above = ">"

    func holds(_ left: Double, _ right: Double) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .below: left < right
        case .above: left > right
        case .atMost: left <= right
        case .atLeast: left >= right
        }
    }
}

/// What a pattern compares with: a number, or a text with wildcards.
struct Comparison: Sendable {
    let comparison: ComparisonOperator
    let text: Wildcard
    let number: Double?

    /// - Parameter isQuoted: A quoted number is a text.
    init(_ comparison: ComparisonOperator, _ operand: String, isQuoted: Bool) throws(FilterPattern.SyntaxError) {
        self.comparison = comparison
        self.text = Wildcard(operand)
        self.number = isQuoted ? nil : Double(operand)
        switch comparison {
        case .equal, .notEqual: break
        case .below, .above, .atMost, .atLeast:
            guard self.number != nil else {
                throw .init(description: "'\(comparison.rawValue)' compares numbers, and '\(operand)' is none.")
            }
        }
    }

    func holds(forText value: String) -> Bool {
        if let number, let measured = Double(value) { return self.comparison.holds(measured, number) }
        switch self.comparison {
        case .equal: return self.text.matches(value)
        case .notEqual: return !self.text.matches(value)
        case .below, .above, .atMost, .atLeast: return false
        }
    }

    func holds(for value: JSONValue) -> Bool {
        switch value {
        case .number(let literal):
            guard let number, let measured = Double(literal) else { return self.comparison == .notEqual }
            return self.comparison.holds(measured, number)
        case .string(let text):
            // A pattern's number is no text, so it is equal to none.
            guard self.number == nil else { return self.comparison == .notEqual }
            return self.holds(forText: text)
        case .bool(let flag): return self.holds(forText: flag ? "true" : "false")
        case .null, .array, .object: return self.comparison == .notEqual
        }
    }
}
