internal import GRDB
internal import Glibc
internal import LambdaCore

/// Opens SQLite files as every store here needs them.
enum DatabaseFile {
    /// Opens a file, and makes it where there is none, with a write-ahead log and `synchronous = FULL`.
    ///
    /// - Parameters:
    ///   - busyTimeout: How long a transaction waits for another process's, in seconds.
    ///   - check: Throws where the file is not ours; it is left as it is then.
    static func open(
        _ path: String, label: String, busyTimeout: Double, check: (Database) throws -> Void
    ) throws -> DatabasePool {
        try Self.makePrivate(path)
        var configuration = Configuration()
        configuration.label = label
        configuration.busyMode = .timeout(busyTimeout)
        configuration.prepareDatabase { database in try Self.bound(database) }
        // A pool turns the write-ahead log on, which must not happen to a file that is not ours. So another connection
        // looks first, and stays until the pool has one: the last one to go would write the log into the file.
        let first = try DatabaseQueue(path: path, configuration: configuration)
        try first.read { database in try check(database) }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // After the pool has been made, for it sets NORMAL, which may lose what was committed last.
        try pool.writeWithoutTransaction { database in try database.execute(sql: "PRAGMA synchronous = FULL") }
        return withExtendedLifetime(first) { pool }
    }

    /// Lets a file give back what it does not need any more; see ``SpaceReturn``.
    private static func bound(_ database: Database) throws {
        guard !database.configuration.readonly else { return }
        // Can be chosen without effort only before the first page is written.
        if try Int.fetchOne(database, sql: "PRAGMA page_count") == 0 {
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
        }
        // Debian's SQLite overwrites every page that is freed, and so a removal would take as much of a full disk as what it
        // removes. FAST overwrites in pages that are written anyway.
        _ = try Row.fetchOne(database, sql: "PRAGMA secure_delete = FAST")
        try database.execute(sql: "PRAGMA journal_size_limit = \(Limits.databaseLogBytes)")
    }

    /// SQLite makes files with the process's umask, and gives `-wal` and `-shm` the mode of the main file. They hold
    /// environment values and payloads, so the file is made beforehand, for its owner only.
    private static func makePrivate(_ path: String) throws {
        // Safety: the path lives for the call.
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        let code = errno
        guard descriptor >= 0 else { throw SystemCallError(call: "open", code: code) }
        close(descriptor)
    }
}
