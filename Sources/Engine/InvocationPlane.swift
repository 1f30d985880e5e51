package import LambdaCore
internal import Lifecycle
internal import Logging
package import NIOCore
internal import Synchronization

/// The hot path: invocations to environments. Every version of a function has a pool; all pools of a function are on one
/// event loop, chosen by the function's key, so that a warm invocation needs no lock and at most one change of thread.
package final class InvocationPlane: InvocationSink {
    private let parts: EngineParts
    private let gate = StartGate()
    private let loops: [any EventLoop]
    private let places: [LoopPlace]
    private let shutdown = Mutex(ShutdownMachine())

    /// - Parameter loops: At least one.
    package init(parts: EngineParts, loops: [any EventLoop]) {
        precondition(!loops.isEmpty, "the invocation plane needs an event loop")
        self.parts = parts
        self.loops = loops
        self.places = loops.map { LoopPlace(loop: $0) }
    }

    package func submit(
        _ invocation: Invocation,
        answer: @escaping @Sendable (Result<InvocationAnswer, InvocationFailure>) -> Void
    ) { self.submit(invocation, .whole(answer)) }

    package func submit(_ invocation: Invocation, to receiver: any AnswerReceiver) {
        self.submit(invocation, .streamed(receiver))
    }

    private func submit(_ invocation: Invocation, _ reply: InvocationTicket.Reply) {
        guard self.shutdown.withLock({ $0.acceptsInvocations }) else { return reply.give(.failure(.shuttingDown)) }
        let place = self.place(of: invocation.function.key)
        place.run {
            let ticket = InvocationTicket(invocation: invocation, reply: reply)
            place.pool(for: invocation.function, parts: self.parts, gate: self.gate).submit(ticket)
        }
    }

    package func functionChanged(_ record: FunctionRecord) {
        let place = self.place(of: record.key)
        place.run { place.pools[record.versionKey]?.recordChanged(record) }
    }

    package func versionDeleted(_ version: VersionKey) {
        let place = self.place(of: version.function)
        place.run { place.retire { $0 == version } }
    }

    package func functionDeleted(_ key: FunctionKey) {
        let place = self.place(of: key)
        place.run { place.retire { $0.function == key } }
    }

    /// Digests of code and layers that environments have mounted.
    package func codeInUse() async -> Set<String> {
        var digests: Set<String> = []
        for place in self.places { digests.formUnion(await place.ask { $0.flatMap(\.codeInUse) }) }
        return digests
    }

    /// Lets running invocations finish, at most `limit` long, then stops every environment.
    ///
    /// Polls every 20 ms: a shutdown is rare, and the pools stay free of bookkeeping for it.
    package func drain(within limit: Duration) async {
        let began = self.parts.time.now
        var action = self.shutdown.withLock { machine in
            machine.stopRequested(running: Int.max, drainLimit: limit, now: began)
        }
        while action != .stopEverything {
            let running = await self.runningInvocations()
            action = self.shutdown.withLock { machine in
                let ended = machine.invocationEnded(running: running)
                return ended == .nothing ? machine.timerFired(now: self.parts.time.now) : ended
            }
            if action == .stopEverything || action == .nothing { break }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        for place in self.places { place.run { place.stopAll() } }
        await self.waitUntilEmpty(limit: .seconds(5))
        _ = self.shutdown.withLock { $0.everythingStopped() }
    }

    private func waitUntilEmpty(limit: Duration) async {
        let deadline = self.parts.time.now.advanced(by: limit)
        while self.parts.time.now < deadline {
            var remaining = 0
            for place in self.places { remaining += await place.ask { $0.count { !$0.isEmpty } } }
            if remaining == 0 { return }
            do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
        }
        self.parts.logger.warning("some sandboxes were not confirmed gone; the executor ends them with the connection")
    }

    private func runningInvocations() async -> Int {
        var running = 0
        for place in self.places { running += await place.ask { $0.reduce(0) { $0 + $1.load } } }
        return running
    }

    private func place(of key: FunctionKey) -> LoopPlace {
        guard self.places.count > 1 else { return self.places[0] }
        return self.places[Int(UInt(bitPattern: key.hashValue) % UInt(self.places.count))]
    }
}

/// The pools of one event loop.
///
/// - Note: `@unchecked Sendable`: `pools` and `retired` are touched in ``run(_:)`` only, which is always on `loop`.
private final class LoopPlace: @unchecked Sendable {
    let loop: any EventLoop
    var pools: [VersionKey: FunctionPool] = [:]
    /// Pools of deleted versions whose invocations still run.
    private var retired: [FunctionPool] = []

    init(loop: any EventLoop) { self.loop = loop }

    func run(_ body: @escaping @Sendable () -> Void) {
        if self.loop.inEventLoop { body() } else { self.loop.execute(body) }
    }

    func pool(for record: FunctionRecord, parts: EngineParts, gate: StartGate) -> FunctionPool {
        let key = record.versionKey
        if let pool = self.pools[key] { return pool }
        let pool = FunctionPool(
            record: record, parts: parts, gate: gate, loop: self.loop, onQuiet: { [weak self] in self?.poolQuiet($0) })
        self.pools[key] = pool
        return pool
    }

    /// Every pool on this loop is looked at: versions are deleted rarely, and an index would be one more thing to keep.
    func retire(where isGone: (VersionKey) -> Bool) {
        for key in self.pools.keys.filter(isGone) {
            guard let pool = self.pools.removeValue(forKey: key) else { continue }
            pool.retire()
            if !pool.isEmpty { self.retired.append(pool) }
        }
    }

    func stopAll() { for pool in Array(self.pools.values) + self.retired { pool.stopAll(.shutdown) } }

    func ask<Value: Sendable>(_ question: @escaping @Sendable ([FunctionPool]) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            self.run { continuation.resume(returning: question(Array(self.pools.values) + self.retired)) }
        }
    }

    private func poolQuiet(_ pool: FunctionPool) {
        guard pool.isEmpty else { return }
        self.retired.removeAll { $0 === pool }
        guard self.pools[pool.key] === pool, !pool.awaitsContent else { return }
        pool.forgetContent()
        self.pools[pool.key] = nil
    }
}
