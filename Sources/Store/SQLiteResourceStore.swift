internal import FoundationEssentials
internal import GRDB
internal import Glibc
package import LambdaCore

/// The control plane's state in one SQLite file.
///
/// Write-ahead log with `synchronous = FULL`: a call that has returned is on disk. Each call is one transaction, and
/// each write takes the write lock at its start, so two processes may share the file.
package final class SQLiteResourceStore: ResourceStore {
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
            try self.queue.read { database in try StoreSchema.check(database) }
            // After the check: this is the first write, and must not happen to a file that is not ours.
            try self.queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL")
            }
            try StoreSchema.migrations.migrate(self.queue)
        } catch {
            throw StoreError(opening: path, error)
        }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReading) throws -> Value
    ) async throws -> Value {
        let userSlots = self.userSlots
        do {
            return try await self.queue.read { database in
                try body(SQLiteTransaction(database: database, userSlots: userSlots))
            }
        } catch let error as DatabaseError { throw StoreError(error) }
    }

    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        let userSlots = self.userSlots
        do {
            return try await self.queue.write { database in
                try body(SQLiteTransaction(database: database, userSlots: userSlots))
            }
        } catch let error as DatabaseError { throw StoreError(error) }
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
