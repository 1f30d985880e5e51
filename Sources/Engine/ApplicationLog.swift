package import LambdaCore

/// Which lines of a function's own log are kept.
///
/// Only logs in JSON format are filtered. A line's level is that of its frame, else the member `level` of a JSON line that
/// has a `timestamp` too; every other line counts as INFO.
///
/// Source: Lambda developer guide, "Log-level filtering".
package struct ApplicationLog: Sendable, Equatable {
    /// `nil` keeps everything.
    private let threshold: LogLevel?

    package init(_ logging: FunctionRecord.Logging) {
        self.threshold = logging.format == "JSON" ? LogLevel(name: logging.applicationLevel ?? "INFO") ?? .info : nil
    }

    package func keeps(_ record: LogRecord) -> Bool {
        guard let threshold = self.threshold, threshold > .trace else { return true }
        if let level = record.level { return level >= threshold }
        // Nearly every line is plain text, and the text of a JSON object begins like one.
        guard record.message.first(where: { $0 != 0x20 && $0 != 0x09 }) == 0x7B else { return .info >= threshold }
        return Self.level(of: record.message) >= threshold
    }

    private static func level(of line: [UInt8]) -> LogLevel {
        guard let object = try? JSONValue.parse(line).objectValue, let name = object["level"]?.stringValue,
            let level = LogLevel(name: name), let time = object["timestamp"]?.stringValue, RFC3339.isTime(time)
        else { return .info }
        return level
    }
}

/// The form of a point in time in RFC 3339, 5.6: `1985-04-12T23:20:50.52Z`.
enum RFC3339 {
    /// By its form and ranges; which months have 31 days is not looked at.
    static func isTime(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int, _ range: ClosedRange<Int>, then mark: UInt8? = nil) -> Bool {
            let found = rest.prefix(digits)
            guard found.count == digits, found.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                range.contains(found.reduce(0) { $0 * 10 + Int($1 - 0x30) })
            else { return false }
            rest = rest.dropFirst(digits)
            guard let mark else { return true }
            guard let next = rest.popFirst() else { return false }
            // T and Z may be written small.
            return next == mark || (mark == 0x54 && next == 0x74)
        }
        guard number(4, 0...9_999, then: 0x2D), number(2, 1...12, then: 0x2D), number(2, 1...31, then: 0x54),
            number(2, 0...23, then: 0x3A), number(2, 0...59, then: 0x3A), number(2, 0...60)
        else { return false }
        if rest.first == 0x2E {
            let fraction = rest.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard !fraction.isEmpty else { return false }
            rest = rest[fraction.endIndex...]
        }
        switch rest.popFirst() {
        case 0x5A, 0x7A: return rest.isEmpty
        case 0x2B, 0x2D: return number(2, 0...23, then: 0x3A) && number(2, 0...59) && rest.isEmpty
        default: return false
        }
    }
}
