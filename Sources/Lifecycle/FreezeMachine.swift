package import LambdaCore

/// When an idle environment is frozen, so that what its function left running uses no CPU, and when it goes on.
///
/// A warm invocation within the grace neither freezes nor arms a timer: one that is armed stays, asks again when it fires,
/// and is armed anew for the rest, so that there is at most one in each grace however many invocations there are.
package struct FreezeMachine: Sendable, Equatable {
    package enum Action: Equatable, Sendable {
        case nothing
        /// Call ``timerFired(now:grace:)`` at this instant.
        case armTimer(at: Instant)
        case freeze
        case thaw
    }

    private enum Phase: Sendable, Equatable {
        /// It starts, serves, is reset or ends.
        case needed
        case idle(since: Instant)
        case frozen(since: Instant)
    }

    private var phase = Phase.needed
    private var timerIsArmed = false

    package init() {}

    package var isFrozen: Bool {
        if case .frozen = self.phase { return true }
        return false
    }

    /// It waits for an invocation.
    ///
    /// - Parameter grace: How long it runs on; `nil` where it is not to be frozen or cannot be. Looked at only where no
    ///   timer is armed.
    package mutating func becameIdle(now: Instant, grace: @autoclosure () -> Duration?) -> Action {
        self.phase = .idle(since: now)
        guard !self.timerIsArmed, let grace = grace() else { return .nothing }
        self.timerIsArmed = true
        return .armTimer(at: now.advanced(by: grace))
    }

    /// Something inside has work: an invocation, a reset, an orderly end. To be performed before it is told.
    package mutating func becameNeeded() -> Action {
        defer { self.phase = .needed }
        return self.isFrozen ? .thaw : .nothing
    }

    /// The armed timer fired. It may have been armed for an earlier idle time; only this one's grace counts.
    package mutating func timerFired(now: Instant, grace: Duration?) -> Action {
        self.timerIsArmed = false
        switch self.phase {
        case .idle(let since):
            guard let grace else { return .nothing }
            let end = since.advanced(by: grace)
            guard now >= end else {
                self.timerIsArmed = true
                return .armTimer(at: end)
            }
            self.phase = .frozen(since: since)
            return .freeze
        case .needed, .frozen:
            return .nothing
        }
    }

    /// It could not be frozen and runs on, until it is idle the next time.
    package mutating func freezeFailed() {
        guard case .frozen(let since) = self.phase else { return }
        self.phase = .idle(since: since)
    }
}
