import Dispatch
import GRDB
import LambdaCore
import TestSupport
import Testing

@testable import Store

@Suite struct `The SQLite store` {
    private let directory: TemporaryDirectory
    private let samples: StoreSamples
    private var path: String { self.directory.path("functions.sqlite") }

    init() throws {
        self.directory = try TemporaryDirectory()
        self.samples = try StoreSamples()
    }

    private func open(pages: Int? = nil) throws -> SQLiteResourceStore {
        try SQLiteResourceStore(
            path: self.path, userSlots: 10, now: { WallTime(milliseconds: 0) }, largestFile: pages)
    }

    @Test func `has everything when it is opened again`() async throws {
        let all = ResourceKind.allCases.map { self.samples.sample($0) }
        var first: SQLiteResourceStore? = try self.open()
        try await first?.put(all)
        first = nil
        let second = try self.open()
        func check<Resource: StoredResource>(_ resource: Resource) async throws {
            #expect(try await second.stored(like: resource) == resource)
        }
        for resource in all { try await check(resource) }
    }

    @Test func `writes to disk before it answers`() async throws {
        // 2 is FULL: an fsync of the log before a commit returns. GRDB's own choice for a pool is NORMAL.
        let durability = try await self.open().durability()
        #expect(durability.journal == "wal")
        #expect(durability.synchronous == 2)
    }

    @Test func `makes files for its owner only`() async throws {
        let store = try self.open()
        try await store.put([self.samples.alias()])
        for name in ["functions.sqlite", "functions.sqlite-wal", "functions.sqlite-shm"] {
            #expect(try self.directory.mode(name) == 0o600)
        }
        // A store that is gone must not have taken the log with it unseen.
        withExtendedLifetime(store) {}
    }

    @Test(.timeLimit(.minutes(1))) func `reads while a write is under way`() async throws {
        let store = try self.open()
        let (old, new) = (self.samples.alias(version: "1"), self.samples.alias(version: "2"))
        try await store.put([old])
        let (hasWritten, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        async let write: Void = store.write { transaction in
            try transaction.put(new)
            hasWritten.signal()
            mayEnd.wait()
        }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                hasWritten.wait()
                continuation.resume()
            }
        }
        let during = try await store.stored(like: old)
        mayEnd.signal()
        try await write
        #expect(during == old)
        #expect(try await store.stored(like: old) == new)
    }

    @Test func `sees at once what another store on the same file wrote`() async throws {
        let (one, two) = (try self.open(), try self.open())
        try await one.put([self.samples.alias()])
        #expect(try await two.stored(like: self.samples.alias()) == self.samples.alias())
        var numbers: [Int] = []
        for store in [two, one, two] { numbers.append(try await store.write { try $0.next(.generation) }) }
        #expect(numbers == [1, 2, 3])
    }

    @Test func `waits for the write of another store on the same file`() async throws {
        let (one, two) = (try self.open(), try self.open())
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                for store in [one, two] { group.addTask { try await store.write { try $0.next(.generation) } } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers.sorted() == Array(1...40))
    }

    @Test func `undoes what does not fit on the disk, and goes on`() async throws {
        let store = try self.open(pages: 100)
        try await store.put([self.samples.alias("kept")])
        let long = try StoreSamples(text: String(repeating: "x", count: 500_000))
        let error = await #expect(throws: StoreError.self) {
            try await store.put([self.samples.alias("lost"), long.alias("large")])
        }
        #expect(error?.text?.contains("full") == true)
        #expect(error?.text?.contains("xxxx") == false)
        #expect(try await store.everything(AliasRecord.self) == [self.samples.alias("kept")])
        try await store.put([self.samples.alias("later")])
        #expect(try await store.everything(AliasRecord.self).count == 2)
    }

    @Test func `finds pages and parts in its index, and user slots in theirs`() async throws {
        _ = try self.open()
        let statements = [
            "SELECT record FROM resource WHERE kind='a' AND account='a' AND region='r' AND name='n' AND part='p'",
            """
            SELECT record FROM resource WHERE kind='a' AND account='a' AND region='r' AND (name, part) > ('n', 'p')
            ORDER BY name, part LIMIT 50
            """,
            """
            SELECT record FROM resource WHERE kind='a' AND account='a' AND region='r' AND name='n' AND part > 'p'
            ORDER BY name, part LIMIT 50
            """,
            "SELECT record FROM resource WHERE kind='a' ORDER BY account, region, name, part",
            "SELECT slot FROM user_slot WHERE released <= 9 AND slot < 3 ORDER BY released, slot LIMIT 1",
            "UPDATE user_slot SET released=1 WHERE account='a' AND region='r' AND name='n' AND released IS NULL",
            "SELECT max(slot) FROM user_slot",
        ]
        let database = try DatabaseQueue(path: self.path)
        for statement in statements {
            let plan = try await database.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + statement).map { $0["detail"] as String }
            }
            #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan) for \(statement)")
        }
    }

    @Test func `does not show environment values in its errors`() async throws {
        let secret = try StoreSamples(text: "secret")
        let store = try self.open()
        try await store.put([LatestVersion(secret.record())])
        let other = try DatabaseQueue(path: self.path)
        try await other.write {
            try $0.execute(sql: "UPDATE resource SET record = replace(record, '\"key\"', '\"k\"')")
        }
        let unreadable = await #expect(throws: StoreError.self) { try await store.everything(LatestVersion.self) }
        #expect(unreadable?.text == "a stored function cannot be read")

        try await other.write { try $0.execute(sql: "DROP TABLE resource") }
        let failed = await #expect(throws: StoreError.self) { try await store.put([LatestVersion(secret.record())]) }
        #expect(failed?.text?.contains("no such table") == true)
        #expect(failed?.text?.contains("secret") == false)
    }
}
