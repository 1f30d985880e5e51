import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `An idle environment` {
    private static let grace = Duration.milliseconds(100)
    private let clock = ManualClock()

    private func idle(grace: Duration? = grace) -> (machine: FreezeMachine, action: FreezeMachine.Action) {
        var machine = FreezeMachine()
        let action = machine.becameIdle(now: self.clock.now, grace: grace)
        return (machine, action)
    }

    @Test func `is frozen after its grace, and not before`() {
        var (machine, action) = self.idle()
        let end = self.clock.now.advanced(by: Self.grace)
        #expect(action == .armTimer(at: end))
        self.clock.advance(by: Self.grace - .nanoseconds(1))
        #expect(machine.timerFired(now: self.clock.now, grace: Self.grace) == .armTimer(at: end))
        #expect(!machine.isFrozen)
        self.clock.advance(by: .nanoseconds(1))
        #expect(machine.timerFired(now: self.clock.now, grace: Self.grace) == .freeze)
        #expect(machine.isFrozen)
    }

    @Test func `goes on with what is asked of it, once`() {
        var (machine, _) = self.idle()
        self.clock.advance(by: Self.grace)
        _ = machine.timerFired(now: self.clock.now, grace: Self.grace)
        #expect(machine.becameNeeded() == .thaw)
        #expect(machine.becameNeeded() == .nothing)
        #expect(!machine.isFrozen)
    }

    @Test func `that is needed within its grace is neither frozen nor thawed`() {
        var (machine, _) = self.idle()
        #expect(machine.becameNeeded() == .nothing)
        self.clock.advance(by: Self.grace)
        // The timer of the idle time that is over, with the invocation running.
        #expect(machine.timerFired(now: self.clock.now, grace: Self.grace) == .nothing)
        #expect(!machine.isFrozen)
    }

    @Test func `arms one timer for a thousand invocations within one grace`() {
        var (machine, _) = self.idle()
        for _ in 0..<1_000 {
            self.clock.advance(by: .microseconds(90))
            #expect(machine.becameNeeded() == .nothing)
            #expect(machine.becameIdle(now: self.clock.now, grace: Self.grace) == .nothing)
        }
        self.clock.advance(by: .milliseconds(10))
        // The last of them was idle 10 ms ago: it has the rest of its own grace.
        let end = self.clock.now.advanced(by: .milliseconds(90))
        #expect(machine.timerFired(now: self.clock.now, grace: Self.grace) == .armTimer(at: end))
        self.clock.advance(by: .milliseconds(90))
        #expect(machine.timerFired(now: self.clock.now, grace: Self.grace) == .freeze)
    }

    @Test func `does not ask for the grace while a timer is armed`() {
        var (machine, _) = self.idle()
        var asked = 0
        func grace() -> Duration? {
            asked += 1
            return Self.grace
        }
        _ = machine.becameNeeded()
        _ = machine.becameIdle(now: self.clock.now, grace: grace())
        #expect(asked == 0)
        _ = machine.becameNeeded()
        _ = machine.timerFired(now: self.clock.now, grace: Self.grace)
        _ = machine.becameIdle(now: self.clock.now, grace: grace())
        #expect(asked == 1)
    }

    @Test func `is never frozen where that is off`() {
        var (machine, action) = self.idle(grace: nil)
        #expect(action == .nothing)
        #expect(machine.timerFired(now: self.clock.now.advanced(by: .seconds(3600)), grace: nil) == .nothing)
        #expect(machine.becameNeeded() == .nothing)
    }

    @Test func `is frozen at once with a grace of zero`() {
        var (machine, action) = self.idle(grace: .zero)
        #expect(action == .armTimer(at: self.clock.now))
        #expect(machine.timerFired(now: self.clock.now, grace: .zero) == .freeze)
    }

    @Test func `follows a reload that switches freezing off or makes its grace longer`() {
        var (machine, _) = self.idle()
        self.clock.advance(by: Self.grace)
        #expect(machine.timerFired(now: self.clock.now, grace: nil) == .nothing)
        #expect(!machine.isFrozen)

        (machine, _) = self.idle()
        let end = self.clock.now.advanced(by: .seconds(1))
        self.clock.advance(by: Self.grace)
        #expect(machine.timerFired(now: self.clock.now, grace: .seconds(1)) == .armTimer(at: end))
    }

    @Test func `that could not be frozen runs on and is not thawed`() {
        var (machine, _) = self.idle()
        self.clock.advance(by: Self.grace)
        #expect(machine.timerFired(now: self.clock.now, grace: Self.grace) == .freeze)
        machine.freezeFailed()
        #expect(machine.becameNeeded() == .nothing)
        #expect(machine.becameIdle(now: self.clock.now, grace: Self.grace) != .nothing)
    }
}

@Suite struct `Freezing, whatever happens in whatever order` {
    @Test func `thaws what it froze before it is used, and arms one timer at a time`() {
        var frozenLives = 0
        for seed in UInt64(1)...2_000 {
            var random = SplitMix64(seed: seed)
            let clock = ManualClock()
            var machine = FreezeMachine()
            var isIdle = false
            var isFrozen = false
            var timers: [Instant] = []
            for _ in 0..<60 {
                clock.advance(by: .milliseconds(Int64.random(in: 0...80, using: &random)))
                let grace = Int.random(in: 0..<8, using: &random) == 0 ? nil : Duration.milliseconds(100)
                let action: FreezeMachine.Action
                switch Int.random(in: 0..<3, using: &random) {
                case 0:
                    action = machine.becameNeeded()
                    verify((action == .thaw) == isFrozen, "seed \(seed): used while it is frozen")
                    isIdle = false
                case 1 where !isIdle:
                    action = machine.becameIdle(now: clock.now, grace: grace)
                    isIdle = true
                default:
                    guard let due = timers.first, clock.now >= due else { continue }
                    timers = []
                    action = machine.timerFired(now: clock.now, grace: grace)
                }
                switch action {
                case .nothing: break
                case .armTimer(let instant): timers.append(instant)
                case .freeze:
                    verify(isIdle && !isFrozen, "seed \(seed): frozen while it is used")
                    (isFrozen, frozenLives) = (true, frozenLives + 1)
                case .thaw: isFrozen = false
                }
                verify(machine.isFrozen == isFrozen, "seed \(seed): the machine and the book differ")
                verify(timers.count <= 1, "seed \(seed): two timers")
            }
        }
        #expect(frozenLives > 1_000)
    }
}
