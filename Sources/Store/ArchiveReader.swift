internal import CArchive
internal import Glibc
internal import LambdaCore

/// One entry of a zip, as libarchive understood it.
struct ArchiveEntry {
    enum Kind: Equatable {
        case file(isExecutable: Bool)
        case directory
        case link(target: [UInt8])
        /// What it is, for the refusal.
        case other(String)
    }

    let name: [UInt8]
    let kind: Kind
    let isEncrypted: Bool
    /// `nil` where the zip has none.
    let modified: FileTime?
}

/// Reads a zip in memory with libarchive, zip format only, entry after entry.
///
/// Belongs to one thread from beginning to end: see ``reading(_:_:)``.
// Safety: the pointer is libarchive's, owned by this value alone and freed with it.
@safe struct ArchiveReader: ~Copyable {
    private let archive: OpaquePointer

    /// Runs `body` with a reader over `zip`.
    ///
    /// The thread's locale is UTF-8 meanwhile, for libarchive gives names in the thread's charset. `body` must not
    /// suspend, which a synchronous closure cannot.
    static func reading(
        _ zip: [UInt8], _ body: (borrowing ArchiveReader) throws -> Void
    ) throws {
        // Safety: the locale is never freed, and the thread gets its old one back before this returns.
        let previous = unsafe uselocale(Self.utf8)
        defer { _ = unsafe uselocale(previous) }
        try unsafe zip.withUnsafeBytes { bytes in try body(try unsafe ArchiveReader(over: bytes)) }
    }

    // Safety: made once by a thread-safe initialiser, never changed or freed; glibc's locales may be shared by threads.
    private nonisolated(unsafe) static let utf8: locale_t? = unsafe carchive_utf8_locale()

    // Safety: `bytes` must outlive the reader; `reading` sees to it.
    private init(over bytes: UnsafeRawBufferPointer) throws(CodeError) {
        guard let archive = unsafe archive_read_new() else { throw .failed("libarchive: out of memory") }
        // The seekable reader only: it goes by the directory at the end and refuses where there is none. No filter and
        // no other format is enabled, so a gzip, tar or iso is not recognised.
        guard unsafe archive_read_support_format_zip_seekable(archive) == ARCHIVE_OK,
            unsafe archive_read_open_memory(archive, bytes.baseAddress, bytes.count) == ARCHIVE_OK
        else {
            defer { _ = unsafe archive_read_free(archive) }
            throw .unreadable(unsafe Self.message(of: archive))
        }
        unsafe self.archive = archive
    }

    deinit {
        // Safety: made by archive_read_new, freed here only.
        _ = unsafe archive_read_free(self.archive)
    }

    /// The next entry, or `nil` after the last.
    borrowing func next() throws(CodeError) -> ArchiveEntry? {
        var entry: OpaquePointer?
        // Safety: the entry belongs to the archive and is valid until the next call; all of it is copied out here.
        let status = unsafe archive_read_next_header(self.archive, &entry)
        if status == ARCHIVE_EOF { return nil }
        // A warning is a refusal too: what libarchive doubts is not for us to guess.
        guard status == ARCHIVE_OK, let entry = unsafe entry else { throw .unreadable(self.message) }
        guard let name = unsafe archive_entry_pathname(entry) else {
            throw .unreadable("an entry has no readable name")
        }
        let hasTime = unsafe archive_entry_mtime_is_set(entry) != 0
        let modified = unsafe FileTime(
            seconds: archive_entry_mtime(entry), nanoseconds: Int(archive_entry_mtime_nsec(entry)))
        return unsafe ArchiveEntry(
            name: Self.bytes(name), kind: Self.kind(of: entry), isEncrypted: archive_entry_is_encrypted(entry) != 0,
            modified: hasTime ? modified : nil)
    }

    /// Fills `buffer` with the next bytes of the current entry; gives how many, 0 at its end.
    ///
    /// - Throws: ``CodeError/unreadable(_:)`` for broken data, a wrong checksum or a wrong length.
    borrowing func read(into buffer: inout [UInt8]) throws(CodeError) -> Int {
        // Safety: libarchive writes at most `count` bytes into the buffer.
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe archive_read_data(self.archive, bytes.baseAddress, bytes.count)
        }
        guard count >= 0 else { throw .unreadable(self.message) }
        return count
    }

    private var message: String { unsafe Self.message(of: self.archive) }

    private static func message(of archive: OpaquePointer) -> String {
        // Safety: the text belongs to the archive and is copied at once.
        guard let text = unsafe archive_error_string(archive) else { return "libarchive gives no reason" }
        return unsafe String(cString: text)
    }

    // Safety of the two below: `entry` and `text` come from the call just made, and are only read.
    private static func kind(of entry: OpaquePointer) -> ArchiveEntry.Kind {
        if unsafe archive_entry_hardlink(entry) != nil { return .other("a hard link") }
        let type = unsafe archive_entry_filetype(entry)
        switch type {
        case S_IFREG: return .file(isExecutable: unsafe archive_entry_perm(entry) & 0o111 != 0)
        case S_IFDIR: return .directory
        case S_IFLNK:
            guard let target = unsafe archive_entry_symlink(entry) else { return .other("a link without a target") }
            return .link(target: unsafe Self.bytes(target))
        case S_IFCHR, S_IFBLK: return .other("a device")
        case S_IFIFO: return .other("a FIFO")
        case S_IFSOCK: return .other("a socket")
        default: return .other("of an unknown kind")
        }
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        unsafe (0..<strlen(text)).map { unsafe UInt8(bitPattern: text[$0]) }
    }
}
