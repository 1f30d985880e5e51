import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `Environments that are kept ready` {
    private let clock = ManualClock()
    private let one = EnvironmentID.numbered(1)
    private let two = EnvironmentID.numbered(2)
    private let three = EnvironmentID.numbered(3)
    private let failure = ProvisionedStatus.initFailure

    /// So many are wanted, and as many are ready: 1, 2, 3 ….
    private func machine(ready count: Int) -> ProvisionedMachine {
        var machine = ProvisionedMachine()
        _ = machine.wantedChanged(to: count)
        for number in 1...count {
            machine.startBegan(.numbered(number))
            _ = machine.becameFree(.numbered(number), now: self.clock.now)
        }
        return machine
    }

    @Test func `are started until as many are there as are wanted`() {
        var machine = ProvisionedMachine()
        #expect(machine.wantedChanged(to: 2) == .init())
        #expect(machine.missing(now: self.clock.now) == 2)
        machine.startBegan(self.one)
        machine.startBegan(self.two)
        #expect(machine.missing(now: self.clock.now) == 0)
        #expect(machine.allocated == 0)
        #expect(machine.becameFree(self.one, now: self.clock.now) == .ready)
        #expect(machine.allocated == 1 && machine.available == 1)
        #expect(machine.becameFree(self.two, now: self.clock.now) == .ready)
        #expect(machine.allocated == 2 && machine.failure == nil)
    }

    @Test func `are raised by the difference`() {
        var machine = self.machine(ready: 2)
        #expect(machine.wantedChanged(to: 5) == .init())
        #expect(machine.missing(now: self.clock.now) == 3)
        #expect(machine.allocated == 2)
    }

    @Test
    func `are lowered by the difference: idle ones first, then those that start, and busy ones when they are done`()
        throws
    {
        var machine = self.machine(ready: 3)
        _ = machine.wantedChanged(to: 4)
        machine.startBegan(.numbered(4))
        let taken = machine.take()
        let busy = try #require(taken)
        #expect(busy == self.three)
        #expect(machine.wantedChanged(to: 3) == .init(idle: [self.one]))
        #expect(machine.wantedChanged(to: 1) == .init(idle: [self.two], starting: [.numbered(4)]))
        #expect(machine.wantedChanged(to: 0) == .init())
        #expect(machine.busyCount == 1)
        #expect(machine.becameFree(busy, now: self.clock.now) == .surplus)
        #expect(machine.busyCount == 0 && machine.allocated == 0)
        #expect(machine.missing(now: self.clock.now) == 0)
    }

    @Test func `are used most recently used first, and their use is not their end`() {
        var machine = self.machine(ready: 3)
        #expect(machine.take() == self.three)
        #expect(machine.take() == self.two)
        #expect(machine.allocated == 3 && machine.available == 1 && machine.busyCount == 2)
        #expect(machine.becameFree(self.three, now: self.clock.now) == .ready)
        #expect(machine.hasIdle { _ in true } == true)
        #expect(machine.take() == self.three)
        #expect(machine.missing(now: self.clock.now) == 0)
    }

    @Test func `that may begin no invocation are passed over, and replaced`() {
        var machine = self.machine(ready: 2)
        #expect(machine.hasIdle { $0 == self.one } == true)
        #expect(machine.take() == self.one)
        #expect(machine.hasIdle { _ in true } == false)
        #expect(machine.missing(now: self.clock.now) == 1)
    }

    @Test func `are replaced at once when they end after a while`() {
        var machine = self.machine(ready: 1)
        self.clock.advance(by: ProvisionedMachine.steadyAfter)
        machine.left(self.one, failure: nil, now: self.clock.now)
        #expect(machine.allocated == 0 && machine.missing(now: self.clock.now) == 1)
    }

    @Test func `are replaced later each time when they end as soon as they are ready`() {
        var machine = self.machine(ready: 1)
        for (number, delay) in [1, 2, 4, 8].enumerated() {
            let environment = EnvironmentID.numbered(number + 1)
            machine.left(environment, failure: nil, now: self.clock.now)
            #expect(machine.missing(now: self.clock.now) == 0)
            #expect(machine.notBefore == self.clock.now.advanced(by: .seconds(delay)))
            self.clock.advance(by: .seconds(delay))
            #expect(machine.missing(now: self.clock.now) == 1)
            let next = EnvironmentID.numbered(number + 2)
            machine.startBegan(next)
            #expect(machine.becameFree(next, now: self.clock.now) == .ready)
        }
    }

    @Test func `have failed when a start has, until as many are ready as are wanted`() {
        var machine = ProvisionedMachine()
        _ = machine.wantedChanged(to: 2)
        machine.startBegan(self.one)
        machine.startBegan(self.two)
        _ = machine.becameFree(self.one, now: self.clock.now)
        machine.left(self.two, failure: self.failure, now: self.clock.now)
        #expect(machine.failure == self.failure && machine.allocated == 1)
        #expect(machine.missing(now: self.clock.now) == 0)
        self.clock.advance(by: .seconds(1))
        #expect(machine.missing(now: self.clock.now) == 1)
        machine.startBegan(self.three)
        #expect(machine.failure == self.failure)
        _ = machine.becameFree(self.three, now: self.clock.now)
        #expect(machine.failure == nil && machine.allocated == 2)
    }

    @Test func `that fail together are one setback`() {
        var machine = ProvisionedMachine()
        _ = machine.wantedChanged(to: 3)
        for environment in [self.one, self.two, self.three] { machine.startBegan(environment) }
        for environment in [self.one, self.two, self.three] {
            machine.left(environment, failure: self.failure, now: self.clock.now)
        }
        #expect(machine.notBefore == self.clock.now.advanced(by: .seconds(1)))
    }

    @Test func `are tried anew at once when they are configured again`() {
        var machine = ProvisionedMachine()
        _ = machine.wantedChanged(to: 1)
        machine.startFailed("no such runtime", now: self.clock.now)
        #expect(machine.missing(now: self.clock.now) == 0)
        _ = machine.wantedChanged(to: 1)
        #expect(machine.failure == nil && machine.missing(now: self.clock.now) == 1)
    }

    @Test func `whose content is replaced leave, and as many others are started`() throws {
        var machine = self.machine(ready: 2)
        let taken = machine.take()
        let busy = try #require(taken)
        machine.contentChanged()
        #expect(machine.allocated == 0 && machine.missing(now: self.clock.now) == 2)
        // What runs counts as running, so that nobody stops it.
        #expect(machine.busyCount == 1)
        #expect(machine.becameFree(busy, now: self.clock.now) == .unknown)
        machine.left(busy, failure: nil, now: self.clock.now)
        machine.left(self.one, failure: nil, now: self.clock.now)
        #expect(machine.busyCount == 0 && machine.notBefore == nil)
    }

    @Test func `tell the function's own failures from the platform's`() {
        let own: [StartFailure] = [
            .initError(type: "E", body: []), .runtimeExited(.status(1), outOfMemory: false), .invalidEntrypoint("x"),
            .timedOut,
        ]
        for failure in own { #expect(failure.provisionedReason == "FUNCTION_ERROR_INIT_FAILURE") }
        #expect(
            StartFailure.sandboxEnded.provisionedReason
                == "The environment could not be started: the sandbox ended while it was starting.")
    }
}
