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
        /// An extension's process ended.
        case extensionFailed(ExtensionFailure)
        case sandboxEnded(outOfMemory: Bool)
        /// The daemon stops and waits no longer.
        case stopped
        /// The runtime was started anew for this invocation and could not be.
        case initFailed(StartFailure)
    }

    /// How the restore before it failed. It never began: its caller gets an error of the service.
    package enum RestoreFailure: Equatable, Sendable {
        /// The after-restore hooks took too long.
        case timedOut
        /// The runtime reported an error of a hook: its type.
        case reported(type: String)
        /// What ran in the environment ended meanwhile.
        case ended(Failure)
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
        /// Answer with an error of the service; the environment is of no use any more.
        case failRestore(RestoreFailure)
    }

    private enum Phase: Sendable, Equatable {
        /// The runtime is restored first. Does not count against the timeout.
        case restoring(until: Instant)
        /// The runtime is being started anew for it (after a reset); counts against the timeout.
        case waitingForRuntime(began: Instant)
        case running(began: Instant)
        case answered(began: Instant)
        case over(began: Instant, ended: Instant)
    }

    package let request: RequestID
    /// Of its restore, while that lasts; then its own.
    package private(set) var deadline: Instant
    private let timeout: Duration
    private var phase: Phase

    /// - Parameter runtimeIsReady: `false` where the runtime must be started first.
    package init(request: RequestID, timeout: Duration, now: Instant, runtimeIsReady: Bool) {
        self.request = request
        self.timeout = timeout
        self.deadline = now.advanced(by: timeout)
        self.phase = runtimeIsReady ? .running(began: now) : .waitingForRuntime(began: now)
    }

    /// One whose runtime is to be restored first.
    ///
    /// - Parameter restoreLimit: What the restore may take, its hooks included.
    package init(request: RequestID, timeout: Duration, now: Instant, restoreLimit: Duration) {
        self.request = request
        self.timeout = timeout
        self.deadline = now.advanced(by: restoreLimit)
        self.phase = .restoring(until: self.deadline)
    }

    /// Whether its runtime is being restored: what fails now is the restore.
    package var isRestoring: Bool {
        if case .restoring = self.phase { return true }
        return false
    }

    /// When it is over at the latest.
    package var latestEnd: Instant { self.isRestoring ? self.deadline.advanced(by: self.timeout) : self.deadline }

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
        case .restoring: .zero
        case .waitingForRuntime(let began), .running(let began), .answered(let began): now.since(began)
        case .over(let began, let ended): ended.since(began)
        }
    }

    package mutating func runtimeBecameReady() -> Action {
        switch self.phase {
        case .waitingForRuntime(let began):
            self.phase = .running(began: began)
            return .deliver
        case .restoring, .running, .answered, .over:
            return .nothing
        }
    }

    /// The restore is done: the invocation begins.
    package mutating func runtimeWasRestored(now: Instant) -> Action {
        switch self.phase {
        case .restoring:
            self.phase = .running(began: now)
            self.deadline = now.advanced(by: self.timeout)
            return .deliver
        case .waitingForRuntime, .running, .answered, .over:
            return .nothing
        }
    }

    /// The runtime reported that a hook failed.
    package mutating func restoreFailed(type: String, now: Instant) -> Action {
        switch self.phase {
        case .restoring:
            self.phase = .over(began: now, ended: now)
            return .failRestore(.reported(type: type))
        case .waitingForRuntime, .running, .answered, .over:
            return .nothing
        }
    }

    /// The runtime posted its response or error.
    package mutating func runtimeAnswered() -> Action {
        switch self.phase {
        case .running(let began):
            self.phase = .answered(began: began)
            return .answer
        case .restoring, .waitingForRuntime, .answered, .over:
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
        case .restoring, .waitingForRuntime, .running, .over:
            return .nothing
        }
    }

    package mutating func timerFired(now: Instant) -> Action {
        switch self.phase {
        case .restoring(let until):
            guard now >= until else { return .armTimer(at: until) }
            self.phase = .over(began: now, ended: now)
            return .failRestore(.timedOut)
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
        case .restoring:
            self.phase = .over(began: now, ended: now)
            // The daemon's own doing says nothing about the restore.
            return failure == .stopped ? .fail(failure) : .failRestore(.ended(failure))
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
