import LambdaCore
import Lifecycle
import TestSupport
import Testing

/// What a cell of the table says.
private enum Cell: Equatable {
    case goes(to: EnvironmentMachine.State, EnvironmentMachine.Action)
    /// Tolerated: nothing changes.
    case stays
    /// Nothing changes but the timer, which is armed again for the deadline that counts.
    case rearms(at: Instant)
    case illegal(to: EnvironmentMachine.State)
}

@Suite struct `The table of an environment's transitions` {
    private let clock = ManualClock()

    @Test(arguments: Situation.allCases, Happening.allCases)
    func `says what comes of every event in every state`(situation: Situation, happening: Happening) throws {
        let start = self.clock.now
        var sample = try EnvironmentSample(situation, at: start)
        let before = sample.machine.state
        let cell = Self.cell(situation, happening, start: start)

        switch cell {
        case .goes(let state, let action):
            #expect(try sample.apply(happening) == action)
            #expect(sample.machine.state == state)
        case .stays:
            #expect(try sample.apply(happening) == .nothing)
            #expect(sample.machine.state == before)
        case .rearms(let deadline):
            #expect(try sample.apply(happening) == .armTimer(at: deadline))
            #expect(sample.machine.state == before)
        case .illegal(let state):
            let error = #expect(throws: EnvironmentMachine.IllegalTransition.self) { try sample.apply(happening) }
            #expect(error?.from == before)
            #expect(error?.to == state)
            #expect(error?.environment == .numbered(1))
            #expect(sample.machine.state == before)
        }
    }

