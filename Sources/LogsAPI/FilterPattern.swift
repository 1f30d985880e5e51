import LambdaCore

/// A CloudWatch Logs filter pattern: which log events FilterLogEvents gives.
///
/// Three kinds: terms (`ERROR -debug "two words" ?maybe`), a condition on JSON events (`{ $.level = "ERROR" }`), and columns
/// of events whose words are separated by blanks (`[ip, user, status = 4*]`). The empty pattern takes everything.
///
/// Source: CloudWatch Logs user guide, "Filter pattern syntax".
package struct FilterPattern: Sendable {
    enum Kind: Sendable {
        case everything
        case terms(TermFilter)
        case json(JSONCondition)
        case columns(ColumnFilter)
    }

    /// Why a pattern is none.
    package struct SyntaxError: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Characters of a pattern; the service model's bound.
    package static let maximumLength = 1_024

    private let kind: Kind

    package init(parsing text: String) throws(SyntaxError) {
        let trimmed = text.trimmingBlanks
        guard trimmed.count <= Self.maximumLength else {
            throw SyntaxError(description: "The filter pattern is longer than \(Self.maximumLength) characters.")
        }
        switch trimmed.first {
        case nil: self.kind = .everything
        case "{":
            guard trimmed.last == "}" else { throw SyntaxError(description: "The closing brace is missing.") }
            var parser = JSONConditionParser(String(trimmed.dropFirst().dropLast()))
            self.kind = .json(try parser.parse())
        case "[":
            guard trimmed.last == "]" else { throw SyntaxError(description: "The closing bracket is missing.") }
            self.kind = .columns(try ColumnFilter(parsing: String(trimmed.dropFirst().dropLast())))
        default: self.kind = .terms(try TermFilter(parsing: String(trimmed)))
        }
    }

    package func matches(_ message: String) -> Bool {
        switch self.kind {
        case .everything: return true
        case .terms(let filter): return filter.matches(message)
        case .columns(let filter): return filter.matches(message)
        case .json(let condition):
            // An event that is no JSON has no members to hold against the condition.
            guard let value = try? JSONValue.parse(Array(message.utf8)) else { return false }
            return condition.holds(for: value)
        }
    }
}

/// Terms: all that are required, none that are excluded, and one of the optional ones where there are no others.
struct TermFilter: Sendable {
    private var required: [String] = []
    private var excluded: [String] = []
    private var optional: [String] = []

    init(parsing text: String) throws(FilterPattern.SyntaxError) {
        var rest = text[...]
        while true {
            rest = rest.drop { $0.isWhitespace }
            guard let first = rest.first else { break }
            if first == "-" || first == "?" { rest = rest.dropFirst() }
            let term = try Self.term(&rest)
            guard !term.isEmpty else { throw .init(description: "A term is missing after '\(first)'.") }
            switch first {
            case "-": self.excluded.append(term)
            case "?": self.optional.append(term)
            default: self.required.append(term)
            }
        }
    }

    private static func term(_ rest: inout Substring) throws(FilterPattern.SyntaxError) -> String {
        guard rest.first == "\"" else {
            let word = rest.prefix { !$0.isWhitespace }
            rest = rest.dropFirst(word.count)
            return String(word)
        }
        return try QuotedText.read(&rest)
    }

    func matches(_ message: String) -> Bool {
        // Beside terms that must or must not be there, optional ones say nothing.
        guard self.required.isEmpty, self.excluded.isEmpty else {
            return self.required.allSatisfy { message.contains($0) }
                && !self.excluded.contains { message.contains($0) }
        }
        return self.optional.contains { message.contains($0) }
    }
}

/// Text between double quotes, where a backslash takes the next character as it is.
enum QuotedText {
    /// - Parameter rest: Begins with the opening quote; afterwards with what follows the closing one.
    static func read(_ rest: inout Substring) throws(FilterPattern.SyntaxError) -> String {
        var text = ""
        rest = rest.dropFirst()
        while let character = rest.popFirst() {
            switch character {
            case "\"": return text
            case "\\":
                guard let next = rest.popFirst() else { break }
                text.append(next)
            default: text.append(character)
            }
        }
        throw .init(description: "A quote is not closed.")
    }
}

/// A text that may have `*` at its ends or inside, for any characters.
struct Wildcard: Sendable, Equatable {
    private let parts: [String]

    init(_ text: String) {
        self.parts = text.split(separator: "*", omittingEmptySubsequences: false).map { String($0) }
    }

    func matches(_ text: String) -> Bool {
        guard let first = self.parts.first, self.parts.count > 1 else { return text == self.parts.first }
        guard text.hasPrefix(first) else { return false }
        var rest = text.dropFirst(first.count)
        for part in self.parts.dropFirst().dropLast() where !part.isEmpty {
            guard let place = rest.firstRange(of: part) else { return false }
            rest = rest[place.upperBound...]
        }
        let last = self.parts.last ?? ""
        return rest.count >= last.count && rest.hasSuffix(last)
    }
}

extension String {
    var trimmingBlanks: Substring {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
