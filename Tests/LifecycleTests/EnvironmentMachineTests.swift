import LambdaCore
import Lifecycle
import TestSupport
import Testing

private typealias Settings = EnvironmentMachine.Settings

@Suite struct `An environment that is starting` {
    private let clock = ManualClock()

    @Test(arguments: [Duration.seconds(20), .milliseconds(1), .seconds(900)])
    func `is given up at its startup deadline, and not before`(timeout: Duration) throws {
        var machine = EnvironmentMachine(environment: .numbered(1))
        let deadline = self.clock.now.advanced(by: timeout)
        let settings = Settings(startupTimeout: timeout)
        #expect(try machine.startRequested(now: self.clock.now, settings: settings) == .armTimer(at: deadline))

        self.clock.advance(by: timeout - .nanoseconds(1))
        #expect(machine.timerFired(now: self.clock.now) == .armTimer(at: deadline))
        #expect(machine.state == .starting)

        self.clock.advance(by: .nanoseconds(1))
        #expect(machine.timerFired(now: self.clock.now) == .stopSandbox)
        #expect(machine.state == .startupTimedOut)
        #expect(machine.startFailure == .timedOut)
    }

    @Test func `has 20 seconds and is kept 600 where nothing is configured`() {
        #expect(Settings() == Settings(startupTimeout: .seconds(20), keepalive: .seconds(600)))
    }

    @Test func `keeps the deadline that held when it began`() throws {
        var sample = try EnvironmentSample(.starting, at: self.clock.now)
        self.clock.advance(by: .seconds(20))
        #expect(sample.machine.timerFired(now: self.clock.now) == .stopSandbox)
        #expect(throws: EnvironmentMachine.IllegalTransition.self) {
            try sample.machine.runtimeBecameReady(now: self.clock.now, settings: EnvironmentSample.settings)
        }
    }

    @Test func `is ready when it becomes ready before its timer fires, however late`() throws {
        var sample = try EnvironmentSample(.starting, at: self.clock.now)
        self.clock.advance(by: .seconds(21))
        let action = try sample.machine.runtimeBecameReady(now: self.clock.now, settings: EnvironmentSample.settings)
        #expect(action == .armTimer(at: self.clock.now.advanced(by: .seconds(600))))
        #expect(sample.machine.timerFired(now: self.clock.now) == action)
    }

    private static let failures: [StartFailure] = [
        .initError(type: "Runtime.ImportModuleError", body: Array("{\"errorMessage\":\"no module\"}".utf8)),
        .initError(type: "Runtime.ImportModuleError", body: []),
        .initError(type: "Runtime.Unknown", body: []),
        .runtimeExited(.status(0), outOfMemory: false),
        .runtimeExited(.status(9), outOfMemory: false),
        .runtimeExited(.signal(9), outOfMemory: false),
        .runtimeExited(.signal(9), outOfMemory: true),
        .invalidEntrypoint("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        .sandbox(.refused("memory above the limit")),
        .sandbox(.setupFailed(step: "pivot_root", errno: 1)),
        .sandbox(.setupFailed(step: "pivot_root", errno: 22)),
        .sandbox(.setupFailed(step: "mount proc", errno: 1)),
        .sandbox(.vanished),
        .sandbox(.timedOut),
        .sandbox(.disconnected("connection refused")),
        .credentials(.refused(code: "AccessDenied", message: "no")),
        .credentials(.unavailable("connection refused")),
        .sandboxEnded,
        .cancelled(by: .update),
        .cancelled(by: .delete),
        .cancelled(by: .shutdown),
    ]

    @Test(arguments: failures)
    func `keeps why it failed until it is gone`(failure: StartFailure) throws {
        var sample = try EnvironmentSample(.starting, at: self.clock.now)
        #expect(sample.machine.startFailure == nil)
        #expect(try sample.machine.startFailed(failure) == .stopSandbox)
        #expect(sample.machine.state == .startupFailed)
        #expect(sample.machine.startFailure == failure)
        // What comes while the sandbox is stopped does not take the reason's place.
        #expect(sample.machine.sandboxVanished() == .nothing)
        #expect(sample.machine.timerFired(now: self.clock.now.advanced(by: .seconds(3600))) == .nothing)
        #expect(try sample.machine.stopRequested(.shutdown) == .nothing)
        #expect(sample.machine.startFailure == failure)
    }

    @Test func `tells every reason of failure from every other`() {
        let all = Self.failures + [.timedOut]
        for (index, failure) in all.enumerated() {
            #expect(all.enumerated().filter { $0.element == failure }.map(\.offset) == [index])
        }
    }

    @Test(arguments: [StartFailure.Cancellation.update, .delete, .shutdown])
    func `is given up by whoever stops it, and says who`(cause: StartFailure.Cancellation) throws {
        var sample = try EnvironmentSample(.starting, at: self.clock.now)
        #expect(try sample.machine.stopRequested(cause) == .stopSandbox)
        #expect(sample.machine.startFailure == .cancelled(by: cause))
    }

    @Test func `has failed when its sandbox ends under it`() throws {
        var sample = try EnvironmentSample(.starting, at: self.clock.now)
        #expect(sample.machine.sandboxVanished() == .stopSandbox)
        #expect(sample.machine.startFailure == .sandboxEnded)
    }

    @Test(arguments: Situation.allCases.filter { ![.startupFailed, .startupTimedOut].contains($0) })
    func `alone can have a reason of failure`(situation: Situation) throws {
        #expect(try EnvironmentSample(situation, at: self.clock.now).machine.startFailure == nil)
    }
}

