import LambdaCore
import Lifecycle
import TestSupport
import Testing

private typealias Settings = EnvironmentMachine.Settings

@Suite struct `The keepalive of an idle environment` {
    private let clock = ManualClock()

    @Test func `ends at its deadline, and not before`() throws {
        var sample = try EnvironmentSample(.ready, at: self.clock.now)
        let end = self.clock.now.advanced(by: .seconds(600))
        self.clock.advance(by: .seconds(600) - .nanoseconds(1))
        #expect(sample.machine.timerFired(now: self.clock.now) == .armTimer(at: end))
        #expect(sample.machine.isAvailable(now: self.clock.now))
        self.clock.advance(by: .nanoseconds(1))
        #expect(sample.machine.timerFired(now: self.clock.now) == .stopSandbox)
        #expect(sample.machine.state == .timingOut)
    }

    @Test func `loses to a reservation that came first`() throws {
        var sample = try EnvironmentSample(.ready, at: self.clock.now)
        self.clock.advance(by: .seconds(600))
        try sample.machine.reserved(now: self.clock.now)
        #expect(sample.machine.timerFired(now: self.clock.now) == .nothing)
        #expect(sample.machine.state == .invoking)
    }

    @Test func `wins over a reservation that comes after it`() throws {
        var sample = try EnvironmentSample(.ready, at: self.clock.now)
        self.clock.advance(by: .seconds(600))
        #expect(sample.machine.timerFired(now: self.clock.now) == .stopSandbox)
        #expect(!sample.machine.isAvailable(now: self.clock.now))
        let error = #expect(throws: EnvironmentMachine.IllegalTransition.self) {
            try sample.machine.reserved(now: self.clock.now)
        }
        #expect(error?.from == .timingOut)
        #expect(error?.to == .invoking)
        #expect(sample.machine.state == .timingOut)
    }

    @Test func `is counted anew from each release, whatever timer is still armed`() throws {
        var sample = try EnvironmentSample(.ready, at: self.clock.now)
        self.clock.advance(by: .seconds(599))
        try sample.machine.reserved(now: self.clock.now)
        let end = self.clock.now.advanced(by: .seconds(600))
        let action = try sample.machine.released(now: self.clock.now, settings: EnvironmentSample.settings)
        #expect(action == .armTimer(at: end))
        self.clock.advance(by: .seconds(1))
        // The timer of the first idle time, late.
        #expect(sample.machine.timerFired(now: self.clock.now) == .armTimer(at: end))
    }

    @Test func `is what the settings say at the release, so that a reload takes effect`() throws {
        var sample = try EnvironmentSample(.invoking, at: self.clock.now)
        let action = try sample.machine.released(now: self.clock.now, settings: Settings(keepalive: .seconds(5)))
        #expect(action == .armTimer(at: self.clock.now.advanced(by: .seconds(5))))
    }
}

@Suite struct `A keepalive of zero` {
    private let clock = ManualClock()
    private let settings = Settings(keepalive: .zero)

    @Test func `gives each invocation a sandbox of its own`() throws {
        var machine = EnvironmentMachine(environment: .numbered(1))
        _ = try machine.startRequested(now: self.clock.now, settings: self.settings)
        _ = try machine.runtimeBecameReady(now: self.clock.now, settings: self.settings)
        #expect(machine.isAvailable(now: self.clock.now))
        try machine.reserved(now: self.clock.now)
        #expect(try machine.released(now: self.clock.now, settings: self.settings) == .stopSandbox)
        #expect(machine.state == .timingOut)
        #expect(throws: EnvironmentMachine.IllegalTransition.self) { try machine.reserved(now: self.clock.now) }
    }

    @Test func `does not let an environment go before it has served, but soon when nobody comes`() throws {
        var machine = EnvironmentMachine(environment: .numbered(1))
        _ = try machine.startRequested(now: self.clock.now, settings: self.settings)
        let end = self.clock.now.advanced(by: .seconds(1))
        #expect(try machine.runtimeBecameReady(now: self.clock.now, settings: self.settings) == .armTimer(at: end))
        #expect(machine.timerFired(now: self.clock.now) == .armTimer(at: end))
        self.clock.advance(by: .seconds(1))
        #expect(machine.timerFired(now: self.clock.now) == .stopSandbox)
    }

    @Test func `set by a reload ends an environment at its next release`() throws {
        var sample = try EnvironmentSample(.invoking, at: self.clock.now)
        #expect(try sample.machine.released(now: self.clock.now, settings: self.settings) == .stopSandbox)
    }
}

@Suite struct `An environment whose credentials end` {
    private let clock = ManualClock()

    private func sample(_ situation: Situation, life: Duration) throws -> EnvironmentSample {
        var sample = try EnvironmentSample(situation, at: self.clock.now)
        sample.machine.credentialsEnd(at: self.clock.now.advanced(by: life))
        return sample
    }

    @Test func `begins invocations until then, and none from then on`() throws {
        let sample = try self.sample(.ready, life: .seconds(60))
        self.clock.advance(by: .seconds(60) - .nanoseconds(1))
        #expect(sample.machine.isAvailable(now: self.clock.now))
        self.clock.advance(by: .nanoseconds(1))
        #expect(!sample.machine.isAvailable(now: self.clock.now))
        #expect(sample.machine.retiresAt == self.clock.now)
    }

    @Test func `is kept no longer than they last`() throws {
        var sample = try self.sample(.starting, life: .seconds(60))
        let end = self.clock.now.advanced(by: .seconds(60))
        #expect(try sample.apply(.runtimeBecameReady) == .armTimer(at: end))
        self.clock.advance(by: .seconds(60))
        #expect(sample.machine.timerFired(now: self.clock.now) == .stopSandbox)
        #expect(sample.machine.state == .timingOut)
    }

    @Test func `is kept by its keepalive where that ends first`() throws {
        var sample = try self.sample(.starting, life: .seconds(6 * 3600))
        #expect(try sample.apply(.runtimeBecameReady) == .armTimer(at: self.clock.now.advanced(by: .seconds(600))))
    }

    @Test func `finishes what it runs and goes`() throws {
        var sample = try self.sample(.invoking, life: .seconds(60))
        self.clock.advance(by: .seconds(70))
        #expect(sample.machine.timerFired(now: self.clock.now) == .nothing)
        let action = try sample.machine.released(now: self.clock.now, settings: EnvironmentSample.settings)
        #expect(action == .stopSandbox)
        #expect(sample.machine.state == .timingOut)
    }

    @Test(arguments: Situation.allCases.filter { $0 != .ready })
    func `or any other that is not idle has nothing to give`(situation: Situation) throws {
        let sample = try self.sample(situation, life: .seconds(60))
        #expect(!sample.machine.isAvailable(now: self.clock.now))
    }
}
