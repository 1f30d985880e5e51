package import LambdaCore
internal import Lifecycle
internal import Logging
internal import Synchronization

/// Runs asynchronous invocations: takes them onto the disk, runs them in front of the same plane as synchronous ones,
/// tries again what fails, and hands on what is to be told of those that are over.
///
/// In the order of its life: ``recover()``, ``accept(_:)`` and ``run()`` beside each other, ``close()``, ``finished()``.
package final class EventPlane: EventAcceptor {
    private struct State {
        var budget: EventBudget
        var nextSequence: Int64 = 1
        /// Whether the disk had room when it was last asked.
        var hasRoom = true
        var isClosed = false
        var hasFinished = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let parts: EventParts
    private let queue: FairQueue<FunctionKey, QueuedEvent>
    private let deliveries: EventDeliveries
    private let patience: DiskPatience
    private let state: Mutex<State>

    package init(parts: EventParts) {
        self.parts = parts
        let settings = parts.settings()
        self.state = Mutex(State(budget: EventBudget(memoryLimit: settings.memoryBytes)))
        self.queue = FairQueue(limit: settings.concurrentEvents, time: parts.time, alarm: parts.alarm)
        self.deliveries = EventDeliveries(parts: parts)
        self.patience = DiskPatience(alarm: parts.alarm, logger: parts.logger)
    }

    /// Events that wait or run.
    package var count: Int { self.state.withLock { $0.budget.count } }

    /// Takes up what was in the queue when the process ended. To be called once, before anything else.
    package func recover() async throws(StoreError) {
        let backlog = try await self.parts.store.backlog()
        self.state.withLock { state in
            state.nextSequence = backlog.nextSequence
            for event in backlog.events { state.budget.add(bytes: event.payloadBytes) }
        }
        for event in backlog.events { self.schedule(event) }
        for delivery in backlog.deliveries { self.deliveries.add(delivery) }
        guard !backlog.events.isEmpty || !backlog.deliveries.isEmpty else { return }
        self.parts.logger.notice(
            "asynchronous invocations were taken up again",
            metadata: ["events": "\(backlog.events.count)", "deliveries": "\(backlog.deliveries.count)"])
    }

    package func accept(_ event: AcceptedEvent) async throws(EventRefusal) {
        let bytes = event.payload.count
        // What is in the queue already must be able to leave it.
        guard self.hasRoom(for: bytes) else {
            // It may be the queue itself that filled the disk, when it was longer.
            self.parts.store.makeRoom()
            throw .noRoom
        }
        let settings = self.parts.settings()
        // A target that takes nothing for hours must not fill the memory with what it is to be told.
        let owed = self.deliveries.waiting
        let sequence = try self.state.withLock { state throws(EventRefusal) -> Int64 in
            guard !state.isClosed else { throw .shuttingDown }
            let fits = state.budget.reserve(
                bytes: bytes, countLimit: settings.queueLimit - owed.count,
                bytesLimit: settings.queueBytes - owed.bytes)
            guard fits else { throw .full }
            state.nextSequence += 1
            return state.nextSequence - 1
        }
        let queued = self.queued(event, sequence)
        do { try await self.parts.store.commit([.add(queued)]) } catch {
            self.state.withLock { $0.budget.release(bytes: bytes) }
            throw .failed("\(error)")
        }
        self.schedule(queued)
    }

    private func hasRoom(for bytes: Int) -> Bool {
        let hasRoom = self.parts.store.hasRoom(for: bytes)
        let isNews = self.state.withLock { state in
            defer { state.hasRoom = hasRoom }
            return state.hasRoom != hasRoom
        }
        switch (isNews, hasRoom) {
        case (true, false): self.parts.logger.error("the event queue's disk is nearly full: events are refused")
        case (true, true): self.parts.logger.notice("the event queue's disk has room again")
        case (false, _): break
        }
        return hasRoom
    }

    /// Runs what is due until ``close()``, and owns every task that it needs.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.deliveries.run() }
            for await number in self.queue.turns { group.addTask { await self.attempt(number) } }
        }
        let waiters = self.state.withLock { state in
            state.hasFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Takes and begins nothing any more. What is not over stays on disk for the next start.
    package func close() {
        self.state.withLock { $0.isClosed = true }
        self.queue.close()
        self.deliveries.close()
        self.patience.close()
    }

    /// Returns once ``run()`` has, and so everything that was under way at ``close()`` is over and written down.
    package func finished() async {
        await withCheckedContinuation { continuation in
            let hasFinished = self.state.withLock { state in
                if !state.hasFinished { state.waiters.append(continuation) }
                return state.hasFinished
            }
            if hasFinished { continuation.resume() }
        }
    }

    // MARK: The queue

    private func queued(_ event: AcceptedEvent, _ sequence: Int64) -> QueuedEvent {
        QueuedEvent(
            sequence: sequence, event: event, progress: EventProgress(age: EventAge(at: self.parts.moments.moment)))
    }

    func newSequence() -> Int64 {
        self.state.withLock { state in
            state.nextSequence += 1
            return state.nextSequence - 1
        }
    }

    private func schedule(_ queued: QueuedEvent) {
        var kept = queued
        if queued.hasPayload, !self.state.withLock({ $0.budget.keep(bytes: queued.payloadBytes) }) {
            kept.event = queued.event.carrying([])
        }
        let age = queued.progress.age.age(at: self.parts.moments.moment)
        self.queue.put(
            kept, queued.sequence, of: queued.event.function, after: max(.zero, queued.progress.dueAge - age))
    }

    /// Takes an event that has its turn; its payload is the caller's now.
    private func take(_ number: Int64) -> QueuedEvent? {
        guard let queued = self.queue.item(number) else { return nil }
        if queued.hasPayload { self.state.withLock { $0.budget.forget(bytes: queued.payloadBytes) } }
        return queued
    }

    // MARK: One attempt

    private func attempt(_ number: Int64) async {
        guard var queued = self.take(number) else { return }
        do {
            if !queued.hasPayload {
                guard let payload = try await self.parts.store.payload(of: number) else {
                    return self.forget(queued)
                }
                queued.event = queued.event.carrying(payload)
            }
            try await self.attempt(queued)
        } catch {
            // What it was is on disk as before, so it runs again, once the disk may have recovered.
            self.parts.logger.error(
                "the event queue failed, an event will be run again: \(error)",
                metadata: ["request": "\(queued.event.requestID)"])
            queued.progress.setbacks += 1
            queued.progress.dueAge =
                queued.progress.age.age(at: self.parts.moments.moment)
                + self.parts.settings().machine.backoff.delay(after: queued.progress.setbacks)
            self.schedule(queued)
        }
    }

    private func attempt(_ queued: QueuedEvent) async throws(StoreError) {
        guard let target = self.parts.lookup.target(of: queued.event.function, qualifier: queued.event.qualifier) else {
            return try await self.drop(queued)
        }
        let settings = self.parts.settings().machine
        let rules = EventMachine.Rules(target, settings, event: queued.event)
        var machine = EventMachine(queued.progress)
        switch machine.timeCame(age: queued.progress.age.age(at: self.parts.moments.moment), rules: rules) {
        case .wait: self.schedule(queued)
        case .finish(let condition):
            try await self.finish(queued, condition, attempts: machine.attempts, answer: nil, config: target)
        case .run:
            let result = await self.invoke(queued.event, target.function)
            // The next start runs it; nothing of this attempt shall count.
            if case .failure(.shuttingDown) = result { return self.schedule(queued) }
            let answer = (try? result.get()).map { EventReport.Answer($0) }
            let age = queued.progress.age.age(at: self.parts.moments.moment)
            switch machine.ended(.init(answer), age: age, rules: rules, settings: settings) {
            case .finish(let condition):
                // Where it goes is asked now: it may have been set while the function ran.
                let now = self.parts.lookup.target(of: queued.event.function, qualifier: queued.event.qualifier)
                try await self.finish(
                    queued, condition, attempts: machine.attempts, answer: answer, config: now ?? target)
            case .retry(let due): try await self.postpone(queued, machine, due)
            }
        }
    }

    private func invoke(
        _ event: AcceptedEvent, _ function: FunctionRecord
    ) async -> Result<InvocationAnswer, InvocationFailure> {
        guard function.state == .active else { return .failure(.startFailed("the function is not active")) }
        let invocation = Invocation(
            requestID: event.requestID, function: function, invokedARN: event.invokedARN, payload: event.payload,
            clientContext: event.clientContext, traceHeader: event.traceHeader, tenantID: event.tenantID, isEvent: true,
            receivedAt: self.parts.time.now)
        return await withCheckedContinuation { continuation in
            self.parts.sink.submit(invocation) { continuation.resume(returning: $0) }
        }
    }

    // MARK: Outcomes

    private func record(_ changes: [EventChange], of queued: QueuedEvent) async throws(StoreError) {
        try await self.patience.write(of: queued.event.requestID) { () async throws(StoreError) in
            try await self.parts.store.commit(changes)
        }
    }

    private func postpone(
        _ queued: QueuedEvent, _ machine: EventMachine, _ due: Duration
    ) async throws(StoreError) {
        var later = queued
        later.progress = EventProgress(
            attempts: machine.attempts, setbacks: machine.setbacks, dueAge: due,
            age: queued.progress.age.moved(to: self.parts.moments.moment))
        try await self.record([.postpone(sequence: later.sequence, later.progress)], of: queued)
        self.schedule(later)
    }

    /// The event leaves the queue, and what is to be told of it comes in, in one transaction.
    private func finish(
        _ queued: QueuedEvent, _ condition: EventMachine.Condition, attempts: Int, answer: EventReport.Answer?,
        config target: EventTarget
    ) async throws(StoreError) {
        let report = EventReport(
            event: queued.event, condition: condition, attempts: attempts, answer: answer,
            now: self.parts.moments.moment.wall)
        let messages = self.messages(of: report, target)
        let events = messages.events.map { self.queued($0, self.newSequence()) }
        try await self.record(
            [.remove(sequence: queued.sequence)] + messages.deliveries.map { .addDelivery($0) }
                + events.map { .add($0) }, of: queued)
        for delivery in messages.deliveries { self.deliveries.add(delivery) }
        self.forget(queued)
        for event in events {
            // Not refused where the queue is full: it takes the place of the one that just left.
            self.state.withLock { $0.budget.add(bytes: event.payloadBytes) }
            self.schedule(event)
        }
    }

    /// Its function, version or alias is gone, and with it every place that could be told.
    private func drop(_ queued: QueuedEvent) async throws(StoreError) {
        try await self.record([.remove(sequence: queued.sequence)], of: queued)
        self.forget(queued)
        self.parts.logger.notice(
            "an event was dropped, for what it calls does not exist any more",
            metadata: [
                "request": "\(queued.event.requestID)", "function": "\(queued.event.qualifiedARN)",
            ])
    }

    private func forget(_ queued: QueuedEvent) {
        self.state.withLock { $0.budget.release(bytes: queued.payloadBytes) }
        self.queue.remove(queued.sequence)
    }
}

extension EventMachine.Outcome {
    fileprivate init(_ answer: EventReport.Answer?) {
        self = answer.map { $0.isFunctionError ? .functionError : .succeeded } ?? .refused
    }
}

extension EventReport.Answer {
    fileprivate init(_ answer: InvocationAnswer) {
        self.init(
            payload: answer.payload, isFunctionError: answer.isFunctionError,
            executedVersion: answer.executedVersion)
    }
}
