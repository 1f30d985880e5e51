import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `The gate for starts` {
    private let first = FunctionKey.named("first")
    private let second = FunctionKey.named("second")
    private let third = FunctionKey.named("third")

    @Test(arguments: [1, 2, Limits.concurrentStarts])
    func `lets as many begin at once as its limit says`(limit: Int) {
        var gate = StartGateMachine(limit: limit)
        let allowed = (0..<limit + 3).map { _ in gate.startWanted(by: self.first) }
        #expect(allowed == Array(repeating: true, count: limit) + [false, false, false])
    }

    @Test func `has a limit of 16 where none is given`() {
        var gate = StartGateMachine()
        #expect((0..<20).count { _ in gate.startWanted(by: self.first) } == 16)
    }

    @Test func `gives a place that became free to one that waits, and to nobody when none does`() {
        var gate = StartGateMachine(limit: 1)
        _ = gate.startWanted(by: self.first)
        #expect(gate.startWanted(by: self.second) == false)
        #expect(gate.startEnded() == self.second)
        #expect(gate.startWanted(by: self.first) == false)
        #expect(gate.startEnded() == self.first)
        #expect(gate.startEnded() == nil)
        #expect(gate.startWanted(by: self.third) == true)
    }

    @Test func `lets functions take turns, so that a burst of one delays no other`() {
        var gate = StartGateMachine(limit: 1)
        _ = gate.startWanted(by: self.first)
        for _ in 0..<100 { _ = gate.startWanted(by: self.first) }
        _ = gate.startWanted(by: self.second)
        _ = gate.startWanted(by: self.third)
        let turns = (0..<5).map { _ in gate.startEnded() }
        #expect(turns == [self.first, self.second, self.third, self.first, self.first])
    }

    @Test(arguments: UInt64(1)...50)
    func `never exceeds its limit, forgets nobody and gives nobody more than asked`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limit = Int.random(in: 1...5, using: &random)
        let functions = (0..<6).map { FunctionKey.named("function-\($0)") }
        var gate = StartGateMachine(limit: limit)
        var running = 0
        var waiting: [FunctionKey: Int] = [:]
        for _ in 0..<500 {
            if running > 0, Bool.random(using: &random) {
                running -= 1
                if let next = gate.startEnded() {
                    waiting[next, default: 0] -= 1
                    running += 1
                }
            } else {
                let function = functions[Int.random(in: 0..<functions.count, using: &random)]
                if gate.startWanted(by: function) { running += 1 } else { waiting[function, default: 0] += 1 }
            }
            verify(running <= limit, "seed \(seed): \(running) run")
            verify(waiting.values.allSatisfy { $0 >= 0 }, "seed \(seed): more than asked")
            // Nobody waits while there is room.
            verify(running == limit || waiting.values.allSatisfy { $0 == 0 }, "seed \(seed): one waits in vain")
        }
        while let next = gate.startEnded() { waiting[next, default: 0] -= 1 }
        #expect(waiting.values.allSatisfy { $0 == 0 })
    }

    @Test(arguments: UInt64(1)...50)
    func `makes a function wait for one turn of each other at most`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let functions = (0..<6).map { FunctionKey.named("function-\($0)") }
        var gate = StartGateMachine(limit: 1)
        _ = gate.startWanted(by: self.first)
        var waiting: [FunctionKey: Int] = [:]
        var turnsSince: [FunctionKey: Int] = [:]
        for _ in 0..<500 {
            if Int.random(in: 0..<5, using: &random) < 3 {
                let function = functions[Int.random(in: 0..<functions.count, using: &random)]
                if waiting[function, default: 0] == 0 { turnsSince[function] = 0 }
                _ = gate.startWanted(by: function)
                waiting[function, default: 0] += 1
            } else if let next = gate.startEnded() {
                waiting[next, default: 0] -= 1
                turnsSince[next] = 0
                for other in functions where other != next && waiting[other, default: 0] > 0 {
                    turnsSince[other, default: 0] += 1
                    verify(turnsSince[other, default: 0] < functions.count, "seed \(seed): \(other) waits too long")
                }
            } else {
                _ = gate.startWanted(by: self.first)
            }
        }
    }
}
