package import LambdaCore

/// How long an execution environment may be used and may rest: it has a keepalive, the credentials inside end, and its
/// version may be replaced or deleted while it starts.
///
/// Says only how long; what becomes of it then is ``EnvironmentMachine``'s to decide.
package struct EnvironmentLifespan: Sendable {
    /// What is before an environment that has nothing to do.
    package enum Rest: Equatable, Sendable {
        case until(Instant)
        /// Its version is no more, and whoever waited for it is served.
        case outdated
        /// There is no keepalive, or it is too old.
        case expired
    }

    /// How long a fresh environment waits for its first invocation at least, where the keepalive is shorter: the one it
    /// was started for may have gone to another that became free first.
    package static let firstIdle = Duration.seconds(1)

    /// No invocation begins after this instant: the credentials inside end soon after. `nil` while that is not known.
    package var retiresAt: Instant?
    /// Set while it starts: its version was replaced or deleted, so its first invocation is its last.
    package var isOutdated = false

    package init() {}

    /// Whether an invocation may begin now that has waited since the environment was started.
    package func mayServe(now: Instant) -> Bool { self.retiresAt.map { now < $0 } ?? true }

    /// Whether any invocation may begin now.
    package func acceptsMore(now: Instant) -> Bool { !self.isOutdated && self.mayServe(now: now) }

    /// Before its first invocation. Zero keepalive and an outdated version end it only once it has served.
    package func firstRest(now: Instant, keepalive: Duration) -> Rest {
        // Outdated, it is for the invocation that waited for it: with nobody waiting its timer takes it at once.
        let keepalive = self.isOutdated ? .zero : max(keepalive, Self.firstIdle)
        return .until(self.end(now: now, keepalive: keepalive))
    }

    /// After an invocation.
    package func rest(now: Instant, keepalive: Duration) -> Rest {
        guard !self.isOutdated else { return .outdated }
        guard keepalive > .zero, self.mayServe(now: now) else { return .expired }
        return .until(self.end(now: now, keepalive: keepalive))
    }

    private func end(now: Instant, keepalive: Duration) -> Instant {
        let end = now.advanced(by: keepalive)
        return self.retiresAt.map { min($0, end) } ?? end
    }
}