    @Test func `has every state of the architecture, and each is reached`() throws {
        let reached = try Situation.allCases.map { try EnvironmentSample($0, at: self.clock.now).machine.state }
        #expect(Set(reached) == Set(EnvironmentMachine.State.allCases))
        #expect(
            Set(EnvironmentMachine.State.allCases.map(\.rawValue)) == [
                "INACTIVE", "STARTING", "READY", "INVOKING", "STARTUP_FAILED", "STARTUP_TIMED_OUT", "TIMING_OUT",
                "STOPPED", "RESETTING", "DRAINING",
            ])
    }

    @Test func `is broken by an error that names the environment and both states`() throws {
        var sample = try EnvironmentSample(.stopped, at: self.clock.now)
        let error = #expect(throws: EnvironmentMachine.IllegalTransition.self) { try sample.apply(.reserved) }
        #expect(
            error?.description
                == "environment 00000000000000000000000000000001 cannot go from STOPPED to INVOKING")
    }

    private static func cell(_ situation: Situation, _ happening: Happening, start: Instant) -> Cell {
        switch happening {
        case .startRequested, .initBegan, .runtimeBecameReady, .startFailed, .initFailed:
            startCell(situation, happening, start: start)
        case .reserved, .released, .resetRequested, .resetFinished:
            useCell(situation, happening, start: start)
        case .drainRequested, .stopRequested, .sandboxVanished, .sandboxStopped:
            endCell(situation, happening)
        case .timerFiredEarly, .timerFiredLate:
            timerCell(situation, isLate: happening == .timerFiredLate, start: start)
        }
    }

    private static func startCell(_ situation: Situation, _ happening: Happening, start: Instant) -> Cell {
        switch (happening, situation) {
        case (.startRequested, .inactive): .goes(to: .starting, .armTimer(at: start.advanced(by: .seconds(20))))
        case (.startRequested, _): .illegal(to: .starting)
        // Half of the startup timer's length: it is the one that ends first.
        case (.initBegan, .starting), (.initBegan, .initialising), (.initBegan, .startingOutdated):
            .rearms(at: start.advanced(by: .seconds(10)))
        case (.initBegan, _): .illegal(to: .starting)
        case (.initFailed, .starting), (.initFailed, .initialising), (.initFailed, .startingOutdated):
            .goes(
                to: .resetting,
                .endInit(EnvironmentSample.failure, by: start.advanced(by: EnvironmentMachine.resetBudget)))
        case (.initFailed, _): .illegal(to: .resetting)
        case (.runtimeBecameReady, .starting), (.runtimeBecameReady, .initialising):
            .goes(to: .ready, .armTimer(at: start.advanced(by: .seconds(600))))
        // Only an invocation that waited for it may have it: the timer is due at once.
        case (.runtimeBecameReady, .startingOutdated): .goes(to: .ready, .armTimer(at: start))
        case (.runtimeBecameReady, _): .illegal(to: .ready)
        case (_, .starting), (_, .initialising), (_, .startingOutdated): .goes(to: .startupFailed, .stopSandbox)
        case (_, _): .illegal(to: .startupFailed)
        }
    }

    private static func useCell(_ situation: Situation, _ happening: Happening, start: Instant) -> Cell {
        switch (happening, situation) {
        case (.reserved, .ready): .goes(to: .invoking, .nothing)
        case (.reserved, _): .illegal(to: .invoking)
        case (.released, .invoking): .goes(to: .ready, .armTimer(at: start.advanced(by: .seconds(600))))
        case (.released, .drainingBusy): .goes(to: .draining, .stopSandbox)
        case (.released, _): .illegal(to: .ready)
        case (.resetRequested, .invoking):
            .goes(to: .resetting, .killProcesses(by: start.advanced(by: EnvironmentMachine.resetBudget)))
        case (.resetRequested, .drainingBusy): .goes(to: .draining, .stopSandbox)
        case (.resetRequested, _): .illegal(to: .resetting)
        case (_, .resetting), (_, .endingInit): .goes(to: .ready, .armTimer(at: start.advanced(by: .seconds(600))))
        case (_, _): .illegal(to: .ready)
        }
    }

    private static func endCell(_ situation: Situation, _ happening: Happening) -> Cell {
        switch (happening, situation) {
        case (.drainRequested, .starting), (.drainRequested, .initialising), (.drainRequested, .endingInit),
            (.drainRequested, .startingOutdated):
            .stays
        case (.drainRequested, .ready), (.drainRequested, .resetting): .goes(to: .draining, .stopSandbox)
        case (.drainRequested, .invoking): .goes(to: .draining, .nothing)
        case (.drainRequested, .drainingBusy): .stays
        case (.stopRequested, .starting), (.stopRequested, .initialising), (.stopRequested, .endingInit),
            (.stopRequested, .startingOutdated):
            .goes(to: .startupFailed, .stopSandbox)
        case (.stopRequested, .ready), (.stopRequested, .invoking), (.stopRequested, .resetting),
            (.stopRequested, .drainingBusy):
            .goes(to: .draining, .stopSandbox)
        case (.drainRequested, .inactive), (.drainRequested, .stopped), (.stopRequested, .inactive),
            (.stopRequested, .stopped):
            .illegal(to: .draining)
        case (.sandboxVanished, .starting), (.sandboxVanished, .initialising), (.sandboxVanished, .endingInit),
            (.sandboxVanished, .startingOutdated):
            .goes(to: .startupFailed, .stopSandbox)
        case (.sandboxVanished, .ready), (.sandboxVanished, .invoking), (.sandboxVanished, .resetting),
            (.sandboxVanished, .drainingBusy):
            .goes(to: .draining, .stopSandbox)
        case (.sandboxStopped, .startupFailed), (.sandboxStopped, .startupTimedOut), (.sandboxStopped, .timingOut),
            (.sandboxStopped, .drainingStopping):
            .goes(to: .stopped, .nothing)
        case (.sandboxStopped, _): .illegal(to: .stopped)
        // On its way out already, or never there.
        case (_, _): .stays
        }
    }

    private static func timerCell(_ situation: Situation, isLate: Bool, start: Instant) -> Cell {
        switch situation {
        case .starting, .startingOutdated:
            isLate ? .goes(to: .startupTimedOut, .stopSandbox) : .rearms(at: start.advanced(by: .seconds(20)))
        case .initialising:
            // An hour late, both of its times are over: the start as a whole is.
            isLate ? .goes(to: .startupTimedOut, .stopSandbox) : .rearms(at: start.advanced(by: .seconds(10)))
        case .endingInit:
            isLate
                ? .goes(to: .startupFailed, .stopSandbox)
                : .rearms(at: start.advanced(by: EnvironmentMachine.resetBudget))
        case .ready:
            isLate ? .goes(to: .timingOut, .stopSandbox) : .rearms(at: start.advanced(by: .seconds(600)))
        case .resetting:
            isLate
                ? .goes(to: .draining, .stopSandbox)
                : .rearms(at: start.advanced(by: EnvironmentMachine.resetBudget))
        case .inactive, .invoking, .drainingBusy, .drainingStopping, .startupFailed, .startupTimedOut, .timingOut,
            .stopped:
            .stays
        }
    }
}
