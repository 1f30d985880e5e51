// In optimised builds the importer finds `stat` in the first C module that includes it.
internal import CArchive
internal import GRDB
internal import Glibc
internal import LambdaCore

/// Gives back to the disk what a database's files do not need any more, a little at a time.
struct SpaceReturn: Sendable {
    /// The main file's.
    let path: String
    /// Whether the disk has room; see `EventStore.hasRoom`.
    let hasRoom: @Sendable () -> Bool

    /// Gives some back where it is worth it. On the connection that writes, outside of a transaction.
    ///
    /// A full disk may have no place for the few pages of log that this takes. The log is emptied whatever becomes of that, and
    /// then there is.
    ///
    /// - Returns: Whether the disk has something back, so that it is worth to look again.
    func step(in database: Database, isBusy: Bool) throws -> Bool {
        let hasRoom = self.hasRoom()
        let before = try self.space(of: database)
        guard before.isWorthReturning(hasRoom: hasRoom, isBusy: isBusy) else { return false }
        let result = Result { try self.shrink(database, before) }
        // The main file gets shorter by this. TRUNCATE waits for readers, who are not here for long; where there is room,
        // nobody has to: SQLite cuts the log itself when it begins anew.
        try self.run("PRAGMA wal_checkpoint(\(hasRoom ? "PASSIVE" : "TRUNCATE"))", in: database)
        let after = try self.space(of: database)
        if after.pages < before.pages || after.logBytes < before.logBytes { return true }
        try result.get()
        return false
    }

    private func shrink(_ database: Database, _ space: FileSpace) throws {
        guard space.freeBytes > 0 else { return }
        if space.isIncremental {
            try self.run("PRAGMA incremental_vacuum(\(Limits.databaseStepPages))", in: database)
        } else {
            // A file of an earlier version. The copy that this makes is in memory, for it may be the disk that is full.
            try self.run("PRAGMA temp_store = MEMORY", in: database)
            try self.run("PRAGMA auto_vacuum = INCREMENTAL", in: database)
            try self.run("VACUUM", in: database)
        }
    }

    func space(of database: Database) throws -> FileSpace {
        func number(_ name: String) throws -> Int {
            try Int.fetchOne(try database.cachedStatement(sql: "PRAGMA \(name)")) ?? 0
        }
        return FileSpace(
            pageBytes: try number("page_size"), pages: try number("page_count"),
            freePages: try number("freelist_count"), logBytes: Self.size(of: self.path + "-wal"),
            isIncremental: try number("auto_vacuum") == 2)
    }

    /// Some of these have rows, and do their work while those are read.
    private func run(_ statement: String, in database: Database) throws {
        _ = try Row.fetchAll(database, sql: statement)
    }

    /// Bytes; none of a file that is not there.
    private static func size(of path: String) -> Int {
        var status = stat()
        // Safety: the path and the structure live for the call.
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
