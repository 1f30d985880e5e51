package import LambdaCore

/// One invocation inside one environment, from the moment it has it until its REPORT line.
///
/// The answer leaves as soon as it is known; the invocation is over only when the runtime asks for the next event, and
/// the function's timeout covers both.
package struct InvocationMachine: Sendable {
    /// How an invocation failed without an answer of the function's own.
    package enum Failure: Equatable, Sendable {
        case timedOut
        case runtimeExited(InitEvent.Exit, outOfMemory: Bool)
        case sandboxEnded(outOfMemory: Bool)
        /// The daemon stops and waits no longer.
        case stopped
        /// The runtime was started anew for this invocation and could not be.
        case initFailed(StartFailure)
    }

    /// How it ended, as the REPORT line says it.
    package enum Ending: Equatable, Sendable {
        /// The function answered, with a value or an error of its own.
        case answered
        case failed(Failure)
    }

    package enum Action: Equatable, Sendable {
        case nothing
        case armTimer(at: Instant)
        /// Give the runtime its event.
        case deliver
        /// Answer with what the runtime posted.
        case answer
        /// Write END and REPORT; the environment is free again.
        case finish(Ending)
        /// Answer with the failure's words, write END and REPORT, reset the environment.
        case fail(Failure)
        /// The answer was out already: only write END and REPORT, then reset.
        case finishAndReset(Failure)
    }

    private enum Phase: Sendable, Equatable {
        /// The runtime is being started anew for it (after a reset); counts against the timeout.
        case waitingForRuntime(began: Instant)
        case running(began: Instant)
        case answered(began: Instant)
        case over(began: Instant, ended: Instant)
    }

    package let request: RequestID
    package let deadline: Instant
    private var phase: Phase

    /// - Parameter runtimeIsReady: `false` where the runtime must be started first.
    package init(request: RequestID, timeout: Duration, now: Instant, runtimeIsReady: Bool) {
        self.request = request
        self.deadline = now.advanced(by: timeout)
        self.phase = runtimeIsReady ? .running(began: now) : .waitingForRuntime(began: now)
    }

    package var isOver: Bool {
        if case .over = self.phase { return true }
        return false
    }

    /// Whether the runtime is still being started for it: what fails now is an init.
    package var isWaitingForRuntime: Bool {
        if case .waitingForRuntime = self.phase { return true }
        return false
    }

    /// From delivery (or the start of a suppressed init) to the end, or to `now` while it runs.
    package func duration(now: Instant) -> Duration {
        switch self.phase {
        case .waitingForRuntime(let began), .running(let began), .answered(let began): now.since(began)
        case .over(let began, let ended): ended.since(began)
        }
    }

    package mutating func runtimeBecameReady() -> Action {
        switch self.phase {
        case .waitingForRuntime(let began):
            self.phase = .running(began: began)
            return .deliver
        case .running, .answered, .over:
            return .nothing
        }
    }

    /// The runtime posted its response or error.
    package mutating func runtimeAnswered() -> Action {
        switch self.phase {
        case .running(let began):
            self.phase = .answered(began: began)
            return .answer
        case .waitingForRuntime, .answered, .over:
            // The session machine lets only a running request be answered, once.
            return .nothing
        }
    }

    /// The runtime asked for the next event.
    package mutating func runtimeAskedForNext(now: Instant) -> Action {
        switch self.phase {
        case .answered(let began):
            self.phase = .over(began: began, ended: now)
            return .finish(.answered)
        case .waitingForRuntime, .running, .over:
            return .nothing
        }
    }

    package mutating func timerFired(now: Instant) -> Action {
        switch self.phase {
        case .waitingForRuntime, .running, .answered:
            guard now >= self.deadline else { return .armTimer(at: self.deadline) }
            return self.fail(.timedOut, now: now)
        case .over:
            return .nothing
        }
    }

    /// The runtime process ended, the sandbox did, or the suppressed init failed.
    package mutating func failed(_ failure: Failure, now: Instant) -> Action {
        self.fail(failure, now: now)
    }

    private mutating func fail(_ failure: Failure, now: Instant) -> Action {
        switch self.phase {
        case .waitingForRuntime(let began), .running(let began):
            self.phase = .over(began: began, ended: min(now, self.deadline))
            return .fail(failure)
        case .answered(let began):
            self.phase = .over(began: began, ended: min(now, self.deadline))
            return .finishAndReset(failure)
        case .over:
            return .nothing
        }
    }
}