@Suite struct `An environment whose version was replaced while it started` {
    private let clock = ManualClock()

    @Test func `serves the invocation that waited for it, and goes`() throws {
        var sample = try EnvironmentSample(.startingOutdated, at: self.clock.now)
        try sample.apply(.runtimeBecameReady)
        try sample.apply(.reserved)
        #expect(try sample.apply(.released) == .stopSandbox)
        #expect(sample.machine.state == .draining)
    }

    @Test func `goes at once when nobody waited`() throws {
        var sample = try EnvironmentSample(.startingOutdated, at: self.clock.now)
        try sample.apply(.runtimeBecameReady)
        #expect(sample.machine.timerFired(now: self.clock.now) == .stopSandbox)
        #expect(sample.machine.state == .timingOut)
    }

    @Test func `is not to be had by an invocation that came later`() throws {
        var sample = try EnvironmentSample(.startingOutdated, at: self.clock.now)
        try sample.apply(.runtimeBecameReady)
        #expect(!sample.machine.isAvailable(now: self.clock.now))
    }

    @Test func `goes after its reset, too`() throws {
        var sample = try EnvironmentSample(.startingOutdated, at: self.clock.now)
        try sample.apply(.runtimeBecameReady)
        try sample.apply(.reserved)
        try sample.apply(.resetRequested)
        #expect(try sample.apply(.resetFinished) == .stopSandbox)
        #expect(sample.machine.state == .draining)
    }
}

@Suite struct `A reset` {
    private let clock = ManualClock()

    @Test func `has two seconds`() {
        #expect(EnvironmentMachine.resetBudget == .seconds(2))
    }

    @Test func `makes the environment ready when it ends within its budget`() throws {
        var sample = try EnvironmentSample(.resetting, at: self.clock.now)
        let deadline = self.clock.now.advanced(by: EnvironmentMachine.resetBudget)
        self.clock.advance(by: EnvironmentMachine.resetBudget - .nanoseconds(1))
        #expect(sample.machine.timerFired(now: self.clock.now) == .armTimer(at: deadline))
        let action = try sample.machine.resetFinished(now: self.clock.now, settings: EnvironmentSample.settings)
        #expect(action == .armTimer(at: self.clock.now.advanced(by: .seconds(600))))
        #expect(sample.machine.isAvailable(now: self.clock.now))
    }

    @Test func `gives the whole sandbox up at its budget's end`() throws {
        var sample = try EnvironmentSample(.resetting, at: self.clock.now)
        self.clock.advance(by: EnvironmentMachine.resetBudget)
        #expect(sample.machine.timerFired(now: self.clock.now) == .stopSandbox)
        #expect(sample.machine.state == .draining)
        #expect(throws: EnvironmentMachine.IllegalTransition.self) {
            try sample.machine.resetFinished(now: self.clock.now, settings: EnvironmentSample.settings)
        }
    }

    @Test func `leaves the environment unavailable while it lasts`() throws {
        let sample = try EnvironmentSample(.resetting, at: self.clock.now)
        #expect(!sample.machine.isAvailable(now: self.clock.now))
    }

    @Test func `is followed by the end where every invocation has a sandbox of its own`() throws {
        var sample = try EnvironmentSample(.resetting, at: self.clock.now)
        let action = try sample.machine.resetFinished(now: self.clock.now, settings: Settings(keepalive: .zero))
        #expect(action == .stopSandbox)
        #expect(sample.machine.state == .timingOut)
    }
}
