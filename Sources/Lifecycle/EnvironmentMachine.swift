package import LambdaCore

/// The life of one execution environment. Decides only: the driver launches, kills and arms the timer it is told to.
///
/// How long it may rest and be used is ``EnvironmentLifespan``'s to say.
///
/// Time comes in as an argument; a deadline that is given out comes back through ``timerFired(now:)``.
package struct EnvironmentMachine: Sendable {
    /// What the driver does after an event.
    package enum Action: Equatable, Sendable {
        case nothing
        /// Call ``timerFired(now:)`` at this instant.
        case armTimer(at: Instant)
        /// Kill the sandbox and report ``sandboxStopped()`` when it is confirmed gone.
        case stopSandbox
        /// Kill every process but init and report ``resetFinished(now:settings:)``.
        case killProcesses(by: Instant)
        /// The first init failed: say why in the log, then as with ``killProcesses(by:)``. The init is tried again inside the
        /// first invocation.
        case endInit(StartFailure, by: Instant)
    }

    private enum Phase: Sendable {
        case inactive
        /// `initEnds`: once the runtime is started, when its init has taken too long.
        case starting(deadline: Instant, initEnds: Instant?)
        case ready(keepaliveEnds: Instant)
        case invoking
        case startupFailed(StartFailure)
        case startupTimedOut
        case timingOut
        /// `isFirst`: no invocation was served yet, its init failed.
        case resetting(deadline: Instant, isFirst: Bool)
        /// `busy`: its invocation is still running; otherwise the sandbox is being stopped.
        case draining(busy: Bool)
        case stopped
    }

    package let environment: EnvironmentID
    private var phase: Phase = .inactive
    private var lifespan = EnvironmentLifespan()
    /// What extensions have for their end, before what is left is killed.
    private var grace = Duration.zero

    /// How long a reset may take before the whole sandbox is given up. Source: the runtime emulator's reset budget.
    package static let resetBudget = Duration.seconds(2)

    package init(environment: EnvironmentID) {
        self.environment = environment
    }

    package var state: State {
        switch self.phase {
        case .inactive: .inactive
        case .starting: .starting
        case .ready: .ready
        case .invoking: .invoking
        case .startupFailed: .startupFailed
        case .startupTimedOut: .startupTimedOut
        case .timingOut: .timingOut
        case .resetting: .resetting
        case .draining: .draining
        case .stopped: .stopped
        }
    }

    /// Until when it is kept, where it is idle: of several, the one that has rested longest goes first.
    package var keptUntil: Instant? {
        guard case .ready(let keepaliveEnds) = self.phase else { return nil }
        return keepaliveEnds
    }

    /// No invocation begins after this instant: the credentials inside end soon after.
    package var retiresAt: Instant? { self.lifespan.retiresAt }

    /// Why it never became ready, where that is so.
    package var startFailure: StartFailure? {
        if case .startupFailed(let failure) = self.phase { return failure }
        if case .startupTimedOut = self.phase { return .timedOut }
        return nil
    }

    /// The launch begins. Arms the startup timer.
    package mutating func startRequested(now: Instant, settings: Settings) throws(IllegalTransition) -> Action {
        guard case .inactive = self.phase else { throw self.illegal(to: .starting) }
        let deadline = now.advanced(by: settings.startupTimeout)
        self.phase = .starting(deadline: deadline, initEnds: nil)
        return .armTimer(at: deadline)
    }

    /// The sandbox is there and its runtime is started: the init begins.
    package mutating func initBegan(now: Instant, timeout: Duration) throws(IllegalTransition) -> Action {
        guard case .starting(let deadline, _) = self.phase else { throw self.illegal(to: .starting) }
        let initEnds = now.advanced(by: timeout)
        self.phase = .starting(deadline: deadline, initEnds: initEnds)
        return .armTimer(at: min(deadline, initEnds))
    }

    /// The function's own part of the start failed: its init is tried again inside the first invocation, in the same sandbox.
    package mutating func initFailed(_ failure: StartFailure, now: Instant) throws(IllegalTransition) -> Action {
        guard case .starting = self.phase else { throw self.illegal(to: .resetting) }
        return self.endInit(failure, now: now)
    }

    /// Extensions are there, which have this time for their end.
    package mutating func extensionsNeed(_ grace: Duration) { self.grace = grace }

    /// Known once the credentials inside are known.
    package mutating func credentialsEnd(at instant: Instant) { self.lifespan.retiresAt = instant }

    /// The runtime asked for its first event.
    package mutating func runtimeBecameReady(now: Instant, settings: Settings) throws(IllegalTransition) -> Action {
        guard case .starting = self.phase else { throw self.illegal(to: .ready) }
        return self.becomeIdle(now: now, settings: settings)
    }

    /// The start failed for a reason of its own; the reason is kept.
    package mutating func startFailed(_ failure: StartFailure) throws(IllegalTransition) -> Action {
        guard case .starting = self.phase else { throw self.illegal(to: .startupFailed) }
        self.phase = .startupFailed(failure)
        return .stopSandbox
    }

    /// An invocation takes the environment. From here on the keepalive timer cannot choose it.
    package mutating func reserved(now: Instant) throws(IllegalTransition) {
        guard case .ready = self.phase else { throw self.illegal(to: .invoking) }
        self.phase = .invoking
    }

    /// Whether an invocation may begin now.
    package func isAvailable(now: Instant) -> Bool {
        // An outdated one is idle only for the invocation that waited while it started.
        guard case .ready = self.phase else { return false }
        return self.lifespan.acceptsMore(now: now)
    }

    /// Whether one more invocation may begin now, where it holds several.
    package func acceptsMore(now: Instant) -> Bool { !self.lifespan.isOutdated && self.mayServe(now: now) }

    /// As ``acceptsMore(now:)``, for an invocation that has waited since the environment was started.
    package func mayServe(now: Instant) -> Bool {
        switch self.phase {
        case .ready, .invoking:
            return self.lifespan.mayServe(now: now)
        case .inactive, .starting, .startupFailed, .startupTimedOut, .timingOut, .resetting, .draining, .stopped:
            return false
        }
    }

    /// The invocation is over and the runtime waits for the next one. Of several, the last one is over.
    package mutating func released(now: Instant, settings: Settings) throws(IllegalTransition) -> Action {
        switch self.phase {
        case .invoking:
            return self.becomeIdle(now: now, settings: settings)
        case .draining(busy: true):
            self.phase = .draining(busy: false)
            return .stopSandbox
        case .inactive, .starting, .ready, .startupFailed, .startupTimedOut, .timingOut, .resetting,
            .draining(busy: false), .stopped:
            throw self.illegal(to: .ready)
        }
    }

    /// The invocation ended by a timeout or a crash: the runtime is started anew inside the same sandbox.
    package mutating func resetRequested(now: Instant) throws(IllegalTransition) -> Action {
        switch self.phase {
        case .invoking:
            let deadline = now.advanced(by: Self.resetBudget + self.grace)
            self.phase = .resetting(deadline: deadline, isFirst: false)
            return .killProcesses(by: deadline)
        case .draining(busy: true):
            // Nobody will use it again, so there is nothing to reset.
            self.phase = .draining(busy: false)
            return .stopSandbox
        case .inactive, .starting, .ready, .startupFailed, .startupTimedOut, .timingOut, .resetting,
            .draining(busy: false), .stopped:
            throw self.illegal(to: .resetting)
        }
    }

    /// Every process but init is gone.
    package mutating func resetFinished(now: Instant, settings: Settings) throws(IllegalTransition) -> Action {
        guard case .resetting = self.phase else { throw self.illegal(to: .ready) }
        return self.becomeIdle(now: now, settings: settings)
    }

    /// The version was replaced or deleted, or the daemon stops: finish what runs, then go.
    package mutating func drainRequested() throws(IllegalTransition) -> Action {
        switch self.phase {
        case .starting, .resetting(_, isFirst: true):
            // Somebody waits for it. It serves that one invocation.
            self.lifespan.isOutdated = true
            return .nothing
        case .ready, .resetting(_, isFirst: false):
            self.phase = .draining(busy: false)
            return .stopSandbox
        case .invoking:
            self.phase = .draining(busy: true)
            return .nothing
        case .startupFailed, .startupTimedOut, .timingOut, .draining:
            // On its way out already.
            return .nothing
        case .inactive, .stopped:
            throw self.illegal(to: .draining)
        }
    }

    /// The environment must go now, whatever runs in it.
    package mutating func stopRequested(_ cause: StartFailure.Cancellation) throws(IllegalTransition) -> Action {
        switch self.phase {
        case .starting, .resetting(_, isFirst: true):
            self.phase = .startupFailed(.cancelled(by: cause))
            return .stopSandbox
        case .ready, .invoking, .resetting(_, isFirst: false), .draining(busy: true):
            self.phase = .draining(busy: false)
            return .stopSandbox
        case .startupFailed, .startupTimedOut, .timingOut, .draining(busy: false):
            return .nothing
        case .inactive, .stopped:
            throw self.illegal(to: .draining)
        }
    }

    /// The armed timer fired. A timer armed for an earlier phase may fire late; only this phase's deadline counts.
    package mutating func timerFired(now: Instant) -> Action {
        switch self.phase {
        case .starting(let deadline, let initEnds):
            guard now < deadline else {
                self.phase = .startupTimedOut
                return .stopSandbox
            }
            guard let initEnds else { return .armTimer(at: deadline) }
            return now >= initEnds ? self.endInit(.timedOut, now: now) : .armTimer(at: min(deadline, initEnds))
        case .ready(let keepaliveEnds):
            guard now >= keepaliveEnds else { return .armTimer(at: keepaliveEnds) }
            self.phase = .timingOut
            return .stopSandbox
        case .resetting(let deadline, let isFirst):
            guard now >= deadline else { return .armTimer(at: deadline) }
            self.phase = isFirst ? .startupFailed(.sandboxEnded) : .draining(busy: false)
            return .stopSandbox
        case .inactive, .invoking, .startupFailed, .startupTimedOut, .timingOut, .draining, .stopped:
            return .nothing
        }
    }

    /// The sandbox ended by itself: its init died or was killed with everything else.
    package mutating func sandboxVanished() -> Action {
        switch self.phase {
        case .starting, .resetting(_, isFirst: true):
            self.phase = .startupFailed(.sandboxEnded)
            return .stopSandbox
        case .ready, .invoking, .resetting(_, isFirst: false), .draining(busy: true):
            self.phase = .draining(busy: false)
            return .stopSandbox
        case .inactive, .startupFailed, .startupTimedOut, .timingOut, .draining(busy: false), .stopped:
            // Expected: it is being stopped, or never was.
            return .nothing
        }
    }

    /// Confirmed gone: no process, no cgroup, descriptors closed.
    package mutating func sandboxStopped() throws(IllegalTransition) {
        switch self.phase {
        case .startupFailed, .startupTimedOut, .timingOut, .draining(busy: false):
            self.phase = .stopped
        case .inactive, .starting, .ready, .invoking, .resetting, .draining(busy: true), .stopped:
            throw self.illegal(to: .stopped)
        }
    }

    private mutating func becomeIdle(now: Instant, settings: Settings) -> Action {
        // A starting environment comes here before its first invocation.
        let rest =
            self.hasServedNobody
            ? self.lifespan.firstRest(now: now, keepalive: settings.keepalive)
            : self.lifespan.rest(now: now, keepalive: settings.keepalive)
        switch rest {
        case .until(let end):
            self.phase = .ready(keepaliveEnds: end)
            return .armTimer(at: end)
        case .outdated:
            self.phase = .draining(busy: false)
            return .stopSandbox
        case .expired:
            self.phase = .timingOut
            return .stopSandbox
        }
    }

    private var hasServedNobody: Bool {
        switch self.phase {
        case .inactive, .starting, .resetting(_, isFirst: true), .startupFailed, .startupTimedOut: true
        case .ready, .invoking, .resetting(_, isFirst: false), .draining, .timingOut, .stopped: false
        }
    }

    private mutating func endInit(_ failure: StartFailure, now: Instant) -> Action {
        let deadline = now.advanced(by: Self.resetBudget + self.grace)
        self.phase = .resetting(deadline: deadline, isFirst: true)
        return .endInit(failure, by: deadline)
    }

    private func illegal(to state: State) -> IllegalTransition {
        IllegalTransition(environment: self.environment, from: self.state, to: state)
    }
}
