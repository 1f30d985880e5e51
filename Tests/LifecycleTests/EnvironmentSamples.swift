import LambdaCore
import Lifecycle
import TestSupport

/// Where an environment can be when something happens to it: the table's states, told apart where they act differently.
enum Situation: String, CaseIterable, Sendable {
    case inactive
    case starting
    /// Its runtime is started.
    case initialising
    /// Its version was replaced while it started.
    case startingOutdated
    case ready
    case invoking
    case resetting
    /// Its first init failed.
    case endingInit
    /// Draining, and its invocation still runs.
    case drainingBusy
    /// Draining, and its sandbox is being stopped.
    case drainingStopping
    case startupFailed
    case startupTimedOut
    case timingOut
    case stopped
}

/// What can happen to an environment.
enum Happening: String, CaseIterable, Sendable {
    case startRequested, initBegan, runtimeBecameReady, startFailed, initFailed, reserved, released, resetRequested,
        resetFinished
    case drainRequested, stopRequested, timerFiredEarly, timerFiredLate, sandboxVanished, sandboxStopped
}

/// Builds environments by the events that lead there, all at one instant, and lets things happen to them.
struct EnvironmentSample {
    static let settings = EnvironmentMachine.Settings(startupTimeout: .seconds(20), keepalive: .seconds(600))
    static let failure = StartFailure.initError(type: "Runtime.ImportModuleError", body: Array("{}".utf8))

    var machine = EnvironmentMachine(environment: .numbered(1))
    let start: Instant

    init(_ situation: Situation, at start: Instant) throws {
        self.start = start
        for (happening, instant) in Self.path(to: situation, start: start) { try self.apply(happening, at: instant) }
    }

    /// Lets `happening` happen; a timer early is one at `start`, and one late at an hour after it.
    @discardableResult
    mutating func apply(_ happening: Happening) throws -> EnvironmentMachine.Action {
        try self.apply(happening, at: self.start)
    }

    @discardableResult
    private mutating func apply(_ happening: Happening, at now: Instant) throws -> EnvironmentMachine.Action {
        let settings = Self.settings
        switch happening {
        case .startRequested: return try self.machine.startRequested(now: now, settings: settings)
        case .initBegan: return try self.machine.initBegan(now: now, timeout: settings.initTimeout)
        case .initFailed: return try self.machine.initFailed(Self.failure, now: now)
        case .runtimeBecameReady: return try self.machine.runtimeBecameReady(now: now, settings: settings)
        case .startFailed: return try self.machine.startFailed(Self.failure)
        case .reserved: try self.machine.reserved(now: now)
        case .released: return try self.machine.released(now: now, settings: settings)
        case .resetRequested: return try self.machine.resetRequested(now: now)
        case .resetFinished: return try self.machine.resetFinished(now: now, settings: settings)
        case .drainRequested: return try self.machine.drainRequested()
        case .stopRequested: return try self.machine.stopRequested(.update)
        case .timerFiredEarly: return self.machine.timerFired(now: now)
        case .timerFiredLate: return self.machine.timerFired(now: now.advanced(by: .seconds(3600)))
        case .sandboxVanished: return self.machine.sandboxVanished()
        case .sandboxStopped: try self.machine.sandboxStopped()
        }
        return .nothing
    }

    private static func path(to situation: Situation, start: Instant) -> [(Happening, Instant)] {
        let happenings: [Happening] =
            switch situation {
            case .inactive: []
            case .starting: [.startRequested]
            case .initialising: [.startRequested, .initBegan]
            case .endingInit: [.startRequested, .initBegan, .initFailed]
            case .startingOutdated: [.startRequested, .drainRequested]
            case .ready: [.startRequested, .runtimeBecameReady]
            case .invoking: [.startRequested, .runtimeBecameReady, .reserved]
            case .resetting: [.startRequested, .runtimeBecameReady, .reserved, .resetRequested]
            case .drainingBusy: [.startRequested, .runtimeBecameReady, .reserved, .drainRequested]
            case .drainingStopping: [.startRequested, .runtimeBecameReady, .drainRequested]
            case .startupFailed: [.startRequested, .startFailed]
            case .startupTimedOut: [.startRequested, .timerFiredLate]
            case .timingOut: [.startRequested, .runtimeBecameReady, .timerFiredLate]
            case .stopped: [.startRequested, .startFailed, .sandboxStopped]
            }
        return happenings.map { ($0, start) }
    }
}
