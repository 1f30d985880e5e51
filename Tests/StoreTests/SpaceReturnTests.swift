import GRDB
import LambdaCore
import Synchronization
import TestSupport
import Testing

@testable import Store

private func event(_ sequence: Int64, bytes: Int) -> EventChange {
    .add(
        QueuedEvent(
            sequence: sequence,
            event: .sample(Int(sequence), payload: String(repeating: "x", count: bytes)),
            progress: EventProgress(age: EventAge(at: .sample()))))
}

/// A disk that says what a test wants.
private final class Disk: Sendable {
    private let room = Atomic<Bool>(true)
    private let asked = Atomic<Int>(0)
    /// What was asked for last.
    var lastAsked: Int { self.asked.load(ordering: .relaxed) }

    func hasRoom(for bytes: Int) -> Bool {
        self.asked.store(bytes, ordering: .relaxed)
        return self.hasRoom
    }

    var hasRoom: Bool {
        get { self.room.load(ordering: .relaxed) }
        set { self.room.store(newValue, ordering: .relaxed) }
    }
}

@Suite struct `A queue that was long` {
    private let directory: TemporaryDirectory
    private let disk = Disk()
    private var path: String { self.directory.path("events.sqlite") }
    private var fileBytes: Int { self.directory.bytes("events.sqlite")?.count ?? 0 }
    private var logBytes: Int { self.directory.bytes("events.sqlite-wal")?.count ?? 0 }

    init() throws { self.directory = try TemporaryDirectory() }

    private func open() throws -> SQLiteEventStore {
        let disk = self.disk
        return try SQLiteEventStore(path: self.path) { disk.hasRoom(for: $0) }
    }

    /// What DatabaseFile makes can shrink from its first page on; this one has pages before it is opened there.
    private func makeOld() throws {
        let queue = try DatabaseQueue(path: self.path)
        try EventSchema.migrations.migrate(queue)
        try queue.close()
    }

    private func mode() throws -> Int? {
        try DatabaseQueue(path: self.path).read { try Int.fetchOne($0, sql: "PRAGMA auto_vacuum") }
    }

    private func fill(_ store: SQLiteEventStore, _ sequences: ClosedRange<Int64>) async throws {
        for start in stride(from: sequences.lowerBound, through: sequences.upperBound, by: 200) {
            try await store.commit((start..<start + 200).map { event($0, bytes: 10_000) })
        }
    }

    private func drain(_ store: SQLiteEventStore, _ sequences: ClosedRange<Int64>) async throws {
        for start in stride(from: sequences.lowerBound, through: sequences.upperBound, by: 200) {
            try await store.commit((start..<start + 200).map { .remove(sequence: $0) })
        }
        while !store.isIdle { await Task.yield() }
    }

    @Test func `keeps little of its file once it is short, on a disk with room`() async throws {
        let store = try self.open()
        try await self.fill(store, 1...4_000)
        try await store.commit([event(5_000, bytes: 100)])
        #expect(self.fileBytes > 40_000_000)
        try await self.drain(store, 1...4_000)
        #expect(self.fileBytes < Limits.databaseSlackBytes + 1_048_576)
        #expect(self.logBytes <= 2 * Limits.databaseLogBytes)
        #expect(try await store.backlog().events.map(\.sequence) == [5_000])
        #expect(try await store.payload(of: 5_000)?.count == 100)
    }

    @Test func `keeps nothing on a disk without room`() async throws {
        let store = try self.open()
        try await self.fill(store, 1...1_000)
        try await store.commit([event(5_000, bytes: 100)])
        #expect(self.fileBytes > 6_000_000 && self.logBytes > 0)
        self.disk.hasRoom = false
        try await self.drain(store, 1...1_000)
        #expect(self.fileBytes < 100_000 && self.logBytes == 0)
        #expect(try await store.backlog().events.map(\.sequence) == [5_000])
        self.disk.hasRoom = true
        try await self.fill(store, 6_001...6_200)
        #expect(try await store.backlog().events.count == 201)
    }

