package import LambdaCore

/// Decides when a directory that changes has settled. Editors and builds write many files for one change.
package struct ReloadMachine: Sendable {
    package struct Settings: Sendable, Equatable {
        /// How long nothing must change.
        package var quiet: Duration
        /// How long to wait for that at most; a program that writes on and on into its own directory holds nobody up
        /// for longer.
        package var longest: Duration

        package init(quiet: Duration, longest: Duration) {
            self.quiet = quiet
            self.longest = longest
        }
    }

    private enum State: Sendable {
        case settled
        case changing(latest: Instant, quietEnds: Instant)
    }

    private let settings: Settings
    private var state = State.settled

    package init(settings: Settings) { self.settings = settings }

    /// When ``timerFired(now:)`` is to be called.
    package var deadline: Instant? {
        switch self.state {
        case .settled: nil
        case .changing(let latest, let quietEnds): min(latest, quietEnds)
        }
    }

    /// Something changed. Says what is to be told.
    package mutating func changed(now: Instant) -> HostDirectoryEvent? {
        let quietEnds = now.advanced(by: self.settings.quiet)
        switch self.state {
        case .settled:
            self.state = .changing(latest: now.advanced(by: self.settings.longest), quietEnds: quietEnds)
            return .changing
        case .changing(let latest, _):
            self.state = .changing(latest: latest, quietEnds: quietEnds)
            return nil
        }
    }

    /// Says what is to be told. A timer that was armed for an earlier change may fire early.
    package mutating func timerFired(now: Instant) -> HostDirectoryEvent? {
        guard let deadline = self.deadline, now >= deadline else { return nil }
        self.state = .settled
        return .settled
    }
}
