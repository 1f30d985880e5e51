import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `A daemon that is told to stop` {
    private let clock = ManualClock()

    private func draining(running: Int = 2) -> ShutdownMachine {
        var machine = ShutdownMachine()
        _ = machine.stopRequested(running: running, drainLimit: .seconds(30), now: self.clock.now)
        return machine
    }

    @Test func `accepts invocations until then, and none from then on`() {
        var machine = ShutdownMachine()
        #expect(machine.acceptsInvocations)
        _ = machine.stopRequested(running: 1, drainLimit: .seconds(30), now: self.clock.now)
        #expect(!machine.acceptsInvocations)
        _ = machine.invocationEnded(running: 0)
        #expect(!machine.acceptsInvocations)
        _ = machine.everythingStopped()
        #expect(!machine.acceptsInvocations)
    }

    @Test(arguments: [(0, Duration.seconds(30)), (3, .zero), (3, .seconds(-1)), (0, .zero)])
    func `stops everything at once where nothing runs or nothing may go on`(running: Int, limit: Duration) {
        var machine = ShutdownMachine()
        #expect(machine.stopRequested(running: running, drainLimit: limit, now: self.clock.now) == .stopEverything)
    }

    @Test func `lets running invocations finish`() {
        var machine = ShutdownMachine()
        let deadline = self.clock.now.advanced(by: .seconds(30))
        let action = machine.stopRequested(running: 2, drainLimit: .seconds(30), now: self.clock.now)
        #expect(action == .armTimer(at: deadline))
        #expect(machine.invocationEnded(running: 1) == .nothing)
        #expect(machine.invocationEnded(running: 0) == .stopEverything)
    }

    @Test func `stops everything at the limit, and not before`() {
        var machine = self.draining()
        let deadline = self.clock.now.advanced(by: .seconds(30))
        self.clock.advance(by: .seconds(30) - .nanoseconds(1))
        #expect(machine.timerFired(now: self.clock.now) == .armTimer(at: deadline))
        self.clock.advance(by: .nanoseconds(1))
        #expect(machine.timerFired(now: self.clock.now) == .stopEverything)
    }

    @Test func `is not given more time by a second request`() {
        var machine = self.draining()
        self.clock.advance(by: .seconds(29))
        #expect(machine.stopRequested(running: 2, drainLimit: .seconds(30), now: self.clock.now) == .nothing)
        self.clock.advance(by: .seconds(1))
        #expect(machine.timerFired(now: self.clock.now) == .stopEverything)
    }

    @Test func `stops everything once`() {
        var machine = self.draining()
        #expect(machine.invocationEnded(running: 0) == .stopEverything)
        self.clock.advance(by: .seconds(60))
        #expect(machine.invocationEnded(running: 0) == .nothing)
        #expect(machine.timerFired(now: self.clock.now) == .nothing)
        #expect(machine.stopRequested(running: 0, drainLimit: .zero, now: self.clock.now) == .nothing)
    }

    @Test func `exits when everything has stopped, once, and not before`() {
        var machine = ShutdownMachine()
        #expect(machine.everythingStopped() == .nothing)
        #expect(machine.acceptsInvocations)
        machine = self.draining()
        #expect(machine.everythingStopped() == .nothing)
        #expect(machine.invocationEnded(running: 0) == .stopEverything)
        #expect(machine.everythingStopped() == .exit)
        #expect(machine.everythingStopped() == .nothing)
    }

    @Test func `and one that is not goes on`() {
        var machine = ShutdownMachine()
        #expect(machine.invocationEnded(running: 0) == .nothing)
        #expect(machine.timerFired(now: self.clock.now) == .nothing)
        #expect(machine.acceptsInvocations)
    }
}
