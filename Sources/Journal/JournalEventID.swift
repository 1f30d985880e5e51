/// The id of a log event, made of its entry's cursor.
///
/// A cursor is `s=…;i=…;b=…;m=…;t=…;x=…` in hexadecimal, of which `t` is the time in microseconds, `i` the number in its
/// sequence and `x` a hash of the entry: together 56 digits, as many as AWS's ids have, in the order of time.
enum JournalEventID {
    static func text(ofCursor cursor: String) -> String {
        var values: [Substring: UInt64] = [:]
        for part in cursor.split(separator: ";") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let value = UInt64(sides[1], radix: 16) else { continue }
            values[sides[0]] = value
        }
        return self.digits(values["t"], 16) + self.digits(values["i"], 20) + self.digits(values["x"], 20)
    }

    private static func digits(_ value: UInt64?, _ count: Int) -> String {
        let text = String(value ?? 0)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
