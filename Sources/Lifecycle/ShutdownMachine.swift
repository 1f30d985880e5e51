package import LambdaCore

/// The end of the daemon: running invocations finish within a limit, then everything is stopped.
package struct ShutdownMachine: Sendable {
    package enum Action: Equatable, Sendable {
        case nothing
        case armTimer(at: Instant)
        /// Stop every sandbox; report ``everythingStopped()``.
        case stopEverything
        case exit
    }

    private enum Phase: Sendable {
        case serving
        case draining(deadline: Instant)
        case stopping
        case done
    }

    private var phase: Phase = .serving

    package init() {}

    package var acceptsInvocations: Bool {
        if case .serving = self.phase { return true }
        return false
    }

    package mutating func stopRequested(running: Int, drainLimit: Duration, now: Instant) -> Action {
        switch self.phase {
        case .serving:
            guard running > 0, drainLimit > .zero else {
                self.phase = .stopping
                return .stopEverything
            }
            let deadline = now.advanced(by: drainLimit)
            self.phase = .draining(deadline: deadline)
            return .armTimer(at: deadline)
        case .draining, .stopping, .done:
            // A second request changes nothing: the first one's limit holds.
            return .nothing
        }
    }

    package mutating func invocationEnded(running: Int) -> Action {
        switch self.phase {
        case .draining where running == 0:
            self.phase = .stopping
            return .stopEverything
        case .serving, .draining, .stopping, .done:
            return .nothing
        }
    }

    package mutating func timerFired(now: Instant) -> Action {
        switch self.phase {
        case .draining(let deadline):
            guard now >= deadline else { return .armTimer(at: deadline) }
            self.phase = .stopping
            return .stopEverything
        case .serving, .stopping, .done:
            return .nothing
        }
    }

    package mutating func everythingStopped() -> Action {
        switch self.phase {
        case .stopping:
            self.phase = .done
            return .exit
        case .serving, .draining, .done:
            return .nothing
        }
    }
}
