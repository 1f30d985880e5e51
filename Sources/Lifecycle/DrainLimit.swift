package import LambdaCore

/// When a daemon that stops gives up what still runs.
///
/// Running invocations are ended by their own limits only. An operator may set a shorter time, and then means it.
package struct DrainLimit: Sendable, Equatable {
    /// What connections and deliveries that have no limit of their own may take.
    package static let standard = Duration.seconds(90)

    package let began: Instant
    /// The operator's limit; `nil` where none is set.
    package let configured: Duration?

    package init(began: Instant, configured: Duration?) {
        self.began = began
        self.configured = configured
    }

    /// How long it may still go on.
    ///
    /// - Parameter longestWork: How long what runs or waits now may take at most, by its own limits; zero where nothing does.
    package func left(now: Instant, longestWork: Duration) -> Duration {
        let passed = now.since(self.began)
        if let configured { return max(.zero, configured - passed) }
        return max(longestWork, Self.standard - passed, .zero)
    }
}
