import GRDB
import LambdaCore
import Store
import Testing

@Suite struct `A file that is no usable store` {
    private let directory: TemporaryDirectory
    private var path: String { self.directory.path("functions.sqlite") }

    init() throws { self.directory = try TemporaryDirectory() }

    private func open() throws -> SQLiteResourceStore { try SQLiteResourceStore(path: self.path, userSlots: 10) }

    /// A whole database in one file, its log written back.
    private func makeStore() async throws -> [UInt8] {
        let store = try self.open()
        try await store.put((0..<40).map { try StoreSamples("f\($0)").alias() })
        try await DatabaseQueue(path: self.path).writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        return try #require(self.directory.bytes("functions.sqlite"))
    }

    @Test(arguments: ["this is not a database, and it is longer than a header of one. "])
    func `is refused where it is no database, and left as it is`(_ line: String) throws {
        let bytes = Array(String(repeating: line, count: 100).utf8)
        try self.directory.write(bytes, to: "functions.sqlite")
        let error = #expect(throws: StoreError.self) { try self.open() }
        #expect(error?.text?.contains(self.path) == true)
        #expect(self.directory.bytes("functions.sqlite") == bytes)
    }

    @Test func `is refused where it is damaged, and left as it is`() async throws {
        var bytes = try await self.makeStore()
        for index in bytes.indices where index > 4_096 { bytes[index] = 0xA5 }
        try self.directory.write(bytes, to: "damaged.sqlite")
        let error = #expect(throws: StoreError.self) {
            try SQLiteResourceStore(path: self.directory.path("damaged.sqlite"), userSlots: 10)
        }
        #expect(error?.text?.contains("damaged.sqlite") == true)
        #expect(self.directory.bytes("damaged.sqlite") == bytes)
    }

    @Test func `is refused where a part of it is missing`() async throws {
        let bytes = try await self.makeStore()
        try self.directory.write(Array(bytes.prefix(bytes.count / 2)), to: "cut.sqlite")
        let error = #expect(throws: StoreError.self) {
            try SQLiteResourceStore(path: self.directory.path("cut.sqlite"), userSlots: 10)
        }
        #expect(error?.text?.contains("damaged") == true || error?.text?.contains("malformed") == true)
    }

    @Test func `is refused where a newer version wrote it, and left as it is`() async throws {
        _ = try await self.makeStore()
        let other = try DatabaseQueue(path: self.path)
        try await other.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999 from the future')") }
        let before = try await other.read { try String.fetchAll($0, sql: "SELECT record FROM resource") }
        let error = #expect(throws: StoreError.self) { try self.open() }
        #expect(error?.text?.contains("newer version") == true)
        #expect(try await other.read { try String.fetchAll($0, sql: "SELECT record FROM resource") } == before)
    }

    @Test func `is refused where it is another program's, and left as it is`() async throws {
        let other = try DatabaseQueue(path: self.path)
        try await other.write { try $0.execute(sql: "CREATE TABLE theirs (x)") }
        let before = self.directory.bytes("functions.sqlite")
        let error = #expect(throws: StoreError.self) { try self.open() }
        #expect(error?.text?.contains("another program") == true)
        #expect(self.directory.bytes("functions.sqlite") == before)
    }

    @Test func `is refused where its folder is missing`() throws {
        #expect(throws: StoreError.self) {
            try SQLiteResourceStore(path: self.directory.path("no/functions.sqlite"), userSlots: 1)
        }
    }

    @Test func `is not refused where it is empty`() async throws {
        try self.directory.write([], to: "functions.sqlite")
        let alias = try StoreSamples().alias()
        let store = try self.open()
        try await store.put([alias])
        #expect(try await store.stored(like: alias) == alias)
    }
}
