import LambdaCore
import Lifecycle
import TestSupport
import Testing

/// Drives a pool as its driver does, at random, and keeps books of its own.
private struct PoolSimulation {
    var random: SplitMix64
    var pool = PoolMachine()
    var idle: [EnvironmentID] = []
    var busy: [EnvironmentID: RequestID] = [:]
    /// With the number of changes that the function had seen when each was begun.
    var starting: [EnvironmentID: Int] = [:]
    /// Requests that wait, in the order of their arrival, with the number of changes that the function had seen.
    var waiting: [(request: RequestID, changes: Int)] = []
    private var changes = 0
    /// How often each request that arrived was given to an environment, failed or given back.
    var given: [RequestID: Int] = [:]
    private var environments = 0

    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        self.random = SplitMix64(seed: seed)
    }

    mutating func step() {
        switch Int.random(in: 0..<12, using: &self.random) {
        case 0..<3: self.arrive()
        case 3..<6: self.beginStart()
        case 6..<8: self.endStart(well: Int.random(in: 0..<4, using: &self.random) > 0)
        case 8..<10: self.release()
        case 10: self.loseOne()
        default:
            switch Int.random(in: 0..<40, using: &self.random) {
            case 0: self.abandon()
            case 1..<9: self.changeFunction()
            default: break
            }
        }
    }

    private mutating func abandon() {
        let abandoned = self.pool.abandonWaiting()
        verify(abandoned == self.waiting.map(\.request), "seed \(self.seed): the pool and the book differ")
        for request in abandoned { self.given[request, default: 0] += 1 }
        self.waiting = []
    }

    /// As the driver: idle environments leave at once; busy ones when they are released, which they are not told here.
    private mutating func changeFunction() {
        self.changes += 1
        self.pool.functionChanged()
        for environment in self.idle {
            verify(self.pool.left(environment) == nil, "seed \(self.seed): the pool and the book differ")
        }
        self.idle = []
    }

    mutating func arrive() {
        let request = RequestID.numbered(self.given.count)
        self.given[request] = 0
        // One in eight of the idle ones is past its age.
        let tooOld = Set(self.idle.filter { _ in Int.random(in: 0..<8, using: &self.random) == 0 })
        let expected = self.idle.last { !tooOld.contains($0) }
        switch self.pool.invocationArrived(request, isUsable: { !tooOld.contains($0) }) {
        case .use(let environment):
            verify(environment == expected, "seed \(self.seed): the pool and the book differ")
            // Those it passed over are gone from the pool, and will leave by their own timers.
            while let passed = self.idle.popLast(), passed != environment {}
            self.give(request, to: environment)
        case .startAndWait:
            verify(expected == nil, "seed \(self.seed): the pool and the book differ")
            self.idle = []
            self.waiting.append((request, self.changes))
        }
    }

    mutating func beginStart() {
        // As the driver: a turn that comes when nobody needs it is given back.
        guard self.pool.missingStarts > 0 else { return }
        self.environments += 1
        let environment = EnvironmentID.numbered(self.environments)
        self.starting[environment] = self.changes
        self.pool.startBegan(environment)
    }

    mutating func endStart(well: Bool) {
        // Sorted, for the order of a set differs from run to run and the seed is to say it all.
        let candidates = self.starting.keys.sorted { $0.hex < $1.hex }
        guard let environment = candidates.randomElement(using: &self.random),
            let changesAtStart = self.starting.removeValue(forKey: environment)
        else { return }
        if well {
            self.becomeFree(environment, changesAtStart: changesAtStart)
            return
        }
        let failed = self.pool.left(environment)
        let mayFail = self.waiting.first.map { $0.changes <= changesAtStart } ?? false
        guard mayFail, self.waiting.count > self.starting.count else {
            verify(failed == nil, "seed \(self.seed): the pool and the book differ")
            return
        }
        let oldest = self.waiting.removeFirst().request
        verify(failed == oldest, "seed \(self.seed): the pool and the book differ")
        self.given[oldest, default: 0] += 1
    }

    mutating func release() {
        guard let environment = self.anyBusy() else { return }
        self.busy[environment] = nil
        self.becomeFree(environment, changesAtStart: self.changes)
    }

    private mutating func becomeFree(_ environment: EnvironmentID, changesAtStart: Int) {
        let taken = self.pool.becameFree(environment)
        guard let oldest = self.waiting.first, oldest.changes <= changesAtStart else {
            verify(taken == nil, "seed \(self.seed): the pool and the book differ")
            if changesAtStart == self.changes { self.idle.append(environment) }
            return
        }
        verify(taken == oldest.request, "seed \(self.seed): the pool and the book differ")
        self.waiting.removeFirst()
        self.give(oldest.request, to: environment)
    }

    private mutating func loseOne() {
        if Bool.random(using: &self.random), let environment = self.idle.randomElement(using: &self.random) {
            self.idle.removeAll { $0 == environment }
            verify(self.pool.left(environment) == nil, "seed \(self.seed): the pool and the book differ")
        } else if let environment = self.anyBusy() {
            self.busy[environment] = nil
            verify(self.pool.left(environment) == nil, "seed \(self.seed): the pool and the book differ")
        }
    }

    private mutating func anyBusy() -> EnvironmentID? {
        self.busy.keys.sorted { $0.hex < $1.hex }.randomElement(using: &self.random)
    }

    private mutating func give(_ request: RequestID, to environment: EnvironmentID) {
        verify(self.busy[environment] == nil, "seed \(self.seed): two invocations at once")
        self.busy[environment] = request
        self.given[request, default: 0] += 1
    }
}

extension PoolSimulation {
    /// What must hold after every step.
    func verifyBooks() {
        let note = "seed \(self.seed)"
        verify(self.pool.idleEnvironments == self.idle, "\(note): idle ones")
        verify(self.pool.busyCount == self.busy.count, "\(note): busy ones")
        verify(self.pool.waitingCount == self.waiting.count, "\(note): waiting ones")
        // No environment stands in two places: the three together are as many as they are different.
        let all = Set(self.starting.keys).union(self.busy.keys).union(self.idle)
        verify(self.pool.environments == all.count, "\(note): an environment in two places")
        // Every invocation that waits has a start, or the pool says that one is missing.
        verify(
            self.pool.waitingCount <= self.starting.count + self.pool.missingStarts, "\(note): waits without a start")
        verify(
            self.pool.missingStarts == max(0, self.waiting.count - self.starting.count), "\(note): missing starts")
        verify(self.waiting.isEmpty || self.idle.isEmpty, "\(note): one waits while one is idle")
        verify(self.given.values.allSatisfy { $0 <= 1 }, "\(note): an invocation was given back twice")
    }
}

@Suite struct `A pool, whatever happens in whatever order` {
    @Test func `agrees with a book that is kept beside it`() {
        for seed in UInt64(1)...2000 {
            var simulation = PoolSimulation(seed: seed)
            for _ in 0..<100 {
                simulation.step()
                simulation.verifyBooks()
            }
        }
    }

    @Test func `gives every invocation back exactly once in the end`() {
        var total = 0
        for seed in UInt64(2001)...4000 {
            var simulation = PoolSimulation(seed: seed)
            for _ in 0..<100 { simulation.step() }
            while simulation.pool.waitingCount > 0 {
                while simulation.pool.missingStarts > 0 { simulation.beginStart() }
                simulation.endStart(well: true)
            }
            verify(simulation.given.values.allSatisfy { $0 == 1 }, "seed \(seed)")
            total += simulation.given.count
        }
        #expect(total > 20_000)
    }
}
