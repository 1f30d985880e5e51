import LambdaCore

/// One condition of a statement: an operator, a key, and the values of which one must do.
///
/// Source of the rules: IAM user guide, "IAM JSON policy elements: Condition operators".
struct PolicyCondition: Sendable {
    enum Comparison: Sendable, Equatable {
        case text(ignoringCase: Bool)
        case pattern
        /// As patterns, but none of an ARN's six parts reaches into the next.
        case arn
        case flag
        /// Whether the key is there at all.
        case null
        /// An operator that lambdad does not have.
        case unknown
    }

    private let comparison: Comparison
    private let isNegated: Bool
    /// Met where the key is not there.
    private let ifExists: Bool
    /// In lower case.
    private let key: String
    private let values: [Value]

    private enum Value: Sendable {
        case text(String)
        case pattern(WildcardPattern)
        case arn([WildcardPattern])
    }

    /// All conditions of a statement's `Condition`; `nil` where it does not have the form of one.
    static func read(_ value: JSONValue) -> [PolicyCondition]? {
        guard let operators = value.objectValue else { return nil }
        var conditions: [PolicyCondition] = []
        for entry in operators {
            guard let keys = entry.value.objectValue else { return nil }
            for key in keys {
                guard let values = self.texts(key.value) else { return nil }
                conditions.append(PolicyCondition(entry.key, key: key.key, values: values))
            }
        }
        return conditions
    }

    private init(_ name: String, key: String, values: [String]) {
        var base = name[...]
        self.ifExists = base.hasSuffix("IfExists") && base != "NullIfExists"
        if self.ifExists { base = base.dropLast("IfExists".count) }
        (self.comparison, self.isNegated) = Self.operators[String(base)] ?? (.unknown, false)
        self.key = key.lowercased()
        self.values = values.map { [comparison] text in
            switch comparison {
            case .text(let ignoringCase): .text(ignoringCase ? text.lowercased() : text)
            case .flag, .null: .text(text.lowercased())
            case .pattern: .pattern(WildcardPattern(text))
            case .arn: .arn(Self.arnParts(text).map { WildcardPattern($0) })
            case .unknown: .text(text)
            }
        }
    }

    private static let operators: [String: (Comparison, isNegated: Bool)] = [
        "StringEquals": (.text(ignoringCase: false), false),
        "StringNotEquals": (.text(ignoringCase: false), true),
        "StringEqualsIgnoreCase": (.text(ignoringCase: true), false),
        "StringNotEqualsIgnoreCase": (.text(ignoringCase: true), true),
        "StringLike": (.pattern, false),
        "StringNotLike": (.pattern, true),
        "ArnEquals": (.arn, false),
        "ArnNotEquals": (.arn, true),
        "ArnLike": (.arn, false),
        "ArnNotLike": (.arn, true),
        "Bool": (.flag, false),
        "Null": (.null, false),
    ]

    /// - Parameter isDeny: An operator that is not known is met in a Deny and not in an Allow.
    func isMet(by request: PolicyRequest, failing isDeny: Bool) -> Bool {
        let found = request.condition(self.key)
        switch self.comparison {
        case .unknown: return isDeny
        case .null: return self.values.contains { self.matches($0, found == nil ? "true" : "false") }
        case .text, .pattern, .arn, .flag:
            // A key that is not there is unequal to everything.
            guard let found else { return self.ifExists || self.isNegated }
            return self.values.contains { self.matches($0, found) } != self.isNegated
        }
    }

    private func matches(_ value: Value, _ found: String) -> Bool {
        switch value {
        case .text(let text):
            switch self.comparison {
            case .text(ignoringCase: true), .flag, .null: return text == found.lowercased()
            case .text(ignoringCase: false), .pattern, .arn, .unknown: return text == found
            }
        case .pattern(let pattern): return pattern.matches(found)
        case .arn(let patterns):
            let parts = Self.arnParts(found)
            guard patterns.count == 6, parts.count == 6 else { return false }
            return zip(patterns, parts).allSatisfy { $0.matches($1) }
        }
    }

    /// The sixth part keeps its colons.
    private static func arnParts(_ arn: String) -> [String] {
        arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map { String($0) }
    }

    /// Values are texts; a boolean may be written as one or as a JSON boolean.
    private static func texts(_ value: JSONValue) -> [String]? {
        let elements = value.arrayValue ?? [value]
        let texts = elements.compactMap { $0.stringValue ?? $0.boolValue.map { $0 ? "true" : "false" } }
        return texts.count == elements.count ? texts : nil
    }
}
