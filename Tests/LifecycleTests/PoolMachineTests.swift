import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `A function's pool of environments` {
    private let one = EnvironmentID.numbered(1)
    private let two = EnvironmentID.numbered(2)
    private let three = EnvironmentID.numbered(3)

    /// A pool whose environments are idle, the last the most recently used.
    private static func pool(idle: [EnvironmentID]) -> PoolMachine {
        var pool = PoolMachine()
        for environment in idle {
            pool.startBegan(environment)
            _ = pool.becameFree(environment)
        }
        return pool
    }

    /// A pool in which `count` invocations, numbered from 1, wait for as many starting environments.
    private static func pool(waiting count: Int) -> PoolMachine {
        var pool = PoolMachine()
        for number in 1...count {
            _ = pool.invocationArrived(.numbered(number), isUsable: { _ in true })
            pool.startBegan(.numbered(number))
        }
        return pool
    }

    @Test func `starts none for an invocation that comes while another's environment is reset`() {
        var pool = Self.pool(idle: [self.one])
        #expect(pool.invocationArrived(.numbered(1), isUsable: { _ in true }) == .use(self.one))
        pool.resetBegan(self.one)
        #expect(pool.invocationArrived(.numbered(2), isUsable: { _ in true }) == .startAndWait)
        #expect(pool.missingStarts == 0)
        // A second one has nobody on its way.
        #expect(pool.invocationArrived(.numbered(3), isUsable: { _ in true }) == .startAndWait)
        #expect(pool.missingStarts == 1)
        #expect(pool.becameFree(self.one) == .numbered(2))
        #expect(pool.missingStarts == 1)
    }

    @Test func `starts one after all where the environment that was reset leaves`() {
        var pool = Self.pool(idle: [self.one])
        _ = pool.invocationArrived(.numbered(1), isUsable: { _ in true })
        pool.resetBegan(self.one)
        _ = pool.invocationArrived(.numbered(2), isUsable: { _ in true })
        #expect(pool.left(self.one) == nil)
        #expect(pool.missingStarts == 1)
    }

    @Test func `starts an environment for an invocation that finds none`() {
        var pool = PoolMachine()
        #expect(pool.isEmpty)
        #expect(pool.invocationArrived(.numbered(1), isUsable: { _ in true }) == .startAndWait)
        #expect(pool.missingStarts == 1)
        pool.startBegan(self.one)
        #expect(pool.missingStarts == 0)
        #expect(pool.becameFree(self.one) == .numbered(1))
        #expect(pool.waitingCount == 0)
        #expect(pool.busyCount == 1)
    }

    @Test func `uses the most recently used one first`() {
        var pool = Self.pool(idle: [self.one, self.two, self.three])
        #expect(pool.invocationArrived(.numbered(1), isUsable: { _ in true }) == .use(self.three))
        #expect(pool.invocationArrived(.numbered(2), isUsable: { _ in true }) == .use(self.two))
        #expect(pool.becameFree(self.three) == nil)
        #expect(pool.becameFree(self.two) == nil)
        #expect(pool.invocationArrived(.numbered(3), isUsable: { _ in true }) == .use(self.two))
    }

    @Test func `passes over one that may begin no more invocations, for good`() {
        var pool = Self.pool(idle: [self.one, self.two, self.three])
        let placement = pool.invocationArrived(.numbered(1), isUsable: { $0 == self.one })
        #expect(placement == .use(self.one))
        #expect(pool.idleEnvironments.isEmpty)
    }

    @Test func `starts a new one when none of its idle ones may be used`() {
        var pool = Self.pool(idle: [self.one, self.two])
        #expect(pool.invocationArrived(.numbered(1), isUsable: { _ in false }) == .startAndWait)
        #expect(pool.missingStarts == 1)
    }

    @Test func `gives whichever becomes free first to the one that waited longest`() {
        var pool = Self.pool(waiting: 2)
        #expect(pool.becameFree(.numbered(2)) == .numbered(1))
        #expect(pool.becameFree(.numbered(1)) == .numbered(2))
    }

    @Test func `gives a released environment to one that waits, and keeps the one that was on its way`() {
        var pool = Self.pool(idle: [self.one])
        _ = pool.invocationArrived(.numbered(1), isUsable: { _ in true })
        _ = pool.invocationArrived(.numbered(2), isUsable: { _ in true })
        pool.startBegan(self.two)
        #expect(pool.becameFree(self.one) == .numbered(2))
        #expect(pool.becameFree(self.two) == nil)
        #expect(pool.idleEnvironments == [self.two])
    }

    @Test func `lets one failing start fail one invocation, the oldest`() {
        var pool = Self.pool(waiting: 3)
        #expect(pool.left(.numbered(2)) == .numbered(1))
        #expect(pool.waitingCount == 2)
        #expect(pool.becameFree(.numbered(1)) == .numbered(2))
        #expect(pool.left(.numbered(3)) == .numbered(3))
        #expect(pool.waitingCount == 0)
    }

    @Test func `lets a failing start fail nobody when every one that waits has another`() {
        var pool = Self.pool(idle: [self.three])
        _ = pool.invocationArrived(.numbered(9), isUsable: { _ in true })
        for number in 1...2 {
            _ = pool.invocationArrived(.numbered(number), isUsable: { _ in true })
            pool.startBegan(.numbered(number))
        }
        #expect(pool.becameFree(self.three) == .numbered(1))
        #expect(pool.left(self.one) == nil)
        #expect(pool.waitingCount == 1)
        #expect(pool.left(self.two) == .numbered(2))
    }

    @Test func `fails nobody when an idle or a busy environment goes`() {
        var pool = Self.pool(idle: [self.one, self.two])
        _ = pool.invocationArrived(.numbered(1), isUsable: { _ in true })
        _ = pool.invocationArrived(.numbered(2), isUsable: { _ in true })
        _ = pool.invocationArrived(.numbered(3), isUsable: { _ in true })
        #expect(pool.left(self.two) == nil)
        #expect(pool.waitingCount == 1)
        _ = pool.becameFree(self.one)
        #expect(pool.left(self.one) == nil)
        #expect(pool.isEmpty)
    }

    @Test func `does not fail an invocation twice for one environment`() {
        var pool = Self.pool(waiting: 2)
        #expect(pool.left(self.one) == .numbered(1))
        #expect(pool.left(self.one) == nil)
        #expect(pool.waitingCount == 1)
    }

    @Test func `gives back all that wait, once and in order, when nobody will serve them`() {
        var pool = Self.pool(waiting: 3)
        #expect(pool.abandonWaiting() == [.numbered(1), .numbered(2), .numbered(3)])
        #expect(pool.abandonWaiting() == [])
        #expect(pool.left(self.one) == nil)
    }

    @Test
    func `does not give an invocation to an environment that began to start before an update that came before it`() {
        var pool = Self.pool(waiting: 1)
        pool.functionChanged()
        _ = pool.invocationArrived(.numbered(2), isUsable: { _ in true })
        pool.startBegan(self.two)
        // The new one is ready first and takes the oldest; nothing is wrong with that.
        #expect(pool.becameFree(self.two) == .numbered(1))
        #expect(pool.becameFree(self.one) == nil)
        #expect(pool.idleEnvironments.isEmpty)
        #expect(pool.missingStarts == 1)
        pool.startBegan(self.three)
        #expect(pool.becameFree(self.three) == .numbered(2))
    }

    @Test func `does not fail an invocation for the start of code that was replaced before it`() {
        var pool = Self.pool(waiting: 1)
        pool.functionChanged()
        _ = pool.invocationArrived(.numbered(2), isUsable: { _ in true })
        pool.startBegan(self.two)
        #expect(pool.becameFree(self.two) == .numbered(1))
        #expect(pool.left(self.one) == nil)
        #expect(pool.missingStarts == 1)
    }

    @Test func `lets an environment that starts during an update serve the invocation that waited for it`() {
        var pool = Self.pool(waiting: 1)
        pool.functionChanged()
        pool.functionChanged()
        #expect(pool.becameFree(self.one) == .numbered(1))
    }
}

