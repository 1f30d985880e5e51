// In optimised builds the importer finds `stat` in the first C module that includes it.
internal import CArchive
internal import GRDB
internal import Glibc
internal import LambdaCore

/// Gives back to the disk what a database's files do not need any more, a little at a time.
struct SpaceReturn: Sendable {
    /// The main file's.
    let path: String

    /// Gives some back where it is worth it. On the connection that writes, outside of a transaction.
    ///
    /// - Parameters:
    ///   - hasRoom: Whether the disk has; see ``FileSpace/isWorthReturning(hasRoom:isBusy:)``.
    ///   - isBusy: Whether others wait meanwhile.
    /// - Returns: Whether the disk has something back, so that it is worth to look again.
    func step(in database: Database, hasRoom: Bool, isBusy: Bool) throws -> Bool {
        let before = try self.space(of: database)
        guard before.isWorthReturning(hasRoom: hasRoom, isBusy: isBusy) else { return false }
        // First, for the pages that are moved need some of the log.
        if !hasRoom { try self.emptyLog(database, hasRoom: false) }
        try self.shrink(database, before)
        // Now the main file gets shorter.
        try self.emptyLog(database, hasRoom: hasRoom)
        let after = try self.space(of: database)
        return after.pages < before.pages || after.logBytes < before.logBytes
    }

    /// Where there is room nobody waits: SQLite cuts the log itself when it begins anew. TRUNCATE waits for readers, who are
    /// not here for long, and cuts off what a transaction left there that did not fit.
    private func emptyLog(_ database: Database, hasRoom: Bool) throws {
        try self.run("PRAGMA wal_checkpoint(\(hasRoom ? "PASSIVE" : "TRUNCATE"))", in: database)
    }

    private func shrink(_ database: Database, _ space: FileSpace) throws {
        guard space.freeBytes > 0 else { return }
        if space.isIncremental {
            let pages = self.stepPages(of: space.pageBytes)
            // None are all of them, to SQLite.
            if pages > 0 { try self.run("PRAGMA incremental_vacuum(\(pages))", in: database) }
        } else {
            // A file of an earlier version. The copy that this makes is in memory, for it may be the disk that is full.
            try self.run("PRAGMA temp_store = MEMORY", in: database)
            try self.run("PRAGMA auto_vacuum = INCREMENTAL", in: database)
            try self.run("VACUUM", in: database)
        }
    }

    /// A step that does not fit into the log fills the disk, and then the log cannot be emptied. For each page some may be
    /// written: itself, who refers to it, and where that is noted.
    private func stepPages(of pageBytes: Int) -> Int {
        // A disk that does not tell has room.
        guard let disk = try? DiskSpace(at: self.path) else { return Limits.databaseStepPages }
        return min(Limits.databaseStepPages, disk.available / (6 * pageBytes))
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

    /// Bytes by which the main file will grow when what is in the log goes there, where it has `bytes` of content.
    func growth(to bytes: Int) -> Int { max(0, bytes - Self.size(of: self.path)) }

    /// Bytes; none of a file that is not there.
    private static func size(of path: String) -> Int {
        var status = stat()
        // Safety: the path and the structure live for the call.
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
