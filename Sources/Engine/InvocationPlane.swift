package import LambdaCore
internal import Lifecycle
internal import Logging
package import NIOCore
internal import Synchronization

/// The hot path: invocations to environments. Every version of a function has a pool; all pools of a function are on one
/// event loop, chosen by the function's key, so that a warm invocation needs no lock and at most one change of thread.
package final class InvocationPlane: InvocationSink {
    private let parts: EngineParts
    private let shared: PoolParts
    private let loops: [any EventLoop]
    private let places: [LoopPlace]
    private let shutdown = Mutex(ShutdownMachine())

    /// - Parameter loops: At least one.
    package init(parts: EngineParts, loops: [any EventLoop]) {
        precondition(!loops.isEmpty, "the invocation plane needs an event loop")
        self.parts = parts
        self.loops = loops
        self.places = loops.map { LoopPlace(loop: $0) }
        let settings = parts.settings.now
        self.shared = PoolParts(
            engine: parts, gate: StartGate(limit: settings.concurrentStarts),
            book: ConcurrencyBook(settings.concurrency), idle: IdleEnvironments(of: self.places))
    }

    /// Until a stop has begun.
    package var acceptsInvocations: Bool { self.shutdown.withLock { $0.acceptsInvocations } }

    package func submit(
        _ invocation: Invocation,
        answer: @escaping @Sendable (Result<InvocationAnswer, InvocationFailure>) -> Void
    ) { self.submit(invocation, .whole(answer)) }

    package func submit(_ invocation: Invocation, to receiver: any AnswerReceiver) {
        self.submit(invocation, .streamed(receiver))
    }

    private func submit(_ invocation: Invocation, _ reply: InvocationTicket.Reply) {
        guard self.acceptsInvocations else { return reply.give(.failure(.shuttingDown)) }
        guard (invocation.function.tenantIsolation != nil) == (invocation.tenantID != nil) else {
            // The API has refused it in AWS's words; what else invokes knows of no tenants.
            return reply.give(
                .failure(.startFailed("the function's tenant isolation does not go with this invocation")))
        }
        let place = self.place(of: invocation.function.key)
        place.run {
            let ticket = InvocationTicket(invocation: invocation, reply: reply)
            place.pool(for: invocation.function, tenant: invocation.tenantID, parts: self.shared).submit(ticket)
        }
    }

    package func functionChanged(_ record: FunctionRecord) {
        let place = self.place(of: record.key)
        place.run { for pool in place.pools(of: record) { pool.recordChanged(record) } }
    }

    package func versionDeleted(_ version: VersionKey) {
        let place = self.place(of: version.function)
        place.run { place.retire { $0 == version } }
    }

    package func concurrencyChanged(_ concurrency: FunctionConcurrency) {
        self.shared.book.account(of: concurrency.function.scope).change(concurrency)
        self.shared.board.configure(concurrency)
        let place = self.place(of: concurrency.function)
        place.run { place.keep(concurrency, parts: self.shared) }
    }

    package func functionDeleted(_ key: FunctionKey) {
        self.shared.book.account(of: key.scope).functionDeleted(key.name)
        self.shared.board.forget(key)
        let place = self.place(of: key)
        place.run { place.retire { $0.function == key } }
    }

    /// Digests of code and layers that environments have mounted.
    package func codeInUse() async -> Set<String> {
        var digests: Set<String> = []
        for place in self.places { digests.formUnion(await place.ask { $0.flatMap(\.codeInUse) }) }
        return digests
    }

    /// How long what runs or waits now may take at most, by the limits of its functions; zero where nothing does.
    package func longestWork() async -> Duration {
        let now = self.parts.time.now
        var longest = Duration.zero
        for place in self.places {
            longest = max(longest, await place.ask { $0.map { $0.longestWork(now: now) }.max() ?? .zero })
        }
        return longest
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

extension InvocationPlane: VersionPreparer {
    package func prepare(_ record: FunctionRecord) async throws(PreparationFailure) {
        guard self.acceptsInvocations else { throw .abandoned }
        let place = self.place(of: record.key)
        let failure: PreparationFailure? = await withCheckedContinuation { continuation in
            place.run {
                place.pool(for: record, tenant: nil, parts: self.shared).prepare { continuation.resume(returning: $0) }
            }
        }
        if let failure { throw failure }
    }
}

extension InvocationPlane: ProvisionedStatusSource {
    package func status(of configuration: ProvisionedConcurrencyRecord) -> ProvisionedStatus {
        self.shared.board.status(of: configuration)
    }
}