    @Test func `gives back what was left by an earlier process when it is asked for room`() async throws {
        let store = try self.open()
        try await self.fill(store, 1...1_000)
        try await self.drain(store, 1...1_000)
        #expect(self.fileBytes > 6_000_000)
        self.disk.hasRoom = false
        store.makeRoom()
        while !store.isIdle { await Task.yield() }
        #expect(self.fileBytes < 100_000 && self.logBytes == 0)
    }

    @Test func `asks for room for what is in its log only, and twice for what comes`() async throws {
        let store = try self.open()
        try await store.commit([event(1, bytes: 1_000_000)])
        #expect(store.hasRoom(for: 500))
        #expect(self.disk.lastAsked > 1_000_000 && self.disk.lastAsked < 1_100_000)
        self.disk.hasRoom = false
        store.makeRoom()
        while !store.isIdle { await Task.yield() }
        #expect(!store.hasRoom(for: 500))
        #expect(self.disk.lastAsked == 1_000)
    }

    @Test func `needs little of the disk to be emptied`() async throws {
        let store = try self.open()
        try await store.commit([event(1, bytes: 1_000_000)])
        self.disk.hasRoom = false
        store.makeRoom()
        while !store.isIdle { await Task.yield() }
        #expect(self.logBytes == 0)
        self.disk.hasRoom = true
        try await store.commit([.remove(sequence: 1)])
        #expect(self.logBytes > 0 && self.logBytes < 100_000)
    }

    @Test func `takes events while it shrinks`() async throws {
        let store = try self.open()
        try await self.fill(store, 1...2_000)
        try await self.drain(store, 1...2_000)
        self.disk.hasRoom = false
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sequence in 3_001...3_050 as ClosedRange<Int64> {
                store.makeRoom()
                group.addTask { try await store.commit([event(sequence, bytes: 1_000)]) }
            }
            try await group.waitForAll()
        }
        while !store.isIdle { await Task.yield() }
        #expect(self.fileBytes < 1_000_000)
        #expect(try await store.backlog().events.map(\.sequence) == Array(3_001...3_050))
    }

    @Test func `of an earlier version is written anew once its content is small, and shrinks by steps from then on`()
        async throws
    {
        try self.makeOld()
        let store = try self.open()
        try await self.fill(store, 1...1_000)
        self.disk.hasRoom = false
        try await self.drain(store, 1...800)
        #expect(self.fileBytes > 6_000_000, "two megabytes of content are not written anew")
        try await self.drain(store, 801...1_000)
        #expect(self.fileBytes < 100_000)
        #expect(try self.mode() == 2)
        try await self.fill(store, 2_001...2_400)
        try await self.drain(store, 2_001...2_200)
        #expect(self.fileBytes < 3_500_000)
        #expect(try await store.backlog().events.count == 200)
    }
}

@Suite struct `A store that was large` {
    @Test func `gives back what it does not need when it is told to`() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteResourceStore(
            path: directory.path("functions.sqlite"), userSlots: 10, now: { WallTime(milliseconds: 0) },
            options: .init(hasRoom: { false }))
        let aliases = try (1...100).map {
            try StoreSamples("f\($0)", text: String(repeating: "x", count: 20_000)).alias()
        }
        try await store.write { transaction in for alias in aliases { try transaction.put(alias) } }
        try await store.returnSpace()
        #expect((directory.bytes("functions.sqlite")?.count ?? 0) > 2_000_000)
        try await store.write { transaction in
            for alias in aliases { _ = try transaction.remove(AliasRecord.self, at: alias.address) }
        }
        try await store.returnSpace()
        #expect((directory.bytes("functions.sqlite")?.count ?? 0) < 100_000)
        #expect((directory.bytes("functions.sqlite-wal")?.count ?? 0) == 0)
    }
}
