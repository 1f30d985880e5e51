import LambdaCore
import Testing

@Suite struct `A wall time` {
    /// Each against the calendar of another implementation (`date -u`).
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_543_331_445_123, "2018-11-27T15:10:45.123Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `is written as ISO 8601, leap years and all`(milliseconds: Int64, text: String) {
        #expect(WallTime(milliseconds: milliseconds).isoText == text)
    }

    @Test func `has the other forms that AWS uses`() {
        let time = WallTime(milliseconds: 1_543_331_445_123)
        #expect(time.lastModifiedText == "2018-11-27T15:10:45.123+0000")
        #expect(time.logStreamDate == "2018/11/27")
        #expect(time.signatureText == "20181127T151045Z")
    }

    @Test(arguments: [
        "19700101T000000Z", "20000229T120000Z", "20240229T235959Z", "20241231T235959Z", "21000301T000000Z",
        "19691231T235959Z",
    ])
    func `is read from the form of a signature`(text: String) {
        #expect(WallTime(signatureText: text)?.signatureText == text)
    }

    @Test func `goes through every day of four centuries and back`() {
        for day in Int64(0)..<146_097 {
            let time = WallTime(milliseconds: day * 86_400_000)
            if WallTime(signatureText: time.signatureText) != time {
                Issue.record("\(time.signatureText) is not read back")
                return
            }
        }
    }

    @Test(arguments: [
        "", "20181127", "20181127T151045", "2018-11-27T15:10", "20181127t151045Z", "20181127T151045z",
        "20181327T151045Z",
        "20180027T151045Z", "20181100T151045Z", "20181132T151045Z", "20181127T241045Z", "20181127T156045Z",
        "20181127T151061Z",
        "2018112aT151045Z", "20181127T151045ZZ",
    ])
    func `is not read from anything else`(text: String) {
        #expect(WallTime(signatureText: text) == nil)
    }

    @Test func `moves by a duration and has an order`() {
        let time = WallTime(milliseconds: 1_000)
        #expect(time.advanced(by: .seconds(2)) == WallTime(milliseconds: 3_000))
        #expect(time.advanced(by: .milliseconds(-1_500)) == WallTime(milliseconds: -500))
        #expect(time < time.advanced(by: .milliseconds(1)))
    }
}

@Suite struct `An instant` {
    @Test func `moves by a duration, and not before the start of its clock`() {
        let instant = Instant(nanoseconds: 5_000)
        #expect(instant.advanced(by: .nanoseconds(7)).nanoseconds == 5_007)
        #expect(instant.advanced(by: .microseconds(-2)).nanoseconds == 3_000)
        #expect(instant.advanced(by: .seconds(-1)).nanoseconds == 0)
        #expect(instant.advanced(by: .seconds(Int64.min)).nanoseconds == 0)
    }

    @Test func `knows the time since another one, either way`() {
        let early = Instant(nanoseconds: 10)
        let late = Instant(nanoseconds: 1_010)
        #expect(early < late)
        #expect(late.since(early) == .microseconds(1))
        #expect(early.since(late) == .microseconds(-1))
    }
}

@Suite struct `A duration` {
    @Test func `is whole nanoseconds, and saturates`() {
        #expect(Duration.milliseconds(1_500).nanoseconds == 1_500_000_000)
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
        #expect(Duration.microseconds(1_500).milliseconds == 1.5)
    }

    /// The last seconds before the limit: the seconds fit, the rest makes the sum overflow.
    @Test func `saturates at the very end too`() {
        #expect((Duration.seconds(9_223_372_036) + .milliseconds(999)).nanoseconds == .max)
        #expect((Duration.seconds(-9_223_372_036) - .milliseconds(999)).nanoseconds == .min)
    }
}
