internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import Synchronization

/// Sends what is to be told of events that are over, and tries again what does not arrive, for a bounded time.
final class EventDeliveries: Sendable {
    private let parts: EventParts
    /// In turn between targets: one that does not answer holds up no other.
    private let queue: FairQueue<String, EventDelivery>
    private let budget = Mutex(EventBudget(memoryLimit: 0))

    init(parts: EventParts) {
        self.parts = parts
        self.queue = FairQueue(limit: parts.settings().concurrentDeliveries, time: parts.time, alarm: parts.alarm)
    }

    /// What waits to be delivered, all of it in memory: new events are refused where it is too much.
    var waiting: EventBudget { self.budget.withLock { $0 } }

    /// Takes a delivery that is on disk.
    func add(_ delivery: EventDelivery) {
        self.budget.withLock { $0.add(bytes: delivery.body.count) }
        self.schedule(delivery)
    }

    private func schedule(_ delivery: EventDelivery) {
        let age = delivery.progress.age.age(at: self.parts.moments.moment)
        self.queue.put(
            delivery, delivery.sequence, of: delivery.target, after: max(.zero, delivery.progress.dueAge - age))
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            for await number in self.queue.turns { group.addTask { await self.attempt(number) } }
        }
    }

    func close() { self.queue.close() }

    private func attempt(_ number: Int64) async {
        guard let delivery = self.queue.item(number) else { return }
        do throws(DeliveryError) {
            guard let sender = self.parts.sender else {
                throw DeliveryError(text: "no services_endpoint is configured")
            }
            try await sender.send(delivery)
        } catch { return await self.failed(delivery, error) }
        await self.remove(delivery)
    }

    private func failed(_ delivery: EventDelivery, _ error: DeliveryError) async {
        let age = delivery.progress.age.age(at: self.parts.moments.moment)
        let settings = self.parts.settings()
        let limit = settings.deliveryAge
        let metadata: Logger.Metadata = [
            "request": "\(delivery.requestID)", "target": "\(delivery.target)", "reason": "\(error.text)",
        ]
        guard age < limit else {
            self.parts.logger.error(
                "a record of an invocation could not be delivered and is given up", metadata: metadata)
            return await self.remove(delivery)
        }
        var later = delivery
        later.progress.attempts += 1
        later.progress.dueAge = min(age + settings.machine.backoff.delay(after: later.progress.attempts), limit)
        if later.progress.attempts == 1 {
            self.parts.logger.warning("a record of an invocation could not be delivered yet", metadata: metadata)
        }
        later.progress.age = delivery.progress.age.moved(to: self.parts.moments.moment)
        do {
            try await self.parts.store.commit([.postponeDelivery(sequence: later.sequence, later.progress)])
        } catch {
            // It is tried again all the same; only a restart would not know how often it has been.
            self.parts.logger.warning("the event queue failed: \(error)", metadata: metadata)
        }
        self.schedule(later)
    }

    private func remove(_ delivery: EventDelivery) async {
        do { try await self.parts.store.commit([.removeDelivery(sequence: delivery.sequence)]) } catch {
            self.parts.logger.error(
                "the event queue failed, a delivery will be made again after a restart: \(error)",
                metadata: ["request": "\(delivery.requestID)"])
        }
        self.queue.remove(delivery.sequence)
        self.budget.withLock { $0.release(bytes: delivery.body.count) }
    }
}
