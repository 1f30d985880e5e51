import LambdaCore
import TestSupport
import Testing

@testable import Store

/// An engine to run the conformance suite through.
struct EventStoreEngine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable (TemporaryDirectory) throws -> any EventStore

    static let all = [
        EventStoreEngine(testDescription: "SQLite") { try SQLiteEventStore(path: $0.path("events.sqlite")) },
        EventStoreEngine(testDescription: "memory") { _ in MemoryEventStore() },
    ]
}

private func queued(
    _ sequence: Int64, payload: String = #"{"a":1}"#, qualifier: String? = nil, tenantID: String? = nil
) -> QueuedEvent {
    QueuedEvent(
        sequence: sequence, event: .sample(Int(sequence), qualifier: qualifier, payload: payload, tenantID: tenantID),
        progress: EventProgress(age: EventAge(at: .sample())))
}

private func delivery(_ sequence: Int64, _ purpose: EventDelivery.Purpose) -> EventDelivery {
    EventDelivery(
        sequence: sequence, requestID: .numbered(1), function: .named("f"), functionARN: "arn:f:$LATEST",
        target: "arn:aws:sqs:us-east-1:000000000000:q", purpose: purpose, body: Array("{}".utf8),
        progress: EventProgress(age: EventAge(at: .sample())))
}

private let progress = EventProgress(
    attempts: 2, setbacks: 3, dueAge: .milliseconds(185_001),
    age: EventAge(known: 65_000, at: .sample(milliseconds: 65_000, boot: "boot-2")))

@Suite struct `An event store` {
    private let directory: TemporaryDirectory

    init() throws { self.directory = try TemporaryDirectory() }

    @Test(arguments: EventStoreEngine.all)
    func `gives back what was committed, payloads apart`(engine: EventStoreEngine) async throws {
        let store = try engine.make(self.directory)
        let events = [
            queued(7, qualifier: "live", tenantID: "blue"),
            queued(8, payload: String(repeating: "x", count: 1_048_576)),
        ]
        let deliveries = [
            delivery(9, .destination(succeeded: true)), delivery(10, .destination(succeeded: false)),
            delivery(11, .deadLetter(status: 200, message: "it broke")),
        ]
        try await store.commit(events.map { .add($0) } + deliveries.map { .addDelivery($0) })
        let backlog = try await store.backlog()
        #expect(backlog.events.map(\.sequence) == [7, 8])
        for (found, event) in zip(backlog.events, events) {
            #expect(!found.hasPayload && found.payloadBytes == event.payloadBytes)
            let payload = try #require(try await store.payload(of: found.sequence))
            #expect(found.event.carrying(payload) == event.event)
            #expect(found.progress == event.progress)
        }
        #expect(backlog.deliveries == deliveries)
        #expect(backlog.nextSequence == 12)
    }

    @Test(arguments: EventStoreEngine.all)
    func `changes an event and its deliveries together`(engine: EventStoreEngine) async throws {
        let store = try engine.make(self.directory)
        try await store.commit([.add(queued(1)), .add(queued(2)), .add(queued(3))])
        try await store.commit([.postpone(sequence: 2, progress)])
        let letter = delivery(4, .deadLetter(status: 200, message: ""))
        try await store.commit([.remove(sequence: 1), .addDelivery(letter)])
        #expect(try await store.backlog().events.map(\.sequence) == [2, 3])
        #expect(try await store.backlog().events.first?.progress == progress)
        #expect(try await store.payload(of: 1) == nil)
        try await store.commit([.postponeDelivery(sequence: 4, progress)])
        #expect(try await store.backlog().deliveries.map(\.progress) == [progress])
        try await store.commit([.removeDelivery(sequence: 4)])
        #expect(try await store.backlog().deliveries == [])
    }

    @Test func `has everything when it is opened again`() async throws {
        var first: SQLiteEventStore? = try SQLiteEventStore(path: self.directory.path("events.sqlite"))
        try await first?.commit([.add(queued(1)), .addDelivery(delivery(2, .destination(succeeded: true)))])
        let before = try await first?.backlog()
        first = nil
        let second = try SQLiteEventStore(path: self.directory.path("events.sqlite"))
        #expect(try await second.backlog() == before)
        #expect(before?.events.count == 1)
    }

    @Test func `undoes all of a commit that fails, and goes on`() async throws {
        let store = try SQLiteEventStore(path: self.directory.path("events.sqlite"))
        try await store.commit([.add(queued(1))])
        await #expect(throws: StoreError.self) { try await store.commit([.add(queued(2)), .add(queued(1))]) }
        try await store.commit([.add(queued(3))])
        #expect(try await store.backlog().events.map(\.sequence) == [1, 3])
    }

    @Test func `writes many commits in few transactions`() async throws {
        let store = try SQLiteEventStore(path: self.directory.path("events.sqlite"))
        await withTaskGroup(of: Void.self) { group in
            for sequence in 1...500 as ClosedRange<Int64> {
                group.addTask {
                    do { try await store.commit([.add(queued(sequence))]) } catch { Issue.record(error) }
                }
            }
        }
        #expect(try await store.backlog().events.count == 500)
        #expect(store.transactionCount < 250)
    }

    @Test func `leaves another program's file alone`() throws {
        _ = try SQLiteResourceStore(path: self.directory.path("functions.sqlite"), userSlots: 10)
        #expect(throws: StoreError.self) { try SQLiteEventStore(path: self.directory.path("functions.sqlite")) }
    }

    @Test func `makes files for its owner only`() async throws {
        let store = try SQLiteEventStore(path: self.directory.path("events.sqlite"))
        try await store.commit([.add(queued(1))])
        for name in ["events.sqlite", "events.sqlite-wal", "events.sqlite-shm"] {
            #expect(try self.directory.mode(name) == 0o600)
        }
        withExtendedLifetime(store) {}
    }
}
