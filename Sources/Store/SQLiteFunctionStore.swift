internal import FoundationEssentials
internal import GRDB
internal import Glibc
package import LambdaCore

/// Function metadata in one SQLite file.
///
/// Write-ahead log with `synchronous = FULL`: a call that has returned is on disk. Each call is one transaction, and
/// each write takes the write lock at its start, so two processes may share the file.
package final class SQLiteFunctionStore: FunctionStore {
    /// How long a transaction waits for another process's.
    private static let busyTimeoutSeconds = 5.0

    private let queue: DatabaseQueue
    private let userSlots: Int

    /// Opens the store, and makes it where there is none. A file that cannot be used is left as it is.
    ///
    /// - Parameters:
    ///   - path: The file; its folder must be there. `-wal` and `-shm` files appear beside it.
    ///   - userSlots: How many functions can be stored: the size of the executor's range of user ids.
    package init(path: String, userSlots: Int) throws(StoreError) {
        var configuration = Configuration()
        configuration.label = "functions"
        configuration.busyMode = .timeout(Self.busyTimeoutSeconds)
        configuration.prepareDatabase { database in try database.execute(sql: "PRAGMA synchronous = FULL") }
        self.userSlots = userSlots
        do {
            try Self.makePrivateFile(at: path)
            self.queue = try DatabaseQueue(path: path, configuration: configuration)
            try self.queue.read { database in try FunctionSchema.check(database) }
            // After the check: this is the first write, and must not happen to a file that is not ours.
            try self.queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL")
            }
            try FunctionSchema.migrations.migrate(self.queue)
        } catch {
            throw StoreError(opening: path, error)
        }
    }

    package func create(_ record: FunctionRecord) async throws(StoreError) -> FunctionRecord {
        let userSlots = self.userSlots
        return try await self.write { database in
            guard try Self.find(record.key, in: database) == nil else { throw StoreError.alreadyExists(record.key) }
            let slot = try Self.lowestFreeSlot(in: database)
            guard slot < userSlots else { throw StoreError.userSlotsExhausted }
            var stored = record
            stored.userSlot = slot
            stored.generation = try Self.nextGeneration(in: database)
            stored.revisionID = Self.newRevisionID()
            let key = stored.key
            try database.execute(
                sql: "INSERT INTO function (account, region, name, user_slot, record) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    key.account.digits, key.region.name, key.name.text, stored.userSlot, try Self.encode(stored),
                ])
            return stored
        }
    }

    package func function(_ key: FunctionKey) async throws(StoreError) -> FunctionRecord? {
        try await self.read { database in try Self.find(key, in: database) }
    }

    package func update(
        _ key: FunctionKey, expectedRevision: String?, newGeneration: Bool,
        change: @escaping @Sendable (inout FunctionRecord) -> Void
    ) async throws(StoreError) -> FunctionRecord {
        try await self.write { database in
            guard let old = try Self.find(key, in: database) else { throw StoreError.notFound(key) }
            if let expectedRevision, expectedRevision != old.revisionID { throw StoreError.revisionMismatch }
            var new = old
            change(&new)
            // What the store gives is the store's, whatever `change` did to it.
            new.userSlot = old.userSlot
            new.generation = newGeneration ? try Self.nextGeneration(in: database) : old.generation
            new.revisionID = Self.newRevisionID()
            try database.execute(
                sql: "UPDATE function SET record = ? WHERE account = ? AND region = ? AND name = ?",
                arguments: [try Self.encode(new), key.account.digits, key.region.name, key.name.text])
            return new
        }
    }

    package func delete(_ key: FunctionKey) async throws(StoreError) -> FunctionRecord {
        try await self.write { database in
            guard let old = try Self.find(key, in: database) else { throw StoreError.notFound(key) }
            try database.execute(
                sql: "DELETE FROM function WHERE account = ? AND region = ? AND name = ?",
                arguments: [key.account.digits, key.region.name, key.name.text])
            return old
        }
    }

    package func list(
        account: AccountID, region: Region, after: FunctionName?, limit: Int
    ) async throws(StoreError) -> [FunctionRecord] {
        try await self.read { database in
            // Every name comes after the empty text. A negative LIMIT would mean "all" to SQLite.
            let rows = try String.fetchAll(
                database,
                sql: """
                    SELECT record FROM function WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?
                    """,
                arguments: [account.digits, region.name, after?.text ?? "", max(0, limit)])
            return try rows.map(Self.decode)
        }
    }

    package func everything() async throws(StoreError) -> [FunctionRecord] {
        try await self.read { database in
            try String.fetchAll(database, sql: "SELECT record FROM function ORDER BY account, region, name")
                .map(Self.decode)
        }
    }
}

extension SQLiteFunctionStore {
    /// SQLite makes files with the process's umask, and gives `-wal` and `-shm` the mode of the main file. Records hold
    /// environment values, so the file is made beforehand, for its owner only.
    private static func makePrivateFile(at path: String) throws {
        // Safety: the path lives for the call.
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        let code = errno
        guard descriptor >= 0 else { throw SystemCallError(call: "open", code: code) }
        close(descriptor)
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do { return try await self.queue.read(body) } catch { throw StoreError(error) }
    }

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do { return try await self.queue.write(body) } catch { throw StoreError(error) }
    }

    private static func find(_ key: FunctionKey, in database: Database) throws -> FunctionRecord? {
        let row = try String.fetchOne(
            database, sql: "SELECT record FROM function WHERE account = ? AND region = ? AND name = ?",
            arguments: [key.account.digits, key.region.name, key.name.text])
        return try row.map(Self.decode)
    }

    private static func lowestFreeSlot(in database: Database) throws -> Int {
        let slot = try Int.fetchOne(
            database,
            sql: """
                SELECT 0 AS slot WHERE NOT EXISTS (SELECT 1 FROM function WHERE user_slot = 0)
                UNION ALL
                SELECT taken.user_slot + 1 FROM function AS taken
                WHERE NOT EXISTS (SELECT 1 FROM function AS next WHERE next.user_slot = taken.user_slot + 1)
                ORDER BY slot LIMIT 1
                """)
        guard let slot else { throw StoreError.failed("no user slot could be chosen") }
        return slot
    }

    /// One counter for all functions: were it kept in the record, a function that is deleted and made again would begin
    /// anew, and environments of the old one could pass for the new one's.
    private static func nextGeneration(in database: Database) throws -> Int {
        let value = try Int.fetchOne(
            database, sql: "UPDATE counter SET value = value + 1 WHERE name = 'generation' RETURNING value")
        guard let value else { throw StoreError.failed("the generation counter is missing") }
        return value
    }

    private static func newRevisionID() -> String { UUID().uuidString.lowercased() }

    private static func encode(_ record: FunctionRecord) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(record), as: UTF8.self)
    }

    private static func decode(_ text: String) throws -> FunctionRecord {
        do {
            return try JSONDecoder().decode(FunctionRecord.self, from: Data(text.utf8))
        } catch {
            // Not the decoder's own text: it may quote environment values.
            throw StoreError.failed("a stored function record cannot be read")
        }
    }
}

extension StoreError {
    fileprivate init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        // Its description holds the statement but not the arguments.
        case let error as DatabaseError: self = .failed(error.description)
        default: self = .failed(String(describing: error))
        }
    }

    fileprivate init(opening path: String, _ error: any Error) {
        switch StoreError(error) {
        case .failed(let text): self = .failed("\(path): \(text)")
        case let other: self = other
        }
    }
}
