import Synchronization

/// The model's regular expressions, compiled at their first use.
package enum PatternBook {
    /// Characters that a pattern is tried on, the largest maximum of a shape with one. Whatever is longer and has no
    /// maximum does not match: matching takes stack and time, and nothing that AWS accepts is this long.
    package static let longestText = 10_000

    /// Swift's engine has no lookbehind; this says the same about the end of the text.
    private static let equivalents: [String: String] = [
        #"[0-9A-Za-z\.\-_]*(?<!\.)"#: #"(?![\s\S]*\.\z)[0-9A-Za-z\.\-_]*"#
    ]

    private static let compiled = Mutex<[String: Regex<AnyRegexOutput>]>([:])

    /// Whether all of `text` matches `pattern`. A pattern that cannot be compiled matches nothing.
    package static func matches(_ text: String, _ pattern: String) -> Bool {
        guard text.utf8.count <= self.longestText else { return false }
        return self.compiled.withLock { book in
            guard let regex = book[pattern] ?? (try? self.compile(pattern)) else { return false }
            book[pattern] = regex
            // The engine fails only when it runs out of its own limits, which is no match either.
            return (try? regex.firstMatch(in: text)) != nil
        }
    }

    /// Compiles with Java's meaning: ASCII classes, code points instead of grapheme clusters, the whole text.
    package static func compile(_ pattern: String) throws -> Regex<AnyRegexOutput> {
        try Regex(#"\A(?:\#(self.equivalents[pattern] ?? pattern))\z"#)
            .asciiOnlyCharacterClasses()
            .matchingSemantics(.unicodeScalar)
    }
}
