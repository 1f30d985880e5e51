/// Which functions a chain of invocations has gone through, and how often it came back to each.
///
/// `1:<hash>:<times>`, further functions after a `|`: the version of the form, then a hash of a function with the times
/// that the chain came back to it. The form is as seen on AWS, whose hashes nobody else can know.
///
/// Source: Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops".
package struct Lineage: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package let hash: UInt32
        /// 0 for the first invocation.
        package var times: Int
    }

    /// What the caller of one invocation too many is told. Source: Lambda API reference, `RecursiveInvocationException`.
    package static let loopText =
        "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and "
        + "stopped your function's invocation."

    /// Functions of one chain that are remembered; past it the first is forgotten.
    private static let entryLimit = 32
    /// Times are not counted further: they are far beyond the limit then.
    private static let timesLimit = 9_999

    package private(set) var entries: [Entry] = []

    package init() {}

    /// Returns `nil` for another form.
    package init?(_ text: Substring) {
        for (index, part) in text.split(separator: "|", omittingEmptySubsequences: false).enumerated() {
            var fields = part.split(separator: ":", omittingEmptySubsequences: false)
            if index == 0, fields.count == 3 {
                guard fields.removeFirst() == "1" else { return nil }
            }
            guard fields.count == 2, fields[0].utf8.count == 8, let hash = UInt32(fields[0], radix: 16),
                let times = Int(fields[1]), (0...Self.timesLimit).contains(times)
            else { return nil }
            self.entries.append(Entry(hash: hash, times: times))
        }
        guard self.entries.count <= Self.entryLimit else { return nil }
    }

    package var text: String {
        var text = "1:"
        for (index, entry) in self.entries.enumerated() {
            if index > 0 { text += "|" }
            text += FixedHex.text(UInt64(entry.hash), digits: 8)
            text += ":"
            text += String(entry.times)
        }
        return text
    }

    /// The chain goes on to `function`.
    package mutating func reached(_ function: FunctionKey) {
        let hash = Self.hash(of: function)
        if let place = self.entries.firstIndex(where: { $0.hash == hash }) {
            self.entries[place].times = min(self.entries[place].times + 1, Self.timesLimit)
            return
        }
        if self.entries.count == Self.entryLimit { self.entries.removeFirst() }
        self.entries.append(Entry(hash: hash, times: 0))
    }

    /// Whether the invocation of `function` that the chain has reached is one too many.
    package func isLoop(of function: FunctionKey) -> Bool {
        let hash = Self.hash(of: function)
        return self.entries.contains { $0.hash == hash && $0.times >= Limits.recursiveInvocations }
    }

    /// FNV-1a over account, region and name.
    private static func hash(of function: FunctionKey) -> UInt32 {
        var hash: UInt32 = 0x811C_9DC5
        func add(_ byte: UInt8) { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        for byte in function.account.digits.utf8 { add(byte) }
        add(0x3A)
        for byte in function.region.name.utf8 { add(byte) }
        add(0x3A)
        for byte in function.name.text.utf8 { add(byte) }
        return hash
    }
}

extension Lineage {
    /// A trace header whose chain has gone on to `function`; the header as it is where it is none.
    package static func header(_ header: String, reaching function: FunctionKey) -> String {
        guard var trace = TraceContext(header) else { return header }
        var lineage = trace.lineage ?? Lineage()
        lineage.reached(function)
        trace.lineage = lineage
        return trace.text
    }

    /// Whether the header's chain has come to `function` once too often.
    package static func isLoop(_ header: String, of function: FunctionKey) -> Bool {
        TraceContext(header)?.lineage?.isLoop(of: function) ?? false
    }
}
