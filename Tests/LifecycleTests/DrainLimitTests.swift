import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `The time that running invocations have when the daemon stops` {
    private let clock = ManualClock()

    @Test func `is their own`() {
        let limit = DrainLimit(began: self.clock.now, configured: nil)
        #expect(limit.left(now: self.clock.now, longestWork: .seconds(900)) == .seconds(900))
        self.clock.advance(by: .seconds(899))
        #expect(limit.left(now: self.clock.now, longestWork: .seconds(1)) == .seconds(1))
        // One that had arrived at the stop and began later has its own as well.
        #expect(limit.left(now: self.clock.now, longestWork: .seconds(300)) == .seconds(300))
        #expect(limit.left(now: self.clock.now, longestWork: .zero) == .zero)
    }

    @Test func `is 90 seconds for connections and deliveries where no invocation runs`() {
        let limit = DrainLimit(began: self.clock.now, configured: nil)
        #expect(limit.left(now: self.clock.now, longestWork: .seconds(3)) == .seconds(90))
        self.clock.advance(by: .seconds(89))
        #expect(limit.left(now: self.clock.now, longestWork: .zero) == .seconds(1))
    }

    @Test func `is the operator's, where one is set`() {
        let limit = DrainLimit(began: self.clock.now, configured: .seconds(30))
        #expect(limit.left(now: self.clock.now, longestWork: .seconds(900)) == .seconds(30))
        #expect(limit.left(now: self.clock.now, longestWork: .zero) == .seconds(30))
        self.clock.advance(by: .seconds(31))
        #expect(limit.left(now: self.clock.now, longestWork: .seconds(900)) == .zero)
        #expect(
            DrainLimit(began: self.clock.now, configured: .zero).left(now: self.clock.now, longestWork: .seconds(9))
                == .zero)
    }
}
