/// A point on the monotonic clock, in nanoseconds since an arbitrary start.
package struct Instant: Hashable, Comparable, Sendable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    package func advanced(by duration: Duration) -> Instant {
        let delta = duration.nanoseconds
        if delta < 0 {
            let back = delta.magnitude
            return Instant(nanoseconds: back > self.nanoseconds ? 0 : self.nanoseconds - back)
        }
        return Instant(nanoseconds: self.nanoseconds &+ UInt64(delta))
    }

    /// The time from `earlier` to this instant; negative where `earlier` is later.
    package func since(_ earlier: Instant) -> Duration {
        .nanoseconds(Int64(bitPattern: self.nanoseconds &- earlier.nanoseconds))
    }
}

extension Duration {
    /// Whole nanoseconds, saturating at what 64 bits hold (292 years).
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (scaled, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isJustTooLong) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isTooLong || isJustTooLong ? (seconds < 0 ? .min : .max) : sum
    }

    package var milliseconds: Double { Double(self.nanoseconds) / 1_000_000 }
}

/// A point on the wall clock: milliseconds since 1970-01-01 UTC.
package struct WallTime: Hashable, Comparable, Sendable, Codable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: WallTime, right: WallTime) -> Bool { left.milliseconds < right.milliseconds }

    package func advanced(by duration: Duration) -> WallTime {
        WallTime(milliseconds: self.milliseconds + duration.nanoseconds / 1_000_000)
    }

    /// `2018-11-27T15:10:45.123+0000`, the form of `LastModified`.
    package var lastModifiedText: String { self.isoDate + "T" + self.timeOfDay + "+0000" }

    /// `2018-11-27T15:10:45.123Z`.
    package var isoText: String { self.isoDate + "T" + self.timeOfDay + "Z" }

    /// `2018/11/27`, the first part of a log stream's name.
    package var logStreamDate: String {
        let (year, month, day) = self.civil
        return "\(year)/\(padded(month, 2))/\(padded(day, 2))"
    }

    /// `20181127T151045Z`, the form of `X-Amz-Date`.
    package var signatureText: String {
        let (year, month, day) = self.civil
        let seconds = Int(self.milliseconds.flooredRemainder(86_400_000)) / 1000
        return "\(year)\(padded(month, 2))\(padded(day, 2))T"
            + "\(padded(seconds / 3600, 2))\(padded(seconds / 60 % 60, 2))\(padded(seconds % 60, 2))Z"
    }

    /// Parses the form of `X-Amz-Date`, `20181127T151045Z`. Returns `nil` for anything else.
    package init?(signatureText text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == 0x54, bytes[15] == 0x5A else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].reduce(0 as Int?) { sum, byte in
                guard let sum, byte >= 0x30, byte <= 0x39 else { return nil }
                return sum * 10 + Int(byte - 0x30)
            }
        }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15), (1...12).contains(month),
            (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        let days = WallTime.days(year: year, month: month, day: day)
        self.milliseconds = (((days * 24 + Int64(hour)) * 60 + Int64(minute)) * 60 + Int64(second)) * 1000
    }

    private var isoDate: String {
        let (year, month, day) = self.civil
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    private var timeOfDay: String {
        let rest = Int(self.milliseconds.flooredRemainder(86_400_000))
        return "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1000 % 60, 2))"
            + ".\(padded(rest % 1000, 3))"
    }

    /// Year, month and day of the proleptic Gregorian calendar (the usual era arithmetic: 146,097 days in 400 years).
    private var civil: (Int, Int, Int) {
        let shifted = (self.milliseconds - self.milliseconds.flooredRemainder(86_400_000)) / 86_400_000 + 719_468
        let era = (shifted - shifted.flooredRemainder(146_097)) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = Int(dayOfYear - (153 * monthIndex + 2) / 5 + 1)
        let month = Int(monthIndex < 10 ? monthIndex + 3 : monthIndex - 9)
        return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month, day)
    }

    private static func days(year: Int, month: Int, day: Int) -> Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = (shiftedYear - shiftedYear.flooredRemainder(400)) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    fileprivate func flooredRemainder(_ divisor: Int64) -> Int64 {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Where drivers read the time. Machines never do: they are told.
package protocol TimeSource: Sendable {
    var now: Instant { get }
    var wallTime: WallTime { get }
}
