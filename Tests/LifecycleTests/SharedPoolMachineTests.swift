import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `A pool of environments that hold several invocations` {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)
    private let one = EnvironmentID.numbered(1)
    private let two = EnvironmentID.numbered(2)
    private let now = Self.start
    /// All workers of what became ready at ``now`` have come, or come no more.
    private let settled = Self.start.advanced(by: Limits.workerArrival)

    /// Environments that are ready, each with all its workers waiting.
    private static func pool(slots: Int, _ environments: EnvironmentID...) -> SharedPoolMachine {
        var pool = SharedPoolMachine()
        for environment in environments {
            pool.startBegan(environment, slots: slots)
            pool.becameReady(environment, now: self.start)
            for _ in 0..<slots { _ = pool.workerCame(environment, mayServe: true) }
        }
        return pool
    }

    private func arrive(_ numbers: ClosedRange<Int>, in pool: inout SharedPoolMachine) {
        for number in numbers { _ = pool.invocationArrived(.numbered(number), isUsable: { _ in true }) }
    }

    @Test(arguments: [(1, 1), (4, 1), (5, 2), (9, 3)])
    func `starts one for as many as it holds`(invocations: Int, starts: Int) {
        var pool = SharedPoolMachine()
        #expect(pool.isEmpty)
        self.arrive(1...invocations, in: &pool)
        #expect(pool.missingStarts(slots: 4, now: self.now) == starts)
        for number in 0..<starts { pool.startBegan(.numbered(number), slots: 4) }
        #expect(pool.missingStarts(slots: 4, now: self.now) == 0)
        #expect(pool.waitingCount == invocations)
    }

    @Test func `says of each invocation whether it needs a start`() {
        var pool = SharedPoolMachine()
        let needs = (1...5).map { number in
            let needs = pool.needsStart(slots: 2, now: self.now, isUsable: { _ in true })
            self.arrive(number...number, in: &pool)
            return needs
        }
        #expect(needs == [true, false, true, false, true])
        let idle = Self.pool(slots: 2, self.one)
        #expect(!idle.needsStart(slots: 2, now: self.settled, isUsable: { _ in true }))
        #expect(idle.needsStart(slots: 2, now: self.settled, isUsable: { _ in false }))
    }

    @Test func `gives each worker one invocation, the oldest first`() {
        var pool = SharedPoolMachine()
        self.arrive(1...3, in: &pool)
        pool.startBegan(self.one, slots: 2)
        pool.becameReady(self.one, now: self.now)
        #expect(pool.workerCame(self.one, mayServe: true) == .numbered(1))
        #expect(pool.workerCame(self.one, mayServe: false) == nil)
        #expect(pool.busyCount == 1)
        #expect(pool.idleEnvironments.isEmpty)
        pool.invocationEnded(self.one, workerReturns: true, now: self.now)
        #expect(pool.workerCame(self.one, mayServe: true) == .numbered(2))
    }

    @Test func `fills the fullest, so that others can be let go`() {
        var pool = Self.pool(slots: 2, self.one, self.two)
        #expect(pool.idleEnvironments == [self.one, self.two])
        #expect(pool.invocationArrived(.numbered(1), isUsable: { $0 == self.two }) == .use(self.two))
        #expect(pool.invocationArrived(.numbered(2), isUsable: { _ in true }) == .use(self.two))
        #expect(pool.invocationArrived(.numbered(3), isUsable: { _ in true }) == .use(self.one))
        #expect(pool.invocationArrived(.numbered(4), isUsable: { _ in true }) == .use(self.one))
        #expect(pool.invocationArrived(.numbered(5), isUsable: { _ in true }) == .wait)
        #expect(pool.missingStarts(slots: 2, now: self.settled) == 1)
    }

    @Test func `waits a second for the other workers of a fresh environment, and then starts another`() {
        var pool = SharedPoolMachine()
        self.arrive(1...3, in: &pool)
        pool.startBegan(self.one, slots: 3)
        pool.becameReady(self.one, now: self.now)
        #expect(pool.workerCame(self.one, mayServe: true) == .numbered(1))
        #expect(pool.missingStarts(slots: 3, now: self.now) == 0)
        #expect(pool.reviewTime(now: self.now) == self.settled)
        #expect(pool.missingStarts(slots: 3, now: self.settled) == 1)
        #expect(pool.reviewTime(now: self.settled) == nil)
    }

    @Test func `waits a moment for a worker that has answered, and not for one whose invocation timed out`() {
        for returns in [true, false] {
            var pool = Self.pool(slots: 1, self.one)
            self.arrive(1...1, in: &pool)
            pool.invocationEnded(self.one, workerReturns: returns, now: self.settled)
            self.arrive(2...2, in: &pool)
            #expect(pool.missingStarts(slots: 1, now: self.settled) == (returns ? 0 : 1))
            let late = self.settled.advanced(by: Limits.workerReturn)
            #expect(pool.reviewTime(now: self.settled) == (returns ? late : nil))
            #expect(pool.missingStarts(slots: 1, now: late) == 1)
            // However late, the worker is one.
            #expect(pool.workerCame(self.one, mayServe: true) == .numbered(2))
        }
    }

    @Test func `counts on no worker that is gone`() {
        var pool = Self.pool(slots: 2, self.one)
        pool.workerLeft(self.one)
        self.arrive(1...2, in: &pool)
        #expect(pool.waitingCount == 1)
        #expect(pool.missingStarts(slots: 2, now: self.now) == 1)
    }

    @Test func `fails all that counted on a start that failed`() {
        var pool = SharedPoolMachine()
        self.arrive(1...5, in: &pool)
        pool.startBegan(self.one, slots: 3)
        pool.startBegan(self.two, slots: 3)
        // The other one takes three.
        #expect(pool.left(self.one) == [.numbered(1), .numbered(2)])
        #expect(pool.left(self.two) == [.numbered(3), .numbered(4), .numbered(5)])
        #expect(pool.isEmpty)
    }

    @Test func `fails nobody when one leaves that was ready`() {
        var pool = Self.pool(slots: 1, self.one)
        self.arrive(1...2, in: &pool)
        #expect(pool.left(self.one) == [])
        #expect(pool.left(self.one) == [])
        #expect(pool.missingStarts(slots: 1, now: self.now) == 1)
        #expect(pool.takeOldestWaiting() == .numbered(2))
        #expect(pool.takeOldestWaiting() == nil)
    }

    @Test func `gives no invocation that came after a change to what was begun before it`() {
        var pool = Self.pool(slots: 2, self.one)
        pool.startBegan(self.two, slots: 1)
        self.arrive(1...3, in: &pool)
        pool.functionChanged()
        self.arrive(4...4, in: &pool)
        // The third waits for what starts; the fourth needs a new one.
        #expect(pool.missingStarts(slots: 2, now: self.now) == 1)
        pool.becameReady(self.two, now: self.now)
        #expect(pool.workerCame(self.two, mayServe: true) == .numbered(3))
        pool.invocationEnded(self.one, workerReturns: true, now: self.now)
        #expect(pool.workerCame(self.one, mayServe: true) == nil)
        #expect(pool.invocationArrived(.numbered(5), isUsable: { _ in true }) == .wait)
        pool.startBegan(.numbered(3), slots: 2)
        #expect(pool.missingStarts(slots: 2, now: self.now) == 0)
        // Old code that fails says nothing about an invocation of the new.
        pool.functionChanged()
        #expect(pool.left(.numbered(3)) == [.numbered(4), .numbered(5)])
        #expect(pool.abandonWaiting() == [])
    }

    @Test(arguments: 0..<50)
    func `serves everybody once, whatever its workers do`(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var world = World(slots: Int.random(in: 1...4, using: &random))
        for _ in 0..<120 { world.step(&random) }
        // Nothing more comes, and each environment does what it is for.
        for _ in 0..<400 where !world.isOver { world.settle() }
        #expect(world.isOver)
        #expect(world.served.count == world.arrived)
        #expect(Set(world.served).count == world.served.count)
    }
}

