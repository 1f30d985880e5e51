import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `The life of an event` {
    private typealias Rules = EventMachine.Rules
    private let settings = EventMachine.Settings()
    private let rules = Rules(maximumRetryAttempts: 2, maximumAge: .seconds(21_600), isSwitchedOff: false)

    private func machine(attempts: Int = 0, setbacks: Int = 0, dueAge: Duration = .zero) -> EventMachine {
        EventMachine(
            EventProgress(attempts: attempts, setbacks: setbacks, dueAge: dueAge, age: EventAge(at: .sample())))
    }

    /// Runs an event at `age` and ends it at once.
    private func end(
        _ machine: inout EventMachine, _ outcome: EventMachine.Outcome, age: Duration, _ rules: Rules? = nil
    ) -> EventMachine.End {
        #expect(machine.timeCame(age: age, rules: rules ?? self.rules) == .run)
        return machine.ended(outcome, age: age, rules: rules ?? self.rules, settings: self.settings)
    }

    @Test func `ends with success`() {
        var machine = self.machine()
        #expect(self.end(&machine, .succeeded, age: .zero) == .finish(.success))
        #expect(machine.attempts == 1)
    }

    @Test func `tries a function's error again after one minute and two, and not a third time`() {
        var machine = self.machine()
        #expect(self.end(&machine, .functionError, age: .seconds(5)) == .retry(atAge: .seconds(65)))
        #expect(machine.timeCame(age: .seconds(64), rules: self.rules) == .wait(untilAge: .seconds(65)))
        #expect(self.end(&machine, .functionError, age: .seconds(65)) == .retry(atAge: .seconds(185)))
        #expect(self.end(&machine, .functionError, age: .seconds(185)) == .finish(.retriesExhausted))
        #expect(machine.attempts == 3)
    }

    @Test(arguments: [(0, 1), (1, 2), (2, 3)])
    func `is tried as often as its function allows`(retries: Int, attempts: Int) {
        var rules = self.rules
        rules.maximumRetryAttempts = retries
        var machine = self.machine()
        var end = EventMachine.End.retry(atAge: .zero)
        while case .retry(let due) = end { end = self.end(&machine, .functionError, age: due, rules) }
        #expect(end == .finish(.retriesExhausted))
        #expect(machine.attempts == attempts)
    }

    @Test func `ends before it runs where its chain came back too often`() {
        var rules = self.rules
        rules.isLoop = true
        var machine = self.machine()
        #expect(machine.timeCame(age: .zero, rules: rules) == .finish(.recursiveInvocation))
        #expect(machine.attempts == 0)
    }

    @Test func `backs off from throttles by doubling up to five minutes, and does not count them`() {
        var machine = self.machine()
        var age = Duration.zero
        var waits: [Duration] = []
        for _ in 0..<11 {
            guard case .retry(let due) = self.end(&machine, .refused, age: age) else {
                Issue.record("it ended")
                return
            }
            waits.append(due - age)
            age = due
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map { .seconds($0) })
        #expect(machine.attempts == 0)
    }

    @Test func `begins a new backing off once the function has answered`() {
        var machine = self.machine(setbacks: 6)
        #expect(self.end(&machine, .functionError, age: .zero) == .retry(atAge: .seconds(60)))
        #expect(self.end(&machine, .refused, age: .seconds(60)) == .retry(atAge: .seconds(61)))
    }

    @Test func `is given up when it is too old, at the latest moment`() {
        let rules = Rules(maximumRetryAttempts: 2, maximumAge: .seconds(60), isSwitchedOff: false)
        var machine = self.machine(setbacks: 8)
        #expect(self.end(&machine, .refused, age: .seconds(50), rules) == .retry(atAge: .seconds(60)))
        #expect(machine.timeCame(age: .seconds(60), rules: rules) == .finish(.eventAgeExceeded))
    }

    @Test(arguments: [(Duration.milliseconds(39_999), false), (.seconds(40), true)])
    func `is given up at once where its retry would come too late`(age: Duration, givenUp: Bool) {
        let rules = Rules(maximumRetryAttempts: 2, maximumAge: .seconds(100), isSwitchedOff: false)
        var machine = self.machine()
        let end = self.end(&machine, .functionError, age: age, rules)
        #expect(end == (givenUp ? .finish(.eventAgeExceeded) : .retry(atAge: age + .seconds(60))))
    }

    @Test func `does not run where reserved concurrency is 0, and is told of as that`() {
        var rules = self.rules
        rules.isSwitchedOff = true
        var waiting = self.machine(dueAge: .seconds(60))
        #expect(waiting.timeCame(age: .zero, rules: rules) == .finish(.zeroReservedConcurrency))
        for outcome in [EventMachine.Outcome.functionError, .refused] {
            var running = self.machine()
            #expect(running.timeCame(age: .zero, rules: self.rules) == .run)
            let end = running.ended(outcome, age: .zero, rules: rules, settings: self.settings)
            #expect(end == .finish(.zeroReservedConcurrency))
        }
    }

    @Test func `goes on after a restart where it was`() {
        var machine = self.machine(attempts: 2, dueAge: .seconds(185))
        #expect(machine.timeCame(age: .seconds(100), rules: self.rules) == .wait(untilAge: .seconds(185)))
        #expect(self.end(&machine, .functionError, age: .seconds(185)) == .finish(.retriesExhausted))
    }

    /// Whatever happens in whatever order: no more answers than allowed, no run of an event that is too old, ages of
    /// retries that grow, and an end.
    @Test(arguments: 0..<200 as Range<UInt64>) func `keeps its bounds whatever happens`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let maximumAge = Duration.seconds(Int.random(in: 60...21_600, using: &random))
        let retries = Int.random(in: 0...2, using: &random)
        var age = Duration.zero
        var machine = self.machine()
        var steps = 0
        while steps < 10_000 {
            steps += 1
            let rules = Rules(
                maximumRetryAttempts: retries, maximumAge: maximumAge,
                isSwitchedOff: Int.random(in: 0..<200, using: &random) == 0)
            switch machine.timeCame(age: age, rules: rules) {
            case .finish: return
            case .wait(let until):
                #expect(until > age)
                age = until
            case .run:
                #expect(age < maximumAge)
                age += .milliseconds(Int.random(in: 0...900_000, using: &random))
                let outcome = [EventMachine.Outcome.refused, .refused, .functionError].randomElement(using: &random)
                let end = machine.ended(outcome ?? .refused, age: age, rules: rules, settings: self.settings)
                #expect(machine.attempts <= retries + 1)
                guard case .retry(let due) = end else { return }
                #expect(due > age && due <= maximumAge)
            }
        }
        Issue.record("the event never ended")
    }
}
