/// A text in which `*` stands for any characters, also none, and `?` for exactly one.
struct WildcardPattern: Sendable, Equatable {
    private let scalars: [Unicode.Scalar]
    /// Whether there is anything to match; plain texts are compared as they are.
    private let hasWildcard: Bool
    private let text: String
    private let ignoresCase: Bool

    init(_ text: String, ignoringCase: Bool = false) {
        let text = ignoringCase ? text.lowercased() : text
        self.text = text
        self.scalars = Array(text.unicodeScalars)
        self.hasWildcard = self.scalars.contains("*") || self.scalars.contains("?")
        self.ignoresCase = ignoringCase
    }

    func matches(_ candidate: String) -> Bool {
        let candidate = self.ignoresCase ? candidate.lowercased() : candidate
        guard self.hasWildcard else { return candidate == self.text }
        return self.matches(Array(candidate.unicodeScalars))
    }

    /// Only the last `*` is ever tried again, for what an earlier one could take, it can take, too. So the work is at most
    /// the product of the two lengths, whatever the pattern.
    private func matches(_ candidate: [Unicode.Scalar]) -> Bool {
        var place = 0
        var next = 0
        var retry: (place: Int, next: Int)?
        while next < candidate.count {
            if place < self.scalars.count, self.scalars[place] == "*" {
                retry = (place, next)
                place += 1
            } else if place < self.scalars.count, self.scalars[place] == "?" || self.scalars[place] == candidate[next] {
                place += 1
                next += 1
            } else if let star = retry {
                retry = (star.place, star.next + 1)
                place = star.place + 1
                next = star.next + 1
            } else {
                return false
            }
        }
        return self.scalars[place...].allSatisfy { $0 == "*" }
    }
}
