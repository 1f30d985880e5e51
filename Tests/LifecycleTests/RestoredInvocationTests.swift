import LambdaCore
import Lifecycle
import TestSupport
import Testing

private typealias Failure = InvocationMachine.Failure

/// An invocation whose runtime is restored first, on a manual clock: 10 seconds for the restore, 3 for itself.
private struct Sample {
    let clock = ManualClock()
    var machine: InvocationMachine

    init() {
        self.machine = InvocationMachine(
            request: .numbered(1), timeout: .seconds(3), now: self.clock.now, restoreLimit: Limits.restorePhase)
    }
}

@Suite struct `An invocation whose runtime is restored first` {
    private static let failures: [Failure] = [
        .runtimeExited(.status(1), outOfMemory: false), .runtimeExited(.signal(9), outOfMemory: true),
        .sandboxEnded(outOfMemory: false), .extensionFailed(.init(type: "Extension.Crash", words: "exit status 1")),
    ]

    @Test func `begins with the end of the restore, whatever that took`() {
        var sample = Sample()
        #expect(sample.machine.isRestoring && !sample.machine.isWaitingForRuntime)
        sample.clock.advance(by: .seconds(9))
        #expect(sample.machine.duration(now: sample.clock.now) == .zero)
        #expect(sample.machine.runtimeWasRestored(now: sample.clock.now) == .deliver)
        #expect(!sample.machine.isRestoring)
        #expect(sample.machine.deadline == sample.clock.now.advanced(by: .seconds(3)))
        sample.clock.advance(by: .seconds(2))
        #expect(sample.machine.duration(now: sample.clock.now) == .seconds(2))
        #expect(sample.machine.runtimeAnswered() == .answer)
        #expect(sample.machine.runtimeAskedForNext(now: sample.clock.now) == .finish(.answered))
    }

    @Test func `may wait for 10 seconds, and no longer`() {
        var sample = Sample()
        let end = sample.clock.now.advanced(by: .seconds(10))
        #expect(sample.machine.deadline == end)
        #expect(sample.machine.latestEnd == end.advanced(by: .seconds(3)))
        sample.clock.advance(by: .seconds(10) - .nanoseconds(1))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .armTimer(at: end))
        sample.clock.advance(by: .nanoseconds(1))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .failRestore(.timedOut))
        #expect(sample.machine.isOver)
        // What the hooks do afterwards is nobody's.
        #expect(sample.machine.runtimeWasRestored(now: sample.clock.now) == .nothing)
        #expect(sample.machine.restoreFailed(type: "Runtime.Late", now: sample.clock.now) == .nothing)
        #expect(sample.machine.timerFired(now: sample.clock.now) == .nothing)
    }

    @Test func `has its own time after it`() {
        var sample = Sample()
        sample.clock.advance(by: .seconds(1))
        _ = sample.machine.runtimeWasRestored(now: sample.clock.now)
        let end = sample.clock.now.advanced(by: .seconds(3))
        #expect(sample.machine.latestEnd == end)
        // The timer of the restore is still armed, and asks.
        sample.clock.advance(by: .seconds(3) - .nanoseconds(1))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .armTimer(at: end))
        sample.clock.advance(by: .nanoseconds(1))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .fail(.timedOut))
        #expect(sample.machine.duration(now: sample.clock.now) == .seconds(3))
    }

    @Test func `never begins where a hook fails`() {
        var sample = Sample()
        let action = sample.machine.restoreFailed(type: "Runtime.AfterRestoreError", now: sample.clock.now)
        #expect(action == .failRestore(.reported(type: "Runtime.AfterRestoreError")))
        #expect(sample.machine.failed(.timedOut, now: sample.clock.now) == .nothing)
    }

    @Test(arguments: failures)
    private func `never begins where its environment breaks`(failure: Failure) {
        var sample = Sample()
        #expect(sample.machine.failed(failure, now: sample.clock.now) == .failRestore(.ended(failure)))
        #expect(sample.machine.runtimeWasRestored(now: sample.clock.now) == .nothing)
    }

    @Test func `is no failed restore where the daemon stops`() {
        var sample = Sample()
        #expect(sample.machine.failed(.stopped, now: sample.clock.now) == .fail(.stopped))
    }

    @Test func `is neither answered nor over before it has begun`() {
        var sample = Sample()
        #expect(sample.machine.runtimeAnswered() == .nothing)
        #expect(sample.machine.runtimeAskedForNext(now: sample.clock.now) == .nothing)
        #expect(sample.machine.runtimeBecameReady() == .nothing)
        #expect(!sample.machine.isOver)
    }

    @Test func `is the only one that a restore matters to`() {
        let clock = ManualClock()
        for isReady in [true, false] {
            var machine = InvocationMachine(
                request: .numbered(1), timeout: .seconds(3), now: clock.now, runtimeIsReady: isReady)
            #expect(machine.runtimeWasRestored(now: clock.now) == .nothing)
            #expect(machine.restoreFailed(type: "Runtime.Unknown", now: clock.now) == .nothing)
            #expect(!machine.isRestoring && machine.latestEnd == machine.deadline)
        }
    }
}
