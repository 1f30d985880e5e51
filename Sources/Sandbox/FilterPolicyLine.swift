/// The words of one line of a policy, taken from left to right.
struct FilterPolicyLine {
    let number: Int
    private var words: ArraySlice<Substring>

    init(_ content: Substring, number: Int) {
        let code = content.prefix { $0 != "#" }
        self.number = number
        self.words = code.split { $0 == " " || $0 == "\t" || $0 == "\r" }[...]
    }

    mutating func next() -> String? {
        self.words.popFirst().map(String.init)
    }

    mutating func accept(_ word: String) -> Bool {
        guard let first = self.words.first, first == word else { return false }
        self.words.removeFirst()
        return true
    }

    mutating func expect(_ word: String) throws(FilterError) {
        guard self.accept(word) else { throw self.invalid("“\(word)” expected \(self.place)") }
    }

    mutating func expectEnd() throws(FilterError) {
        guard self.words.isEmpty else { throw self.invalid("nothing expected \(self.place)") }
    }

    /// Everything up to the next word of the grammar, or the end.
    mutating func names() -> [String] {
        let names = self.words.prefix { $0 != "when" && $0 != "errno" }
        self.words = self.words.dropFirst(names.count)
        return names.map(String.init)
    }

    mutating func errno() throws(FilterError) -> FilterErrno {
        guard let word = self.next() else { throw self.invalid("the name of an errno expected at the end") }
        guard let errno = FilterErrno(rawValue: word) else {
            let known = FilterErrno.allCases.map(\.rawValue).joined(separator: ", ")
            throw self.invalid("“\(word)” is none of \(known)")
        }
        return errno
    }

    mutating func condition() throws(FilterError) -> FilterPolicy.Condition {
        guard let word = self.next() else { throw self.invalid("a condition expected at the end") }
        guard word.hasPrefix("arg"), let argument = Int(word.dropFirst(3)), (0...5).contains(argument) else {
            throw self.invalid("“\(word)” is none of arg0 through arg5")
        }
        let comparison: FilterPolicy.Condition.Comparison
        switch self.next() {
        case "==":
            comparison = .equal(try self.value())
        case ">":
            comparison = .greater(try self.value())
        case "&":
            let mask = try self.value()
            try self.expect("==")
            let value = try self.value()
            guard value & ~mask == 0 else { throw self.invalid("the value has bits that the mask removes") }
            comparison = .masked(mask: mask, value: value)
        default:
            throw self.invalid("one of ==, & and > expected after “\(word)”")
        }
        return FilterPolicy.Condition(argument: argument, comparison: comparison)
    }

    func invalid(_ reason: String) -> FilterError {
        .invalid(line: self.number, reason: reason)
    }

    private var place: String {
        self.words.first.map { "instead of “\($0)”" } ?? "at the end"
    }

    private mutating func value() throws(FilterError) -> UInt64 {
        guard let word = self.next() else { throw self.invalid("a number expected at the end") }
        let number = word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : UInt64(word)
        guard let number else { throw self.invalid("“\(word)” is not a number of 64 bits") }
        return number
    }
}
