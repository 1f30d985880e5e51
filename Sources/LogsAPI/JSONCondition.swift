import LambdaCore

/// A condition on the members of a JSON event.
indirect enum JSONCondition: Sendable {
    case compare(JSONSelector, Comparison)
    case isNull(JSONSelector)
    case isTrue(JSONSelector)
    case isFalse(JSONSelector)
    case exists(JSONSelector)
    case notExists(JSONSelector)
    case both(JSONCondition, JSONCondition)
    case either(JSONCondition, JSONCondition)

    func holds(for event: JSONValue) -> Bool {
        switch self {
        case .compare(let selector, let comparison):
            // What is not there is neither equal nor different.
            guard let value = selector.value(in: event) else { return false }
            return comparison.holds(for: value)
        case .isNull(let selector): return selector.value(in: event) == .null
        case .isTrue(let selector): return selector.value(in: event) == .bool(true)
        case .isFalse(let selector): return selector.value(in: event) == .bool(false)
        case .exists(let selector): return selector.value(in: event) != nil
        case .notExists(let selector): return selector.value(in: event) == nil
        case .both(let left, let right): return left.holds(for: event) && right.holds(for: event)
        case .either(let left, let right): return left.holds(for: event) || right.holds(for: event)
        }
    }
}

/// A place in a JSON event: `$.a.b[0].c`.
struct JSONSelector: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        case member(String)
        case element(Int)
    }

    let steps: [Step]

    func value(in event: JSONValue) -> JSONValue? {
        var value = event
        for step in self.steps {
            switch (step, value) {
            case (.member(let name), .object(let object)):
                guard let next = object[name] else { return nil }
                value = next
            case (.element(let index), .array(let elements)):
                guard elements.indices.contains(index) else { return nil }
                value = elements[index]
            default: return nil
            }
        }
        return value
    }
}

/// Reads `$.a = 1 && ($.b IS TRUE || $.c NOT EXISTS)`; `&&` binds closer than `||`.
struct JSONConditionParser {
    /// How deep parentheses may stand in each other.
    private static let maximumDepth = 32

    private var rest: Substring
    private var depth = 0

    init(_ text: String) { self.rest = text[...] }

    mutating func parse() throws(FilterPattern.SyntaxError) -> JSONCondition {
        let condition = try self.disjunction()
        self.skipBlanks()
        guard self.rest.isEmpty else { throw .init(description: "'\(self.rest.prefix(20))' was not expected.") }
        return condition
    }

    private mutating func disjunction() throws(FilterPattern.SyntaxError) -> JSONCondition {
        var condition = try self.conjunction()
        while self.take("||") { condition = .either(condition, try self.conjunction()) }
        return condition
    }

    private mutating func conjunction() throws(FilterPattern.SyntaxError) -> JSONCondition {
        var condition = try self.primary()
        while self.take("&&") { condition = .both(condition, try self.primary()) }
        return condition
    }

    private mutating func primary() throws(FilterPattern.SyntaxError) -> JSONCondition {
        guard self.take("(") else { return try self.simple() }
        self.depth += 1
        guard self.depth <= Self.maximumDepth else { throw .init(description: "Parentheses are nested too deep.") }
        let condition = try self.disjunction()
        guard self.take(")") else { throw .init(description: "A parenthesis is not closed.") }
        self.depth -= 1
        return condition
    }

    private mutating func simple() throws(FilterPattern.SyntaxError) -> JSONCondition {
        let selector = try self.selector()
        for comparison in ComparisonOperator.allCases where self.take(comparison.rawValue) {
            let (operand, isQuoted) = try self.operand()
            return .compare(selector, try Comparison(comparison, operand, isQuoted: isQuoted))
        }
        switch (self.word(), self.word()) {
        case ("IS", "NULL"): return .isNull(selector)
        case ("IS", "TRUE"): return .isTrue(selector)
        case ("IS", "FALSE"): return .isFalse(selector)
        case ("NOT", "EXISTS"): return .notExists(selector)
        case ("EXISTS", ""): return .exists(selector)
        default: throw .init(description: "An operator is missing after a selector.")
        }
    }

    private mutating func selector() throws(FilterPattern.SyntaxError) -> JSONSelector {
        guard self.take("$") else { throw .init(description: "A selector begins with '$'.") }
        var steps: [JSONSelector.Step] = []
        while let next = self.rest.first, next == "." || next == "[" {
            self.rest = self.rest.dropFirst()
            steps.append(next == "." ? try self.member() : try self.subscripted())
        }
        return JSONSelector(steps: steps)
    }

    private mutating func member() throws(FilterPattern.SyntaxError) -> JSONSelector.Step {
        let name = self.rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "@" || $0 == "/" }
        guard !name.isEmpty else { throw .init(description: "A name is missing after '.'.") }
        self.rest = self.rest.dropFirst(name.count)
        return .member(String(name))
    }

    /// `[0]`, or `["a name with any characters"]`.
    private mutating func subscripted() throws(FilterPattern.SyntaxError) -> JSONSelector.Step {
        let step: JSONSelector.Step
        if self.rest.first == "\"" {
            step = .member(try QuotedText.read(&self.rest))
        } else {
            let digits = self.rest.prefix { $0.isASCII && $0.isNumber }
            guard let index = Int(digits) else { throw .init(description: "An index is missing after '['.") }
            self.rest = self.rest.dropFirst(digits.count)
            step = .element(index)
        }
        guard self.rest.first == "]" else { throw .init(description: "']' is missing after an index.") }
        self.rest = self.rest.dropFirst()
        return step
    }

    private mutating func operand() throws(FilterPattern.SyntaxError) -> (text: String, isQuoted: Bool) {
        self.skipBlanks()
        if self.rest.first == "\"" { return (try QuotedText.read(&self.rest), true) }
        let word = self.rest.prefix { !$0.isWhitespace && $0 != ")" && $0 != "&" && $0 != "|" }
        guard !word.isEmpty else { throw .init(description: "A value is missing after an operator.") }
        self.rest = self.rest.dropFirst(word.count)
        return (String(word), false)
    }

    private mutating func word() -> String {
        self.skipBlanks()
        let word = self.rest.prefix { $0.isLetter }
        self.rest = self.rest.dropFirst(word.count)
        return word.uppercased()
    }

    private mutating func take(_ token: String) -> Bool {
        self.skipBlanks()
        guard self.rest.hasPrefix(token) else { return false }
        self.rest = self.rest.dropFirst(token.count)
        return true
    }

    private mutating func skipBlanks() { self.rest = self.rest.drop { $0.isWhitespace } }
}