/// A pool and what happens around it.
private struct World {
    struct Place {
        let id: EnvironmentID
        var isReady = false
        var idle = 0
        var running = 0
        var returning = 0
    }

    let slots: Int
    var pool = SharedPoolMachine()
    var now = Instant(nanoseconds: 1_000_000_000)
    var places: [Place] = []
    var arrived = 0
    var served: [RequestID] = []
    private var made = 0

    init(slots: Int) { self.slots = slots }

    var isOver: Bool { self.pool.waitingCount == 0 }

    mutating func step(_ random: inout SplitMix64) {
        self.now = self.now.advanced(by: .milliseconds(Int.random(in: 0...80, using: &random)))
        let place = self.places.indices.randomElement(using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1, 2: self.arrive()
        case 3: if let place { self.ready(place) }
        case 4: if let place, self.places[place].isReady { self.worker(place) }
        case 5: if let place { self.end(place, returns: true) }
        case 6: if let place { self.end(place, returns: false) }
        case 7: if let place { self.loseWorker(place) }
        default: if let place, Int.random(in: 0..<4, using: &random) == 0 { self.leave(place) }
        }
        self.start()
    }

    mutating func settle() {
        self.now = self.now.advanced(by: .seconds(1))
        for place in self.places.indices {
            self.ready(place)
            if self.places[place].idle + self.places[place].running < self.slots { self.worker(place) }
        }
        self.start()
    }

    private mutating func arrive() {
        self.arrived += 1
        let request = RequestID.numbered(self.arrived)
        guard case .use(let id) = self.pool.invocationArrived(request, isUsable: { _ in true }),
            let place = self.places.firstIndex(where: { $0.id == id })
        else { return }
        #expect(self.places[place].idle > 0)
        self.places[place].idle -= 1
        self.run(request, place)
    }

    private mutating func run(_ request: RequestID, _ place: Int) {
        self.places[place].running += 1
        self.served.append(request)
    }

    private mutating func ready(_ place: Int) {
        guard !self.places[place].isReady else { return }
        self.places[place].isReady = true
        self.pool.becameReady(self.places[place].id, now: self.now)
        self.worker(place)
    }

    private mutating func worker(_ place: Int) {
        guard self.places[place].idle + self.places[place].running < self.slots else { return }
        if let request = self.pool.workerCame(self.places[place].id, mayServe: true) {
            self.run(request, place)
        } else {
            self.places[place].idle += 1
        }
    }

    private mutating func end(_ place: Int, returns: Bool) {
        guard self.places[place].running > 0 else { return }
        self.places[place].running -= 1
        self.pool.invocationEnded(self.places[place].id, workerReturns: returns, now: self.now)
    }

    private mutating func loseWorker(_ place: Int) {
        guard self.places[place].idle > 0 else { return }
        self.places[place].idle -= 1
        self.pool.workerLeft(self.places[place].id)
    }

    private mutating func leave(_ place: Int) {
        // Those whose start failed have their answer.
        self.served += self.pool.left(self.places.remove(at: place).id)
    }

    private mutating func start() {
        for _ in 0..<self.pool.missingStarts(slots: self.slots, now: self.now) {
            self.made += 1
            self.places.append(Place(id: .numbered(self.made)))
            self.pool.startBegan(.numbered(self.made), slots: self.slots)
        }
        #expect(self.pool.missingStarts(slots: self.slots, now: self.now) == 0)
    }
}
