import GRDB
import LambdaCore
import Store
import Testing

@Suite struct `The SQLite function store` {
    private let directory: TemporaryDirectory
    private var path: String { self.directory.path("functions.sqlite") }

    init() throws { self.directory = try TemporaryDirectory() }

    private func open() throws -> SQLiteFunctionStore { try SQLiteFunctionStore(path: self.path, userSlots: 10) }

    @Test func `has everything when it is opened again`() async throws {
        let created = try await self.open().create(sampleRecord("f"))
        #expect(try await self.open().function(created.key) == created)
    }

    @Test func `sees at once what another store on the same file wrote`() async throws {
        let (one, two) = (try self.open(), try self.open())
        let created = try await one.create(sampleRecord("f"))
        #expect(try await two.function(created.key) == created)
        await #expect(throws: StoreError.alreadyExists(created.key)) { try await two.create(sampleRecord("f")) }
        let slots = try await [two.create(sampleRecord("g")).userSlot, one.create(sampleRecord("h")).userSlot]
        #expect(slots == [1, 2])
    }

    @Test func `writes ahead, into files for its owner only`() async throws {
        let store = try self.open()
        _ = try await store.create(sampleRecord("f"))
        let other = try DatabaseQueue(path: self.path)
        #expect(try await other.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        for name in ["functions.sqlite", "functions.sqlite-wal", "functions.sqlite-shm"] {
            #expect(try self.directory.mode(name) == 0o600)
        }
        // A store that is gone must not have taken the log with it unseen.
        withExtendedLifetime(store) {}
    }

    @Test(arguments: ["this is not a database, and it is longer than a header of one. ".utf8.map { $0 }])
    func `refuses a file that is no database and leaves it as it is`(_ line: [UInt8]) throws {
        let bytes = Array(repeatElement(line, count: 100).joined())
        try self.directory.write(bytes, to: "functions.sqlite")
        let error = #expect(throws: StoreError.self) { try self.open() }
        #expect(error?.text?.contains(self.path) == true)
        #expect(self.directory.bytes("functions.sqlite") == bytes)
    }

    @Test func `refuses a damaged database and leaves it as it is`() async throws {
        let store = try self.open()
        for number in 0..<10 { _ = try await store.create(sampleRecord("f\(number)")) }
        try await DatabaseQueue(path: self.path).writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        var bytes = try #require(self.directory.bytes("functions.sqlite"))
        for index in bytes.indices where index > 4_096 { bytes[index] = 0xA5 }
        try self.directory.write(bytes, to: "damaged.sqlite")

        let error = #expect(throws: StoreError.self) {
            try SQLiteFunctionStore(path: self.directory.path("damaged.sqlite"), userSlots: 10)
        }

        #expect(error?.text?.contains("damaged.sqlite") == true)
        #expect(self.directory.bytes("damaged.sqlite") == bytes)
    }

    @Test func `refuses what a newer version wrote and leaves it as it is`() async throws {
        _ = try await self.open().create(sampleRecord("f"))
        let other = try DatabaseQueue(path: self.path)
        try await other.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999 from the future')") }
        let before = try await other.read { try String.fetchAll($0, sql: "SELECT record FROM function") }

        let error = #expect(throws: StoreError.self) { try self.open() }

        #expect(error?.text?.contains("newer version") == true)
        #expect(try await other.read { try String.fetchAll($0, sql: "SELECT record FROM function") } == before)
    }

    @Test func `refuses another program's database and leaves it as it is`() async throws {
        let other = try DatabaseQueue(path: self.path)
        try await other.write { try $0.execute(sql: "CREATE TABLE theirs (x)") }
        let before = self.directory.bytes("functions.sqlite")

        let error = #expect(throws: StoreError.self) { try self.open() }

        #expect(error?.text?.contains("another program") == true)
        #expect(self.directory.bytes("functions.sqlite") == before)
    }

    @Test func `does not show environment values in its errors`() async throws {
        let created = try await self.open().create(sampleRecord("f"))
        let other = try DatabaseQueue(path: self.path)
        try await other.write {
            try $0.execute(sql: "UPDATE function SET record = replace(record, '\"key\"', '\"k\"')")
        }
        let unreadable = await #expect(throws: StoreError.self) { try await self.open().function(created.key) }
        #expect(unreadable?.text == "a stored function record cannot be read")

        try await other.write { try $0.execute(sql: "DROP TABLE function") }
        let store = try self.open()
        let failed = await #expect(throws: StoreError.self) { try await store.create(sampleRecord("f")) }
        #expect(failed?.text?.contains("no such table") == true)
        #expect(failed?.text?.contains("välue") == false)
    }

    @Test func `does not open where its folder is missing`() throws {
        #expect(throws: StoreError.self) {
            try SQLiteFunctionStore(path: self.directory.path("no/functions.sqlite"), userSlots: 1)
        }
    }
}

extension StoreError {
    fileprivate var text: String? {
        if case .failed(let text) = self { text } else { nil }
    }
}
