internal import GRDB
internal import Glibc
package import LambdaCore

/// The control plane's state in one SQLite file.
///
/// Write-ahead log with `synchronous = FULL`: a call that has returned is on disk. Each call is one transaction. A write
/// takes the write lock at its start, so two processes may share the file; reads have connections of their own and wait
/// for no write.
package final class SQLiteResourceStore: ResourceStore {
    /// How long a transaction waits for another process's.
    private static let busyTimeoutSeconds = 5.0

    private let pool: DatabasePool
    private let slots: UserSlots

    /// Opens the store, and makes it where there is none. A file that cannot be used is left as it is.
    ///
    /// - Parameters:
    ///   - path: The file; its folder must be there. `-wal` and `-shm` files appear beside it.
    ///   - userSlots: How many functions can be stored: the size of the executor's range of user ids.
    ///   - now: The wall clock, by which released user ids rest.
    package convenience init(
        path: String, userSlots: Int, now: @escaping @Sendable () -> WallTime = { FileTime.now.wallTime }
    ) throws(StoreError) {
        try self.init(path: path, userSlots: userSlots, now: now, largestFile: nil)
    }

    /// - Parameter largestFile: Pages of the file, after which the disk is taken for full.
    init(
        path: String, userSlots: Int, now: @escaping @Sendable () -> WallTime, largestFile: Int?
    ) throws(StoreError) {
        self.slots = UserSlots(count: userSlots, now: now)
        do {
            try Self.makePrivateFile(at: path)
            self.pool = try Self.connect(to: path)
            try StoreSchema.migrations.migrate(self.pool)
            try self.pool.writeWithoutTransaction { database in
                if let largestFile { try database.execute(sql: "PRAGMA max_page_count = \(largestFile)") }
            }
        } catch {
            throw StoreError(opening: path, error)
        }
    }

    private static func connect(to path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.busyMode = .timeout(Self.busyTimeoutSeconds)
        // A pool turns the write-ahead log on, which must not happen to a file that is not ours. So another connection
        // looks first, and stays until the pool has one: the last one to go would write the log into the file.
        let first = try DatabaseQueue(path: path, configuration: configuration)
        try first.read { database in try StoreSchema.check(database) }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // After the pool has been made, for it sets NORMAL, which may lose what was committed last.
        try pool.writeWithoutTransaction { database in try database.execute(sql: "PRAGMA synchronous = FULL") }
        return withExtendedLifetime(first) { pool }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReading) throws -> Value
    ) async throws -> Value {
        do {
            return try await self.pool.read { database in try body(SQLiteReading(database: database)) }
        } catch let error as DatabaseError { throw StoreError(error) }
    }

    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        let slots = self.slots
        do {
            return try await self.pool.write { database in
                try body(SQLiteTransaction(database: database, slots: slots))
            }
        } catch let error as DatabaseError { throw StoreError(error) }
    }

    /// SQLite's `journal_mode` and `synchronous` of the connection that writes.
    func durability() async throws -> (journal: String?, synchronous: Int?) {
        try await self.pool.writeWithoutTransaction { database in
            try (
                String.fetchOne(database, sql: "PRAGMA journal_mode"),
                Int.fetchOne(database, sql: "PRAGMA synchronous")
            )
        }
    }

    /// SQLite makes files with the process's umask, and gives `-wal` and `-shm` the mode of the main file. Records hold
    /// environment values, so the file is made beforehand, for its owner only.
    private static func makePrivateFile(at path: String) throws {
        // Safety: the path lives for the call.
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        let code = errno
        guard descriptor >= 0 else { throw SystemCallError(call: "open", code: code) }
        close(descriptor)
    }
}

extension StoreError {
    // Its description holds the statement but not the arguments.
    fileprivate init(_ error: DatabaseError) { self = .failed(error.description) }

    fileprivate init(opening path: String, _ error: any Error) {
        switch error {
        case let error as DatabaseError: self = .failed("\(path): \(error.description)")
        case StoreError.failed(let text): self = .failed("\(path): \(text)")
        case let error as StoreError: self = error
        default: self = .failed("\(path): \(error)")
        }
    }
}
