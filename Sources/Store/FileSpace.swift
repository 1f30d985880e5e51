internal import LambdaCore

/// What the files of a database hold beside its content, and whether the disk is to have it back. SQLite keeps the pages of
/// what was removed for what comes next, and its log as large as it ever was.
struct FileSpace: Equatable, Sendable {
    /// Bytes of one page.
    var pageBytes: Int
    /// Of the main file, free ones included.
    var pages: Int
    var freePages: Int
    /// Bytes of the write-ahead log.
    var logBytes: Int
    /// Whether free pages can be given back one by one: `auto_vacuum = INCREMENTAL`.
    var isIncremental: Bool

    /// Whether the whole file can be written anew: that takes as much space as its content, and holds everybody up.
    var canBeRewritten: Bool { (self.pages - self.freePages) * self.pageBytes <= Limits.databaseRewriteBytes }

    /// Bytes of the main file, once everything in the log is there.
    var mainBytes: Int { self.pages * self.pageBytes }

    /// Bytes of the main file that the disk could have back.
    var freeBytes: Int { self.isIncremental || self.canBeRewritten ? self.freePages * self.pageBytes : 0 }

    /// Whether to begin, or to go on.
    ///
    /// - Parameters:
    ///   - hasRoom: Whether the disk has. Then a file that grew keeps some of what it has, to grow again.
    ///   - isBusy: Whether transactions wait meanwhile: they wait for a part of a step, and not for a page.
    func isWorthReturning(hasRoom: Bool, isBusy: Bool) -> Bool {
        if hasRoom { return self.freeBytes > Limits.databaseSlackBytes && self.freePages > self.pages / 2 }
        return self.freeBytes + self.logBytes > (isBusy ? Limits.databaseStepPages / 4 * self.pageBytes : 0)
    }
}
