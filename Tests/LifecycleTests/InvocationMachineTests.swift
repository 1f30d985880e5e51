import LambdaCore
import Lifecycle
import TestSupport
import Testing

private typealias Failure = InvocationMachine.Failure

/// An invocation on a manual clock, with a timeout of three seconds.
private struct Sample {
    let clock = ManualClock()
    let deadline: Instant
    var machine: InvocationMachine

    init(runtimeIsReady: Bool = true) {
        self.deadline = self.clock.now.advanced(by: .seconds(3))
        self.machine = InvocationMachine(
            request: .numbered(1), timeout: .seconds(3), now: self.clock.now, runtimeIsReady: runtimeIsReady)
    }

    /// One in the state that `name` says.
    init(_ stage: Stage) {
        self.init(runtimeIsReady: stage != .waitingForRuntime)
        switch stage {
        case .waitingForRuntime, .running: break
        case .answered: _ = self.machine.runtimeAnswered()
        case .over:
            _ = self.machine.runtimeAnswered()
            _ = self.machine.runtimeAskedForNext(now: self.clock.now)
        }
    }
}

private enum Stage: CaseIterable { case waitingForRuntime, running, answered, over }

@Suite struct `An invocation` {
    private static let failures: [Failure] = [
        .timedOut, .runtimeExited(.status(1), outOfMemory: false), .runtimeExited(.signal(9), outOfMemory: true),
        .sandboxEnded(outOfMemory: false), .initFailed(.invalidEntrypoint("no bootstrap")),
    ]

    @Test func `answers at once and is over when the runtime asks for more`() {
        var sample = Sample()
        sample.clock.advance(by: .milliseconds(20))
        #expect(sample.machine.runtimeAnswered() == .answer)
        #expect(!sample.machine.isOver)
        sample.clock.advance(by: .milliseconds(5))
        #expect(sample.machine.runtimeAskedForNext(now: sample.clock.now) == .finish(.answered))
        #expect(sample.machine.isOver)
    }

    @Test func `lasts from its delivery to the runtime's next call`() {
        var sample = Sample()
        sample.clock.advance(by: .milliseconds(20))
        #expect(sample.machine.duration(now: sample.clock.now) == .milliseconds(20))
        _ = sample.machine.runtimeAnswered()
        sample.clock.advance(by: .milliseconds(5))
        _ = sample.machine.runtimeAskedForNext(now: sample.clock.now)
        sample.clock.advance(by: .seconds(60))
        #expect(sample.machine.duration(now: sample.clock.now) == .milliseconds(25))
    }

