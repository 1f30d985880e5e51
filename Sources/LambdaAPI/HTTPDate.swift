import LambdaCore

/// The `Date` header: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, IMF-fixdate).
struct HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private var second: Int64 = -1
    private var text = ""

    /// The text for `time`; formatted at most once a second.
    mutating func text(at time: WallTime) -> String {
        let second = time.milliseconds / 1_000
        if second != self.second {
            self.second = second
            self.text = HTTPDate.format(time)
        }
        return self.text
    }

    static func format(_ time: WallTime) -> String {
        let compact = Array(time.signatureText.utf8)
        func digits(_ range: Range<Int>) -> String { String(decoding: compact[range], as: UTF8.self) }
        let days = Int(max(0, time.milliseconds) / 86_400_000)
        let month = (Int(digits(4..<6)) ?? 1) - 1
        return "\(self.weekdays[days % 7]), \(digits(6..<8)) \(self.months[month]) \(digits(0..<4)) "
            + "\(digits(9..<11)):\(digits(11..<13)):\(digits(13..<15)) GMT"
    }

    /// `06/Nov/1994:08:49:37 +0000`, the form of access logs and of `requestContext.time`.
    static func formatForLog(_ time: WallTime) -> String {
        let compact = Array(time.signatureText.utf8)
        func digits(_ range: Range<Int>) -> String { String(decoding: compact[range], as: UTF8.self) }
        let month = (Int(digits(4..<6)) ?? 1) - 1
        return "\(digits(6..<8))/\(self.months[month])/\(digits(0..<4)):"
            + "\(digits(9..<11)):\(digits(11..<13)):\(digits(13..<15)) +0000"
    }
}
