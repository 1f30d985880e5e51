import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `The end of an environment with extensions` {
    private static func members(externals: [String: [String]], hasInternal: Bool) throws -> [ExtensionMachine.Member] {
        var machine = ExtensionMachine()
        _ = machine.began(externals: externals.keys.sorted()) { .random() }
        for (name, events) in externals { _ = try machine.registered(name, events: events, id: .random()) }
        if hasInternal { _ = try machine.registered("inner", events: [], id: .random()) }
        return machine.members
    }

    private static func machine(
        _ externals: [String: [String]], hasInternal: Bool = false, runtimeIsAlive: Bool = true, at clock: ManualClock
    ) throws -> ExtensionShutdownMachine {
        ExtensionShutdownMachine(
            members: try self.members(externals: externals, hasInternal: hasInternal), running: Set(externals.keys),
            runtimeIsAlive: runtimeIsAlive, now: clock.now)
    }

    @Test func `ends the runtime first, then tells extensions, and is over when they ended`() throws {
        let clock = ManualClock()
        var machine = try Self.machine(["a": ["SHUTDOWN"], "b": ["SHUTDOWN", "INVOKE"], "c": []], at: clock)
        let end = clock.now.advanced(by: .milliseconds(2_000))
        #expect(machine.began() == .terminateRuntime(armTimer: clock.now.advanced(by: .milliseconds(600))))
        clock.advance(by: .milliseconds(10))
        #expect(machine.runtimeExited() == .endExtensions(armTimer: end))
        // Not subscribed: it was killed, and nobody waits for it.
        #expect(machine.extensionExited("c") == .nothing)
        #expect(machine.extensionExited("b") == .nothing)
        #expect(machine.extensionExited("a") == .finish)
        #expect(machine.timerFired(now: end) == .nothing)
    }

    @Test func `gives the runtime a third of the time at most, and extensions the rest`() throws {
        let clock = ManualClock()
        var machine = try Self.machine(["a": ["SHUTDOWN"]], at: clock)
        _ = machine.began()
        let runtimeEnd = clock.now.advanced(by: .milliseconds(600))
        clock.advance(by: .milliseconds(599))
        #expect(machine.timerFired(now: clock.now) == .armTimer(at: runtimeEnd))
        clock.advance(by: .milliseconds(1))
        #expect(machine.timerFired(now: clock.now) == .endExtensions(armTimer: machine.deadline))
        #expect(machine.runtimeExited() == .nothing)
        clock.advance(by: .milliseconds(1_399))
        #expect(machine.timerFired(now: clock.now) == .armTimer(at: machine.deadline))
        clock.advance(by: .milliseconds(1))
        #expect(machine.timerFired(now: clock.now) == .finish)
    }

    @Test func `does not wait for a runtime that is gone, nor for an extension that is`() throws {
        let clock = ManualClock()
        var machine = try Self.machine(["a": ["SHUTDOWN"]], runtimeIsAlive: false, at: clock)
        #expect(machine.began() == .endExtensions(armTimer: machine.deadline))

        var second = ExtensionShutdownMachine(
            members: try Self.members(externals: ["a": ["SHUTDOWN"]], hasInternal: false), running: [],
            runtimeIsAlive: false, now: clock.now)
        #expect(second.began() == .finish)
    }

    @Test func `gives a runtime with internal extensions half a second`() throws {
        let clock = ManualClock()
        var machine = try Self.machine([:], hasInternal: true, at: clock)
        let end = clock.now.advanced(by: .milliseconds(500))
        #expect(machine.deadline == end)
        #expect(machine.began() == .terminateRuntime(armTimer: end))
        #expect(machine.timerFired(now: end) == .finish)
    }

    @Test func `has the time that it is given`() throws {
        let clock = ManualClock()
        let budgets = ExtensionShutdownMachine.Budgets(external: .seconds(10), internal: .milliseconds(50))
        func machine(_ externals: [String: [String]], hasInternal: Bool) throws -> ExtensionShutdownMachine {
            ExtensionShutdownMachine(
                members: try Self.members(externals: externals, hasInternal: hasInternal),
                running: Set(externals.keys), runtimeIsAlive: true, now: clock.now, budgets: budgets)
        }
        var outer = try machine(["a": ["SHUTDOWN"]], hasInternal: true)
        #expect(outer.began() == .terminateRuntime(armTimer: clock.now.advanced(by: .seconds(3))))
        #expect(outer.deadline == clock.now.advanced(by: .seconds(10)))
        #expect(try machine([:], hasInternal: true).deadline == clock.now.advanced(by: .milliseconds(50)))
    }

    @Test func `is over at once where the sandbox ended by itself, and only once`() throws {
        let clock = ManualClock()
        var machine = try Self.machine(["a": ["SHUTDOWN"]], at: clock)
        _ = machine.began()
        #expect(machine.cutShort() == .finish)
        #expect(machine.cutShort() == .nothing)
        #expect(machine.runtimeExited() == .nothing)
    }
}