@Suite struct `A pool at its concurrency's limit` {
    private let one = EnvironmentID.numbered(1)

    /// One environment whose invocation has been answered, and one more that waits and may start no other.
    private func waiting() -> PoolMachine {
        var pool = PoolMachine()
        pool.startBegan(self.one)
        _ = pool.becameFree(self.one)
        _ = pool.invocationArrived(.numbered(1), isUsable: { _ in true })
        pool.answered(self.one)
        #expect(pool.invocationArrived(.numbered(2), mayStart: false, isUsable: { _ in true }) == .startAndWait)
        return pool
    }

    @Test func `waits for the environment that is about to come free, and starts none beside it`() {
        var pool = self.waiting()
        #expect(pool.missingStarts == 0)
        #expect(pool.becameFree(self.one) == .numbered(2))
        #expect(pool.missingStarts == 0 && pool.waitingCount == 0)
    }

    @Test func `starts one after all where that one leaves`() {
        var pool = self.waiting()
        #expect(pool.left(self.one) == nil)
        #expect(pool.missingStarts == 1)
    }

    @Test func `waits for one that is reset meanwhile`() {
        var pool = self.waiting()
        pool.resetBegan(self.one)
        #expect(pool.missingStarts == 0)
        #expect(pool.becameFree(self.one) == .numbered(2))
    }

    @Test func `starts one where those that finish are another version's`() {
        var pool = PoolMachine()
        #expect(pool.invocationArrived(.numbered(1), mayStart: false, isUsable: { _ in true }) == .startAndWait)
        #expect(pool.missingStarts == 1)
    }

    @Test func `starts for others all that they need`() {
        var pool = self.waiting()
        _ = pool.invocationArrived(.numbered(3), isUsable: { _ in true })
        #expect(pool.missingStarts == 1)
        #expect(pool.abandonWaiting() == [.numbered(2), .numbered(3)])
        _ = pool.invocationArrived(.numbered(4), isUsable: { _ in true })
        #expect(pool.missingStarts == 1)
    }

    @Test func `says whether one more would need a start`() {
        var pool = PoolMachine()
        #expect(pool.needsStart(isUsable: { _ in true }) == true)
        pool.startBegan(self.one)
        #expect(pool.needsStart(isUsable: { _ in true }) == false)
        _ = pool.becameFree(self.one)
        #expect(pool.needsStart(isUsable: { _ in true }) == false)
        #expect(pool.needsStart(isUsable: { _ in false }) == true)
    }

    @Test func `gives the oldest that waits to an environment that is not its own`() {
        var pool = self.waiting()
        #expect(pool.takeOldestWaiting() == .numbered(2))
        #expect(pool.takeOldestWaiting() == nil)
        #expect(pool.missingStarts == 0)
    }
}
