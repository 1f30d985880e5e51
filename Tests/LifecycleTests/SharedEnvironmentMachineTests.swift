import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `An environment that holds several invocations` {
    private static func ready(_ clock: ManualClock) throws -> EnvironmentMachine {
        var machine = EnvironmentMachine(environment: .numbered(1))
        _ = try machine.startRequested(now: clock.now, settings: .init())
        machine.credentialsEnd(at: clock.now.advanced(by: .seconds(60)))
        #expect(!machine.mayServe(now: clock.now))
        _ = try machine.runtimeBecameReady(now: clock.now, settings: .init())
        return machine
    }

    @Test func `takes more while it runs one, until it is too old`() throws {
        let clock = ManualClock()
        var machine = try Self.ready(clock)
        #expect(machine.acceptsMore(now: clock.now))
        try machine.reserved(now: clock.now)
        #expect(machine.acceptsMore(now: clock.now))
        #expect(!machine.isAvailable(now: clock.now))
        clock.advance(by: .seconds(60))
        #expect(!machine.acceptsMore(now: clock.now) && !machine.mayServe(now: clock.now))
    }

    @Test func `takes none while it drains, and goes with the last`() throws {
        let clock = ManualClock()
        var machine = try Self.ready(clock)
        try machine.reserved(now: clock.now)
        #expect(try machine.drainRequested() == .nothing)
        #expect(!machine.acceptsMore(now: clock.now) && !machine.mayServe(now: clock.now))
        #expect(try machine.released(now: clock.now, settings: .init()) == .stopSandbox)
    }

    @Test func `that was replaced while it started serves who had waited, and nobody else`() throws {
        let clock = ManualClock()
        var machine = EnvironmentMachine(environment: .numbered(1))
        _ = try machine.startRequested(now: clock.now, settings: .init())
        _ = try machine.drainRequested()
        _ = try machine.runtimeBecameReady(now: clock.now, settings: .init())
        try machine.reserved(now: clock.now)
        #expect(machine.mayServe(now: clock.now) && !machine.acceptsMore(now: clock.now))
        #expect(try machine.released(now: clock.now, settings: .init()) == .stopSandbox)
    }
}
