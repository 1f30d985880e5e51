import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `A fair schedule` {
    private let now = Instant(nanoseconds: 1_000_000_000)

    private func add(_ ids: some Sequence<Int64>, of owner: String, to machine: inout FairScheduleMachine<String>) {
        for id in ids { machine.add(id, of: owner, due: self.now) }
    }

    @Test func `starts an owner's things in their order, as many as there are places free beside`() {
        var machine = FairScheduleMachine<String>(limit: 8)
        self.add(1...10, of: "a", to: &machine)
        #expect(machine.start(now: self.now) == [1, 2, 3, 4])
        #expect(machine.start(now: self.now) == [])
        machine.ended(2)
        #expect(machine.start(now: self.now) == [5])
    }

    @Test func `gives a late owner a place although another has a long line`() {
        var machine = FairScheduleMachine<String>(limit: 4)
        self.add(1...100, of: "a", to: &machine)
        #expect(machine.start(now: self.now) == [1, 2])
        self.add(200...201, of: "b", to: &machine)
        #expect(machine.start(now: self.now) == [200])
    }

    @Test func `takes owners in turn`() {
        var machine = FairScheduleMachine<String>(limit: 100)
        self.add(1...3, of: "a", to: &machine)
        self.add(11...13, of: "b", to: &machine)
        #expect(machine.start(now: self.now) == [1, 11, 2, 12, 3, 13])
    }

    @Test func `lets nothing start before its time, and tells the next time`() {
        var machine = FairScheduleMachine<String>(limit: 10)
        let later = self.now.advanced(by: .seconds(60))
        machine.add(1, of: "a", due: later)
        self.add([2], of: "a", to: &machine)
        #expect(machine.start(now: self.now) == [2])
        #expect(machine.nextDue == later)
        #expect(machine.start(now: later.advanced(by: .nanoseconds(-1))) == [])
        #expect(machine.start(now: later) == [1])
        #expect(machine.nextDue == nil)
    }

    @Test func `works with one place`() {
        var machine = FairScheduleMachine<String>(limit: 1)
        self.add([1, 2], of: "a", to: &machine)
        self.add([3], of: "b", to: &machine)
        var order: [Int64] = []
        while let id = machine.start(now: self.now).first {
            order.append(id)
            machine.ended(id)
        }
        #expect(order == [1, 3, 2])
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `starts everything once, in due order within an owner, and never too much`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limit = Int.random(in: 1...8, using: &random)
        var machine = FairScheduleMachine<Int>(limit: limit)
        var due: [Int64: Instant] = [:]
        var running: [Int64] = []
        var started: Set<Int64> = []
        var now = self.now
        for step in 0..<2_000 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where step < 500:
                let id = Int64(step)
                due[id] = now.advanced(by: .milliseconds(Int.random(in: 0...50, using: &random)))
                machine.add(id, of: Int.random(in: 0..<5, using: &random), due: due[id] ?? now)
            case 1: now = now.advanced(by: .milliseconds(Int.random(in: 0...20, using: &random)))
            case 2 where !running.isEmpty:
                machine.ended(running.remove(at: Int.random(in: 0..<running.count, using: &random)))
            default:
                for id in machine.start(now: now) {
                    #expect(started.insert(id).inserted)
                    #expect(due[id].map { $0 <= now } ?? false)
                    running.append(id)
                }
                #expect(running.count <= limit)
                #expect(machine.runningCount == running.count)
            }
        }
        now = now.advanced(by: .seconds(1))
        while true {
            for id in running { machine.ended(id) }
            running = machine.start(now: now)
            if running.isEmpty { break }
            for id in running { #expect(started.insert(id).inserted) }
        }
        #expect(started == Set(due.keys))
    }
}
