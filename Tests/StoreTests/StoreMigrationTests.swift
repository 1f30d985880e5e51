import GRDB
import LambdaCore
import TestSupport
import Testing

@testable import Store

/// A file as lambdad 0.1.0 left it, made with the statements and the JSON of that version.
@Suite struct `A database of version 0.1.0` {
    private let directory: TemporaryDirectory
    private var path: String { self.directory.path("functions.sqlite") }
    private let clock = ManualClock()

    init() throws {
        self.directory = try TemporaryDirectory()
        try self.makeOldDatabase()
    }

    private func open(userSlots: Int = 6) throws -> SQLiteResourceStore {
        try SQLiteResourceStore(path: self.path, userSlots: userSlots, now: { [clock] in clock.wallTime })
    }

    private func makeOldDatabase() throws {
        let queue = try DatabaseQueue(path: self.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('1 functions');
                    PRAGMA application_id = \(StoreSchema.applicationID);
                    CREATE TABLE function (
                        account TEXT NOT NULL,
                        region TEXT NOT NULL,
                        name TEXT NOT NULL,
                        user_slot INTEGER NOT NULL UNIQUE CHECK (user_slot >= 0),
                        record TEXT NOT NULL,
                        PRIMARY KEY (account, region, name)
                    ) STRICT;
                    CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT;
                    INSERT INTO counter (name, value) VALUES ('generation', 41);
                    """)
            for (name, slot, record) in Self.oldRecords {
                try database.execute(
                    sql: "INSERT INTO function VALUES ('000000000000', 'eu-west-1', ?, ?, ?)",
                    arguments: [name, slot, record])
            }
        }
    }

    /// One with everything, one with nothing that could be left out, both as the old encoder wrote them.
    private static let oldRecords: [(name: String, slot: Int, record: String)] = [
        (
            "full", 3,
            #"{"architecture":"x86_64","code":{"base64":"YQ==","digest":"aaaa","size":1234},"#
                + #""environment":{"EMPTY":"","KEY":"välue\n\"☃\"/\\ \u0001","null":"null"},"ephemeralStorage":1024,"#
                + #""generation":40,"handler":"a.b","key":{"account":{"digits":"000000000000"},"#
                + #""name":{"text":"full"},"region":{"name":"eu-west-1"}},"#
                + #""lastModified":{"milliseconds":1700000000123},"logging":{"applicationLevel":"DEBUG","#
                + #""format":"JSON","group":"/g","systemLevel":"WARN"},"memorySize":256,"revisionID":"r1","#
                + #""role":"arn:aws:iam::000000000000:role/r","runtime":"python3.11","state":"Active","#
                + #""summary":"it's \"it\"","tags":{"a/b":"c\\d","team":"☃"},"timeout":9,"tracing":"Active","#
                + #""updateStatus":"InProgress","userSlot":3}"#
        ),
        (
            "plain", 1,
            #"{"architecture":"arm64","code":{"base64":"","digest":"b","size":0},"ephemeralStorage":512,"#
                + #""generation":7,"handler":"h","key":{"account":{"digits":"000000000000"},"name":{"text":"plain"},"#
                + #""region":{"name":"eu-west-1"}},"lastModified":{"milliseconds":0},"logging":{"format":"Text","#
                + #""group":"/aws/lambda/plain"},"memorySize":128,"revisionID":"r2","role":"r","runtime":"x","#
                + #""state":"Pending","summary":"","tags":{},"timeout":3,"tracing":"PassThrough","userSlot":1}"#
        ),
    ]

    private func expectedFull() throws -> FunctionRecord {
        var record = FunctionRecord(
            key: try StoreSamples("full").function, role: "arn:aws:iam::000000000000:role/r", runtime: "python3.11",
            handler: "a.b", code: CodeReference(digest: "aaaa", base64: "YQ==", size: 1_234),
            lastModified: WallTime(milliseconds: 1_700_000_000_123))
        record.summary = "it's \"it\""
        record.timeout = 9
        record.memorySize = 256
        record.ephemeralStorage = 1_024
        record.environment = ["EMPTY": "", "KEY": "välue\n\"☃\"/\\ \u{1}", "null": "null"]
        record.tracing = .active
        record.logging = .init(format: "JSON", group: "/g", applicationLevel: "DEBUG", systemLevel: "WARN")
        record.state = .active
        record.updateStatus = .inProgress
        record.revisionID = "r1"
        record.generation = 40
        record.userSlot = 3
        return record
    }

    @Test func `has all of its functions`() async throws {
        let functions = try await self.open().everything(LatestVersion.self)
        var plain = FunctionRecord(
            key: try StoreSamples("plain").function, role: "r", runtime: "x", handler: "h",
            code: CodeReference(digest: "b", base64: "", size: 0), lastModified: WallTime(milliseconds: 0))
        plain.architecture = "arm64"
        plain.revisionID = "r2"
        plain.generation = 7
        plain.userSlot = 1
        #expect(functions.map(\.record) == [try self.expectedFull(), plain])
    }

    @Test func `has what belongs to them as a whole`() async throws {
        var full = FunctionProperties(key: try StoreSamples("full").function, userSlot: 3)
        full.tags = ["a/b": "c\\d", "team": "☃"]
        full.codeStorage = 1_234
        let plain = FunctionProperties(key: try StoreSamples("plain").function, userSlot: 1)
        #expect(try await self.open().everything(FunctionProperties.self) == [full, plain])
    }

    @Test func `counts generations on`() async throws {
        #expect(try await self.open().write { try $0.next(.generation) } == 42)
    }

    @Test func `keeps user slots with their functions`() async throws {
        let store = try self.open()
        let keys = try ["e", "f", "g", "h", "i"].map { try StoreSamples($0).function }
        var slots: [Int] = []
        for key in keys.prefix(4) { slots.append(try await store.write { try $0.takeUserSlot(for: key) }) }
        // New ones first, then those that were free between the two functions'.
        #expect(slots == [4, 5, 0, 2])
        await #expect(throws: StoreError.userSlotsExhausted) {
            try await store.write { try $0.takeUserSlot(for: keys[4]) }
        }
        let full = try StoreSamples("full").function
        try await store.write { try $0.releaseUserSlot(of: full) }
        self.clock.advance(by: Limits.userSlotRest)
        #expect(try await store.write { try $0.takeUserSlot(for: keys[4]) } == 3)
    }

    @Test func `is migrated once`() async throws {
        var store: SQLiteResourceStore? = try self.open()
        _ = try await store?.write { try $0.remove(LatestVersion.self, at: self.expectedFull().key.address) }
        store = nil
        #expect(try await self.open().everything(LatestVersion.self).count == 1)
    }

    @Test func `may be without functions`() async throws {
        try await DatabaseQueue(path: self.path).write { try $0.execute(sql: "DELETE FROM function") }
        let store = try self.open()
        #expect(try await store.everything(LatestVersion.self).isEmpty)
        let key = try StoreSamples().function
        #expect(try await store.write { try $0.takeUserSlot(for: key) } == 0)
    }
}
