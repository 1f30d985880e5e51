import LambdaCore
import Lifecycle
import TestSupport
import Testing

private typealias Settings = EnvironmentMachine.Settings

@Suite struct `An init` {
    private let clock = ManualClock()

    @Test func `has ten seconds where nothing is configured`() {
        #expect(Settings().initTimeout == .seconds(10))
    }

    @Test func `that takes longer is ended and tried again, and its environment is kept`() throws {
        var sample = try EnvironmentSample(.initialising, at: self.clock.now)
        let end = self.clock.now.advanced(by: .seconds(10))
        self.clock.advance(by: .seconds(10) - .nanoseconds(1))
        #expect(sample.machine.timerFired(now: self.clock.now) == .armTimer(at: end))
        self.clock.advance(by: .nanoseconds(1))
        let deadline = self.clock.now.advanced(by: EnvironmentMachine.resetBudget)
        #expect(sample.machine.timerFired(now: self.clock.now) == .endInit(.timedOut, by: deadline))
        #expect(sample.machine.state == .resetting)
        #expect(sample.machine.startFailure == nil)
    }

    @Test func `does not begin before the sandbox is there`() throws {
        var sample = try EnvironmentSample(.starting, at: self.clock.now)
        self.clock.advance(by: .seconds(15))
        #expect(
            sample.machine.timerFired(now: self.clock.now) == .armTimer(at: sample.start.advanced(by: .seconds(20))))
        // What is left of the start is less than an init's time.
        let action = try sample.machine.initBegan(now: self.clock.now, timeout: .seconds(10))
        #expect(action == .armTimer(at: sample.start.advanced(by: .seconds(20))))
        self.clock.advance(by: .seconds(5))
        #expect(sample.machine.timerFired(now: self.clock.now) == .stopSandbox)
        #expect(sample.machine.state == .startupTimedOut)
    }

    @Test func `with a time of its own is given up by the startup timer where that ends first`() throws {
        var machine = EnvironmentMachine(environment: .numbered(1))
        let settings = Settings(startupTimeout: .seconds(2))
        _ = try machine.startRequested(now: self.clock.now, settings: settings)
        let end = self.clock.now.advanced(by: .seconds(2))
        #expect(try machine.initBegan(now: self.clock.now, timeout: .seconds(130)) == .armTimer(at: end))
        self.clock.advance(by: .seconds(2))
        #expect(machine.timerFired(now: self.clock.now) == .stopSandbox)
        #expect(machine.startFailure == .timedOut)
    }
}

@Suite struct `An environment whose first init failed` {
    private let clock = ManualClock()

    @Test func `is kept for the invocation that waits, which has no runtime there yet`() throws {
        var sample = try EnvironmentSample(.endingInit, at: self.clock.now)
        try sample.apply(.resetFinished)
        #expect(sample.machine.isAvailable(now: self.clock.now))
        try sample.apply(.reserved)
        #expect(sample.machine.state == .invoking)
    }

    @Test func `waits for its first invocation although every one gets a sandbox of its own`() throws {
        var sample = try EnvironmentSample(.endingInit, at: self.clock.now)
        let settings = Settings(keepalive: .zero)
        let end = self.clock.now.advanced(by: EnvironmentLifespan.firstIdle)
        #expect(try sample.machine.resetFinished(now: self.clock.now, settings: settings) == .armTimer(at: end))
        try sample.machine.reserved(now: self.clock.now)
        #expect(try sample.machine.released(now: self.clock.now, settings: settings) == .stopSandbox)
    }

    @Test func `is a started one that failed where its processes cannot be ended`() throws {
        var sample = try EnvironmentSample(.endingInit, at: self.clock.now)
        self.clock.advance(by: EnvironmentMachine.resetBudget)
        #expect(sample.machine.timerFired(now: self.clock.now) == .stopSandbox)
        // Whoever waits for it is told so.
        #expect(sample.machine.startFailure == .sandboxEnded)
    }

    @Test func `that is updated meanwhile serves who waits, and goes`() throws {
        var sample = try EnvironmentSample(.endingInit, at: self.clock.now)
        #expect(try sample.apply(.drainRequested) == .nothing)
        try sample.apply(.resetFinished)
        #expect(!sample.machine.isAvailable(now: self.clock.now))
        try sample.apply(.reserved)
        // Its second init fails as well, or it served: either way it goes.
        var other = sample
        #expect(try sample.apply(.released) == .stopSandbox)
        try other.apply(.resetRequested)
        #expect(try other.apply(.resetFinished) == .stopSandbox)
    }

    @Test func `whose second init fails, too, is reset as any other and kept`() throws {
        var sample = try EnvironmentSample(.endingInit, at: self.clock.now)
        for happening in [Happening.resetFinished, .reserved, .resetRequested] { try sample.apply(happening) }
        #expect(sample.machine.state == .resetting)
        try sample.apply(.resetFinished)
        #expect(sample.machine.isAvailable(now: self.clock.now))
    }
}