    @Test(arguments: [true, false])
    func `times out at its deadline, and not before`(runtimeIsReady: Bool) {
        var sample = Sample(runtimeIsReady: runtimeIsReady)
        #expect(sample.machine.deadline == sample.deadline)
        sample.clock.advance(by: .seconds(3) - .nanoseconds(1))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .armTimer(at: sample.deadline))
        #expect(!sample.machine.isOver)
        sample.clock.advance(by: .nanoseconds(1))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .fail(.timedOut))
        #expect(sample.machine.isOver)
    }

    @Test func `is charged no more than its timeout when its timer fires late`() {
        var sample = Sample()
        sample.clock.advance(by: .milliseconds(3_250))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .fail(.timedOut))
        #expect(sample.machine.duration(now: sample.clock.now) == .seconds(3))
    }

    @Test func `that was answered still times out while the runtime does not ask for more`() {
        var sample = Sample(.answered)
        sample.clock.advance(by: .seconds(3))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .finishAndReset(.timedOut))
        #expect(sample.machine.duration(now: sample.clock.now) == .seconds(3))
    }

    @Test(arguments: failures)
    private func `fails with words of the platform's before the answer`(failure: Failure) {
        var sample = Sample(.running)
        sample.clock.advance(by: .seconds(1))
        #expect(sample.machine.failed(failure, now: sample.clock.now) == .fail(failure))
        #expect(sample.machine.duration(now: sample.clock.now) == .seconds(1))
        // The answer that comes after the exit reaches nobody.
        #expect(sample.machine.runtimeAnswered() == .nothing)
    }

    @Test(arguments: failures)
    private func `keeps its answer when the runtime ends after it`(failure: Failure) {
        var sample = Sample(.answered)
        sample.clock.advance(by: .seconds(1))
        #expect(sample.machine.failed(failure, now: sample.clock.now) == .finishAndReset(failure))
        #expect(sample.machine.runtimeAskedForNext(now: sample.clock.now) == .nothing)
    }

    @Test(arguments: Stage.allCases)
    private func `is answered in one stage only`(stage: Stage) {
        var sample = Sample(stage)
        #expect(sample.machine.runtimeAnswered() == (stage == .running ? .answer : .nothing))
        #expect(sample.machine.runtimeAnswered() == .nothing)
    }

    @Test(arguments: Stage.allCases)
    private func `ends well in one stage only`(stage: Stage) {
        var sample = Sample(stage)
        let action = sample.machine.runtimeAskedForNext(now: sample.clock.now)
        #expect(action == (stage == .answered ? .finish(.answered) : .nothing))
        #expect(sample.machine.isOver == [.answered, .over].contains(stage))
    }

    @Test(arguments: failures)
    private func `once over, is over`(failure: Failure) {
        var sample = Sample(.over)
        let duration = sample.machine.duration(now: sample.clock.now)
        sample.clock.advance(by: .seconds(60))
        #expect(sample.machine.failed(failure, now: sample.clock.now) == .nothing)
        // A timer that was armed for it and not cancelled in time.
        #expect(sample.machine.timerFired(now: sample.clock.now) == .nothing)
        #expect(sample.machine.runtimeBecameReady() == .nothing)
        #expect(sample.machine.duration(now: sample.clock.now) == duration)
    }

    @Test(arguments: failures)
    private func `fails once`(failure: Failure) {
        for stage in [Stage.waitingForRuntime, .running, .answered] {
            var sample = Sample(stage)
            #expect(sample.machine.failed(failure, now: sample.clock.now) != .nothing)
            #expect(sample.machine.failed(.timedOut, now: sample.clock.now) == .nothing)
        }
    }
}

@Suite struct `An invocation that finds the runtime gone` {
    @Test func `is delivered when the runtime has started anew, once`() {
        var sample = Sample(runtimeIsReady: false)
        #expect(sample.machine.runtimeAnswered() == .nothing)
        sample.clock.advance(by: .milliseconds(80))
        #expect(sample.machine.runtimeBecameReady() == .deliver)
        #expect(sample.machine.runtimeBecameReady() == .nothing)
        #expect(sample.machine.runtimeAnswered() == .answer)
    }

    @Test func `counts that start into its duration and against its timeout`() {
        var sample = Sample(runtimeIsReady: false)
        sample.clock.advance(by: .seconds(2))
        _ = sample.machine.runtimeBecameReady()
        sample.clock.advance(by: .seconds(1) - .nanoseconds(1))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .armTimer(at: sample.deadline))
        sample.clock.advance(by: .nanoseconds(1))
        #expect(sample.machine.timerFired(now: sample.clock.now) == .fail(.timedOut))
        #expect(sample.machine.duration(now: sample.clock.now) == .seconds(3))
    }

    @Test(arguments: Stage.allCases)
    private func `is the only one that waits for a runtime`(stage: Stage) {
        #expect(Sample(stage).machine.isWaitingForRuntime == (stage == .waitingForRuntime))
    }

    @Test func `fails with the reason of a start that fails`() {
        var sample = Sample(runtimeIsReady: false)
        let reason = Failure.initFailed(.initError(type: "Runtime.ImportModuleError", body: Array("{}".utf8)))
        #expect(sample.machine.failed(reason, now: sample.clock.now) == .fail(reason))
    }

    @Test func `is not delivered after its timeout`() {
        var sample = Sample(runtimeIsReady: false)
        sample.clock.advance(by: .seconds(3))
        _ = sample.machine.timerFired(now: sample.clock.now)
        #expect(sample.machine.runtimeBecameReady() == .nothing)
    }

    @Test func `is delivered at once where the runtime is there, without being told so`() {
        var sample = Sample(runtimeIsReady: true)
        #expect(sample.machine.runtimeBecameReady() == .nothing)
        #expect(sample.machine.runtimeAnswered() == .answer)
    }
}
