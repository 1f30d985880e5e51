package import LambdaCore

/// How much of a rate is used up: so many in each window of time, refilled continuously. What is not used is not saved up
/// beyond one window.
///
/// Kept as one instant: the one at which everything taken so far would be paid back. Whole nanoseconds, so that nothing
/// is lost by rounding however often it is asked; and it holds when the rate itself is changed.
package struct RateAllowance: Sendable, Equatable {
    private var paidBackAt = Instant(nanoseconds: 0)

    package init() {}

    /// Whether one more may be taken now, of `count` in each `window`.
    package func hasOne(of count: Int, every window: Duration, now: Instant) -> Bool {
        guard count > 0 else { return false }
        return self.paidBackAt.since(now) <= window - Self.cost(of: count, every: window)
    }

    package mutating func take(of count: Int, every window: Duration, now: Instant) {
        self.paidBackAt = max(self.paidBackAt, now).advanced(by: Self.cost(of: count, every: window))
    }

    private static func cost(of count: Int, every window: Duration) -> Duration {
        .nanoseconds(max(1, window.nanoseconds / Int64(max(1, count))))
    }
}
