import HostFiles
import LambdaCore
import TestSupport
import Testing

@Suite struct `A directory that changes` {
    private static let settings = ReloadMachine.Settings(quiet: .milliseconds(200), longest: .seconds(2))

    @Test func `is changing at once, and settled when it was quiet for long enough`() {
        let clock = ManualClock()
        var machine = ReloadMachine(settings: Self.settings)
        #expect(machine.deadline == nil)
        #expect(machine.timerFired(now: clock.now) == nil)
        #expect(machine.changed(now: clock.now) == .changing)
        clock.advance(by: .milliseconds(199))
        #expect(machine.timerFired(now: clock.now) == nil)
        clock.advance(by: .milliseconds(1))
        #expect(machine.deadline == clock.now)
        #expect(machine.timerFired(now: clock.now) == .settled)
        #expect(machine.deadline == nil)
        #expect(machine.timerFired(now: clock.now) == nil)
    }

    @Test func `is told once for many changes, and is quiet from the last of them`() {
        let clock = ManualClock()
        var machine = ReloadMachine(settings: Self.settings)
        #expect(machine.changed(now: clock.now) == .changing)
        for _ in 0..<3 {
            clock.advance(by: .milliseconds(150))
            #expect(machine.timerFired(now: clock.now) == nil)
            #expect(machine.changed(now: clock.now) == nil)
        }
        clock.advance(by: .milliseconds(199))
        #expect(machine.timerFired(now: clock.now) == nil)
        clock.advance(by: .milliseconds(1))
        #expect(machine.timerFired(now: clock.now) == .settled)
    }

    @Test func `counts as settled when changes do not end, and the next one begins anew`() {
        let clock = ManualClock()
        let began = clock.now
        var machine = ReloadMachine(settings: Self.settings)
        #expect(machine.changed(now: clock.now) == .changing)
        var told: HostDirectoryEvent?
        while told == nil {
            clock.advance(by: .milliseconds(100))
            told = machine.timerFired(now: clock.now)
            if told == nil { #expect(machine.changed(now: clock.now) == nil) }
        }
        #expect(told == .settled)
        #expect(clock.now == began.advanced(by: .seconds(2)))
        #expect(machine.changed(now: clock.now) == .changing)
    }

    @Test func `settles in the same moment where no quiet is asked for`() {
        let clock = ManualClock()
        var machine = ReloadMachine(settings: .init(quiet: .zero, longest: .seconds(2)))
        #expect(machine.changed(now: clock.now) == .changing)
        #expect(machine.timerFired(now: clock.now) == .settled)
    }
}
