import LambdaCore
import Lifecycle
import TestSupport
import Testing

extension WholeSimulation {
    /// One thing that can happen now, by the dice.
    mutating func step() {
        switch Int.random(in: 0..<20, using: &self.random) {
        case 0..<4: self.arrive()
        case 4..<7: self.start()
        case 7..<16: self.stepOfOne()
        case 16..<19: self.pass(.milliseconds(Int64.random(in: 0...4_000, using: &self.random)))
        default: if Int.random(in: 0..<6, using: &self.random) == 0 { self.update() }
        }
    }

    private mutating func stepOfOne() {
        let there = self.environments.indices.filter { !self.environments[$0].isGone }
        guard let index = there.randomElement(using: &self.random) else { return }
        let environment = self.environments[index]
        if environment.isStopping {
            if environment.isLaunched { self.confirmStopped(index) } else { self.launched(index) }
        } else if !environment.isLaunched {
            self.launched(index)
        } else if environment.isKilling {
            self.allKilled(index)
        } else if Int.random(in: 0..<40, using: &self.random) == 0 {
            self.vanish(index)
        } else if environment.hasRuntime {
            switch Int.random(in: 0..<10, using: &self.random) {
            case 0..<2: self.runtimeEnded(index)
            case 2..<6: self.answer(index)
            default: self.next(index)
            }
        }
    }

    /// What must hold after every step.
    func verifyInvariants() {
        let note = "seed \(self.seed)"
        let there = self.environments.filter { !$0.isGone }
        for environment in there {
            let (state, name) = (environment.machine.state, "\(note): \(environment.machine.state)")
            // Every wait has a timer: of the environment, of its invocation, of its rest.
            switch state {
            case .starting, .ready, .resetting: verify(environment.lifecycleTimer != nil, "\(name) without a timer")
            case .invoking: verify(environment.invocation != nil, "\(name) without an invocation")
            case .draining: verify(environment.isStopping || environment.invocation != nil, "\(name) for nobody")
            case .startupFailed, .startupTimedOut, .timingOut: verify(environment.isStopping, "\(name) is kept")
            case .inactive, .stopped: verify(false, name)
            }
            if let invocation = environment.invocation {
                let due = environment.invocationTimer.map { $0 <= invocation.deadline } ?? false
                verify(due, "\(name): an invocation without a timer")
                verify(!environment.freezing.isFrozen, "\(name): frozen while it works")
            }
            if state == .ready {
                let rests = environment.freezing.isFrozen || environment.freezeTimer != nil
                verify(rests, "\(name): neither frozen nor about to be")
            } else {
                verify(!environment.freezing.isFrozen, "\(name): frozen")
            }
            verify(environment.left == (environment.isStopping ? 1 : 0), "\(name): left \(environment.left) times")
        }
        // No invocation is lost: each waits, runs in one place without an answer, or has had one answer.
        let running = there.compactMap(\.invocation?.request)
        verify(Set(running).count == running.count, "\(note): an invocation in two environments")
        let open = self.answers.values.count { $0 == 0 }
        let unanswered = running.count { self.answers[$0] == 0 }
        verify(open == self.pool.waitingCount + unanswered, "\(note): an invocation is lost")
        verify(self.answers.values.allSatisfy { $0 <= 1 }, "\(note): answered twice")
        // No environment is leaked: the pool knows those that may still serve, and no other.
        let known = self.pool.environments
        let serving = there.count { $0.left == 0 }
        // One that is out of date and idle for nobody has left the pool and goes by its own timer.
        verify(known <= serving, "\(note): the pool knows one that left")
    }

    /// Lets everything that goes on come to its end, nobody failing any more.
    mutating func settle() {
        for _ in 0..<400 where self.pool.waitingCount > 0 || self.environments.contains(where: { $0.invocation != nil })
        {
            while self.pool.missingStarts > 0 { self.start() }
            for index in self.environments.indices where !self.environments[index].isGone {
                let environment = self.environments[index]
                if !environment.isLaunched {
                    self.launched(index)
                } else if environment.isStopping {
                    self.confirmStopped(index)
                } else if environment.isKilling {
                    self.allKilled(index)
                } else if environment.hasRuntime {
                    self.next(index)
                    self.answer(index)
                    self.next(index)
                }
            }
            self.verifyInvariants()
        }
    }
}

@Suite struct `A pool with its environments and invocations, whatever happens in whatever order` {
    @Test func `loses no invocation, answers none twice, and waits for nothing without a timer`() {
        var reached: Set<EnvironmentMachine.State> = []
        var (frozen, retried, answered) = (0, 0, 0)
        for seed in UInt64(1)...1_500 {
            var simulation = WholeSimulation(seed: seed)
            for _ in 0..<120 {
                simulation.step()
                simulation.verifyInvariants()
            }
            reached.formUnion(simulation.reached)
            frozen += simulation.frozen
            retried += simulation.retriedInits
            answered += simulation.answers.values.count { $0 == 1 }
        }
        // The dice reach everything that is claimed.
        #expect(reached.union([.inactive]) == Set(EnvironmentMachine.State.allCases))
        #expect(frozen > 50)
        #expect(retried > 500)
        #expect(answered > 5_000)
    }

    @Test func `answers every invocation once in the end, and leaks no environment`() {
        for seed in UInt64(2_001)...3_000 {
            var simulation = WholeSimulation(seed: seed)
            for _ in 0..<120 { simulation.step() }
            simulation.settle()
            verify(simulation.answers.values.allSatisfy { $0 == 1 }, "seed \(seed): an invocation without its answer")
            // Nobody comes any more: the keepalive ends what is left.
            for _ in 0..<4 { simulation.pass(.seconds(40)) }
            for index in simulation.environments.indices where !simulation.environments[index].isGone {
                if !simulation.environments[index].isLaunched { simulation.launched(index) }
                verify(simulation.environments[index].isStopping, "seed \(seed): an environment stays for ever")
                simulation.confirmStopped(index)
            }
            verify(simulation.pool.isEmpty, "seed \(seed): the pool holds something")
        }
    }

    @Test func `answers every invocation once when the daemon stops in the middle, and stops every environment`() {
        for seed in UInt64(3_001)...4_000 {
            var simulation = WholeSimulation(seed: seed)
            for _ in 0..<60 { simulation.step() }
            simulation.stopAll()
            simulation.verifyInvariants()
            verify(simulation.answers.values.allSatisfy { $0 == 1 }, "seed \(seed): an invocation without its answer")
            for index in simulation.environments.indices where !simulation.environments[index].isGone {
                verify(simulation.environments[index].isStopping, "seed \(seed): an environment is forgotten")
                simulation.confirmStopped(index)
            }
            verify(simulation.pool.isEmpty, "seed \(seed): the pool holds something")
        }
    }
}
