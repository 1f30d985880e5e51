import LambdaCore
import Store
import Testing

/// An engine to run the conformance suite through. Another engine is another element of ``all``.
struct FunctionStoreEngine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// A new, empty store for at most `userSlots` functions.
    let make: @Sendable (_ directory: TemporaryDirectory, _ userSlots: Int) throws -> any FunctionStore

    static let all = [
        FunctionStoreEngine(testDescription: "SQLite") { directory, userSlots in
            try SQLiteFunctionStore(path: directory.path("functions.sqlite"), userSlots: userSlots)
        }
    ]
}

/// A record with something in every member.
func sampleRecord(_ name: String, account: String = "000000000000", region: String = "eu-west-1") throws
    -> FunctionRecord
{
    let key = FunctionKey(
        account: try #require(AccountID(account)), region: try #require(Region(region)),
        name: try #require(FunctionName(name)))
    var record = FunctionRecord(
        key: key, role: "arn:aws:iam::\(account):role/r", runtime: "python3.11", handler: "a.b",
        code: CodeReference(digest: String(repeating: "a", count: 64), base64: "YQ==", size: 10),
        lastModified: WallTime(milliseconds: 1_700_000_000_123))
    record.environment = ["KEY": "välue\n\"☃\"/\\"]
    record.tags = ["team": "x"]
    record.updateStatus = .inProgress
    record.logging.applicationLevel = "DEBUG"
    return record
}

@Suite struct `A function store` {
    private static let engines = FunctionStoreEngine.all
    private let directory: TemporaryDirectory

    init() throws { self.directory = try TemporaryDirectory() }

    private func make(_ engine: FunctionStoreEngine, userSlots: Int = 100) throws -> any FunctionStore {
        try engine.make(self.directory, userSlots)
    }

    @Test(arguments: engines) func `gives back what was created`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        let record = try sampleRecord("f")
        let created = try await store.create(record)

        var expected = record
        expected.revisionID = created.revisionID
        expected.generation = created.generation
        expected.userSlot = created.userSlot
        #expect(created == expected)
        #expect(try await store.function(record.key) == created)
        #expect(try await store.everything() == [created])
        #expect(RequestID(created.revisionID) != nil, "a revision id has the form of a UUID")
    }

    @Test(arguments: engines) func `knows no function that was not created`(_ engine: FunctionStoreEngine) async throws
    {
        let store = try self.make(engine)
        let key = try sampleRecord("f").key
        #expect(try await store.function(key) == nil)
        await #expect(throws: StoreError.notFound(key)) { try await store.delete(key) }
        await #expect(throws: StoreError.notFound(key)) {
            try await store.update(key, expectedRevision: nil, newGeneration: false) { $0.handler = "x" }
        }
    }

    @Test(arguments: engines) func `refuses a second function of one name`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        let created = try await store.create(sampleRecord("f"))
        await #expect(throws: StoreError.alreadyExists(created.key)) { try await store.create(sampleRecord("f")) }
        #expect(try await store.everything() == [created])
    }

    @Test(arguments: engines) func `keeps accounts and regions apart`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        let here = try await store.create(sampleRecord("f"))
        let account = try await store.create(sampleRecord("f", account: "111111111111"))
        let region = try await store.create(sampleRecord("f", region: "us-east-1"))
        #expect(Set([here, account, region].map(\.userSlot)).count == 3)
        #expect(
            try await store.list(account: here.key.account, region: here.key.region, after: nil, limit: 10) == [here])
        #expect(try await store.delete(account.key) == account)
        #expect(try await store.function(here.key) == here)
        #expect(try await store.function(region.key) == region)
    }

    @Test(arguments: engines) func `gives a new revision with every write`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        let first = try await store.create(sampleRecord("f"))
        let second = try await store.update(first.key, expectedRevision: nil, newGeneration: false) { $0.timeout = 9 }
        let third = try await store.update(first.key, expectedRevision: nil, newGeneration: false) { _ in }
        #expect(Set([first, second, third].map(\.revisionID)).count == 3)
        #expect(second.timeout == 9)
        #expect(try await store.function(first.key) == third)
    }

    @Test(arguments: engines)
    func `changes nothing when the caller's revision is an old one`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        let old = try await store.create(sampleRecord("f"))
        let new = try await store.update(old.key, expectedRevision: old.revisionID, newGeneration: true) {
            $0.timeout = 9
        }
        await #expect(throws: StoreError.revisionMismatch) {
            try await store.update(old.key, expectedRevision: old.revisionID, newGeneration: true) { $0.timeout = 10 }
        }
        #expect(try await store.function(old.key) == new)
    }

    @Test(arguments: engines)
    func `lets no change touch what the store gives`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        let old = try await store.create(sampleRecord("f"))
        let new = try await store.update(old.key, expectedRevision: nil, newGeneration: false) {
            $0.userSlot = 77
            $0.generation = 77
            $0.revisionID = "77"
        }
        #expect(new.userSlot == old.userSlot)
        #expect(new.generation == old.generation)
        #expect(new.revisionID != "77")
    }

    @Test(arguments: engines)
    func `raises the generation when environments become out of date`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        let first = try await store.create(sampleRecord("f"))
        let same = try await store.update(first.key, expectedRevision: nil, newGeneration: false) { _ in }
        let next = try await store.update(first.key, expectedRevision: nil, newGeneration: true) { _ in }
        #expect(same.generation == first.generation)
        #expect(next.generation > first.generation)

        // Environments of the deleted function must not pass for the new one's.
        _ = try await store.delete(first.key)
        let again = try await store.create(sampleRecord("f"))
        #expect(again.generation > next.generation)
    }

    @Test(arguments: engines) func `gives the lowest free user slot`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine, userSlots: 3)
        let records = try [sampleRecord("a"), sampleRecord("b"), sampleRecord("c"), sampleRecord("d")]
        var slots: [Int] = []
        for record in records.prefix(3) { slots.append(try await store.create(record).userSlot) }
        #expect(slots == [0, 1, 2])
        await #expect(throws: StoreError.userSlotsExhausted) { try await store.create(records[3]) }
        #expect(try await store.everything().count == 3)

        _ = try await store.delete(records[1].key)
        #expect(try await store.create(records[3]).userSlot == 1)
        _ = try await store.delete(records[0].key)
        #expect(try await store.create(records[1]).userSlot == 0)
    }

    @Test(arguments: engines) func `gives no slot twice to many creators`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        let records = try (0..<40).map { try sampleRecord("f\($0)") }
        let slots = try await withThrowingTaskGroup(of: Int.self) { group in
            for record in records { group.addTask { try await store.create(record).userSlot } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(slots.sorted() == Array(0..<40))
    }

    @Test(arguments: engines) func `loses no update of many at one time`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        var record = try sampleRecord("f")
        record.timeout = 0
        let created = try await store.create(record)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    _ = try await store.update(created.key, expectedRevision: nil, newGeneration: true) {
                        $0.timeout += 1
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.function(created.key)?.timeout == 40)
    }

    @Test(arguments: engines) func `lists page by page, in the order of names`(_ engine: FunctionStoreEngine)
        async throws
    {
        let store = try self.make(engine)
        let names = ["b", "Z", "a-1", "a_1", "a", "A", "0", "b0"]
        for name in names { _ = try await store.create(sampleRecord(name)) }
        _ = try await store.create(sampleRecord("other", region: "us-east-1"))
        let key = try sampleRecord("x").key

        var seen: [FunctionName] = []
        while true {
            let page = try await store.list(account: key.account, region: key.region, after: seen.last, limit: 3)
            #expect(page.count <= 3)
            if page.isEmpty { break }
            seen += page.map(\.key.name)
        }
        #expect(seen == names.compactMap { FunctionName($0) }.sorted())
        #expect(try await store.list(account: key.account, region: key.region, after: nil, limit: 0).isEmpty)
        #expect(try await store.list(account: key.account, region: key.region, after: nil, limit: -1).isEmpty)
    }

    @Test(arguments: engines) func `gives back what it deletes`(_ engine: FunctionStoreEngine) async throws {
        let store = try self.make(engine)
        let created = try await store.create(sampleRecord("f"))
        #expect(try await store.delete(created.key) == created)
        #expect(try await store.function(created.key) == nil)
        #expect(try await store.everything().isEmpty)
    }
}
