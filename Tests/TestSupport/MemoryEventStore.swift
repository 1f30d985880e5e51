package import LambdaCore
internal import Synchronization

/// The event store's promises kept in a dictionary.
package final class MemoryEventStore: EventStore {
    fileprivate struct State {
        var events: [Int64: QueuedEvent] = [:]
        var deliveries: [Int64: EventDelivery] = [:]
        var commits: [[EventChange]] = []
        var failure: StoreError?
        var hasRoom = true
        var askedForRoom = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Makes every later call fail, until `nil` is given.
    package func fail(with error: StoreError?) { self.state.withLock { $0.failure = error } }

    package var hasRoom: Bool {
        get { self.state.withLock { $0.hasRoom } }
        set { self.state.withLock { $0.hasRoom = newValue } }
    }

    package func hasRoom(for bytes: Int) -> Bool { self.hasRoom }

    package func makeRoom() { self.state.withLock { $0.askedForRoom += 1 } }

    package var askedForRoom: Int { self.state.withLock { $0.askedForRoom } }

    /// What was committed, each commit for itself.
    package var commits: [[EventChange]] { self.state.withLock { $0.commits } }

    package func commit(_ changes: [EventChange]) async throws(StoreError) {
        try self.state.withLock { state throws(StoreError) in
            if let failure = state.failure { throw failure }
            for change in changes { state.apply(change) }
            state.commits.append(changes)
        }
    }

    package func payload(of sequence: Int64) async throws(StoreError) -> [UInt8]? {
        try self.state.withLock { state throws(StoreError) in
            if let failure = state.failure { throw failure }
            return state.events[sequence]?.event.payload
        }
    }

    package func backlog() async throws(StoreError) -> EventBacklog {
        self.state.withLock { state in
            EventBacklog(
                events: state.events.values.sorted { $0.sequence < $1.sequence }.map { queued in
                    QueuedEvent(
                        sequence: queued.sequence, event: queued.event.carrying([]),
                        payloadBytes: queued.payloadBytes, progress: queued.progress)
                },
                deliveries: state.deliveries.values.sorted { $0.sequence < $1.sequence })
        }
    }
}

extension MemoryEventStore.State {
    fileprivate mutating func apply(_ change: EventChange) {
        switch change {
        case .add(let event): self.events[event.sequence] = event
        case .postpone(let sequence, let progress): self.events[sequence]?.progress = progress
        case .remove(let sequence): self.events[sequence] = nil
        case .addDelivery(let delivery): self.deliveries[delivery.sequence] = delivery
        case .postponeDelivery(let sequence, let progress): self.deliveries[sequence]?.progress = progress
        case .removeDelivery(let sequence): self.deliveries[sequence] = nil
        }
    }
}
