internal import GRDB
package import LambdaCore

/// The control plane's state in one SQLite file.
///
/// Write-ahead log with `synchronous = FULL`: a call that has returned is on disk. Each call is one transaction. A write
/// takes the write lock at its start, so two processes may share the file; reads have connections of their own and wait
/// for no write.
package final class SQLiteResourceStore: ResourceStore {
    /// What only tests choose otherwise.
    struct Options {
        /// How long a transaction waits for another process's, in seconds.
        var busyTimeout = 5.0
        /// Pages of the file, after which the disk is taken for full.
        var largestFile: Int?
        /// Whether the disk has room; `nil` asks it.
        var hasRoom: (@Sendable () -> Bool)?
    }

    private let pool: DatabasePool
    private let slots: UserSlots
    private let space: SpaceReturn
    private let hasRoom: @Sendable () -> Bool

    /// Opens the store, and makes it where there is none. A file that cannot be used is left as it is.
    ///
    /// - Parameters:
    ///   - path: The file; its folder must be there. `-wal` and `-shm` files appear beside it.
    ///   - userSlots: How many functions can be stored: the size of the executor's range of user ids.
    ///   - now: The wall clock, by which released user ids rest.
    package convenience init(
        path: String, userSlots: Int, now: @escaping @Sendable () -> WallTime = { FileTime.now.wallTime }
    ) throws(StoreError) {
        try self.init(path: path, userSlots: userSlots, now: now, options: Options())
    }

    init(
        path: String, userSlots: Int, now: @escaping @Sendable () -> WallTime, options: Options
    ) throws(StoreError) {
        self.slots = UserSlots(count: userSlots, now: now)
        self.space = SpaceReturn(path: path)
        self.hasRoom = options.hasRoom ?? { DiskSpace.hasRoom(at: path) }
        do {
            self.pool = try DatabaseFile.open(path, label: "store", busyTimeout: options.busyTimeout) { database in
                try StoreSchema.check(database)
            }
            try StoreSchema.migrations.migrate(self.pool)
            if let pages = options.largestFile {
                try self.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
            }
        } catch {
            throw StoreError(opening: path, error)
        }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReading) throws -> Value
    ) async throws -> Value {
        do {
            return try await DiskExecutor.run {
                try self.pool.read { database in try body(SQLiteReading(database: database)) }
            }
        } catch let error as DatabaseError { throw StoreError(error) }
    }

    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        let slots = self.slots
        do {
            return try await DiskExecutor.run {
                try self.pool.write { database in try body(SQLiteTransaction(database: database, slots: slots)) }
            }
        } catch let error as DatabaseError { throw StoreError(error) }
    }

    /// Gives back to the disk what the file does not need any more, in steps between which others may write.
    package func returnSpace() async throws {
        do {
            var hasMore = true
            while hasMore {
                hasMore = try await DiskExecutor.run {
                    let hasRoom = self.hasRoom()
                    return try self.pool.writeWithoutTransaction {
                        try self.space.step(in: $0, hasRoom: hasRoom, isBusy: false)
                    }
                }
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
}

extension StoreError {
    // Its description holds the statement but not the arguments.
    init(_ error: DatabaseError) { self = .failed(error.description) }

    init(opening path: String, _ error: any Error) {
        switch error {
        case let error as DatabaseError: self = .failed("\(path): \(error.description)")
        case StoreError.failed(let text): self = .failed("\(path): \(text)")
        case let error as StoreError: self = error
        default: self = .failed("\(path): \(error)")
        }
    }
}
