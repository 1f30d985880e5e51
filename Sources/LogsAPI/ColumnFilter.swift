/// Columns of an event whose words are separated by blanks: `[ip, user, ..., status = 4*, bytes > 1000]`.
///
/// Text between quotes or brackets is one word. `...` stands for any number of columns.
struct ColumnFilter: Sendable {
    private enum Column: Sendable {
        case any
        /// Every one must hold.
        case all([Comparison])
        /// One must hold.
        case one([Comparison])

        func holds(for word: String) -> Bool {
            switch self {
            case .any: true
            case .all(let comparisons): comparisons.allSatisfy { $0.holds(forText: word) }
            case .one(let comparisons): comparisons.contains { $0.holds(forText: word) }
            }
        }
    }

    /// Those before `...`, or all where there is none.
    private var leading: [Column] = []
    /// Those after `...`.
    private var trailing: [Column] = []
    private var isOpen = false

    init(parsing text: String) throws(FilterPattern.SyntaxError) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let column = String(part).trimmingBlanks
            guard !column.isEmpty else { throw .init(description: "A column has no name.") }
            if column == "..." {
                guard !self.isOpen else { throw .init(description: "'...' may stand once.") }
                self.isOpen = true
            } else if self.isOpen {
                self.trailing.append(try Self.column(column))
            } else {
                self.leading.append(try Self.column(column))
            }
        }
    }

    private static func column(_ text: Substring) throws(FilterPattern.SyntaxError) -> Column {
        let alternatives = text.split(separator: "||", omittingEmptySubsequences: true)
        let conjuncts = text.split(separator: "&&", omittingEmptySubsequences: true)
        guard alternatives.count == 1 || conjuncts.count == 1 else {
            throw .init(description: "A column joins its conditions by '&&' or by '||', not by both.")
        }
        let isDisjunction = alternatives.count > 1
        var comparisons: [Comparison] = []
        for part in isDisjunction ? alternatives : conjuncts {
            if let comparison = try Self.comparison(part) { comparisons.append(comparison) }
        }
        guard !comparisons.isEmpty else { return .any }
        return isDisjunction ? .one(comparisons) : .all(comparisons)
    }

    private static func comparison(_ text: Substring) throws(FilterPattern.SyntaxError) -> Comparison? {
        for candidate in ComparisonOperator.allCases {
            guard let place = text.firstRange(of: candidate.rawValue) else { continue }
            var operand = String(text[place.upperBound...]).trimmingBlanks
            guard operand.first == "\"" else { return try Comparison(candidate, String(operand), isQuoted: false) }
            return try Comparison(candidate, try QuotedText.read(&operand), isQuoted: true)
        }
        return nil
    }

    func matches(_ message: String) -> Bool {
        let words = Self.words(of: message)
        let least = self.leading.count + self.trailing.count
        guard self.isOpen ? words.count >= least : words.count == least else { return false }
        return zip(self.leading, words).allSatisfy { $0.holds(for: $1) }
            && zip(self.trailing, words.suffix(self.trailing.count)).allSatisfy { $0.holds(for: $1) }
    }

    private static func words(of message: String) -> [String] {
        var words: [String] = []
        var rest = message[...]
        while true {
            rest = rest.drop { $0.isWhitespace }
            guard let first = rest.first else { return words }
            let closing: Character? = first == "\"" ? "\"" : first == "[" ? "]" : nil
            if let closing, let end = rest.dropFirst().firstIndex(of: closing) {
                words.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let word = rest.prefix { !$0.isWhitespace }
                words.append(String(word))
                rest = rest.dropFirst(word.count)
            }
        }
    }
}
