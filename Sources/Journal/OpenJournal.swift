import CSystemd
import Glibc
import LambdaCore

/// The journal's files, open for reading. Used by one thread; nothing here waits for new entries.
///
/// Source: sd-journal(3).
// Safety: the handle is private, open from `init` to `deinit`, and never copied.
@safe struct OpenJournal: ~Copyable {
    /// The errno of a call that failed.
    struct Failure: Error, Equatable {
        let code: Int32
    }

    private let handle: OpaquePointer

    /// - Parameter directory: Where the files are; `nil` for this machine's journal.
    init(directory: String?) throws(Failure) {
        var opened: OpaquePointer?
        // Safety: libsystemd sets the pointer where it returns no error; the path lives through the call.
        let result =
            if let directory {
                unsafe sd_journal_open_directory(&opened, directory, 0)
            } else {
                unsafe sd_journal_open(&opened, Int32(SD_JOURNAL_LOCAL_ONLY))
            }
        guard result >= 0, let handle = unsafe opened else { throw Failure(code: -result) }
        unsafe self.handle = handle
        // Longer data is cut otherwise, at 64 KiB.
        unsafe sd_journal_set_data_threshold(handle, 0)
    }

    deinit {
        // Safety: the handle is ours, and nobody uses it after this.
        unsafe sd_journal_close(self.handle)
    }

    // MARK: Matches

    /// Entries must have this field with this value; of several values of one field, any.
    func match(_ field: String, _ value: String) throws(Failure) {
        let bytes = Array("\(field)=\(value)".utf8)
        // Safety: the buffer lives through the call, and libsystemd copies it.
        let result = unsafe bytes.withUnsafeBytes { unsafe sd_journal_add_match(self.handle, $0.baseAddress, $0.count) }
        try OpenJournal.check(result)
    }

    func forgetMatches() {
        // Safety: the handle is open.
        unsafe sd_journal_flush_matches(self.handle)
    }

    // MARK: Places

    enum Place {
        case head
        case tail
        /// Microseconds since 1970.
        case realtime(UInt64)
        case cursor(String)
    }

    /// The next ``step(_:)`` leads to the entry at the place, or to the one that follows it in the step's direction.
    func seek(_ place: Place) throws(Failure) {
        // Safety: the handle is open, and the text lives through the call.
        let result =
            switch place {
            case .head: unsafe sd_journal_seek_head(self.handle)
            case .tail: unsafe sd_journal_seek_tail(self.handle)
            case .realtime(let time): unsafe sd_journal_seek_realtime_usec(self.handle, time)
            case .cursor(let cursor): unsafe sd_journal_seek_cursor(self.handle, cursor)
            }
        try OpenJournal.check(result)
    }

    /// Goes to the next entry that matches. Returns `false` where there is none.
    func step(_ order: LogQuery.Order) throws(Failure) -> Bool {
        // Safety: the handle is open.
        let result =
            switch order {
            case .forward: unsafe sd_journal_next(self.handle)
            case .backward: unsafe sd_journal_previous(self.handle)
            }
        try OpenJournal.check(result)
        return result > 0
    }

    func isAt(_ cursor: String) throws(Failure) -> Bool {
        // Safety: the text lives through the call.
        let result = unsafe sd_journal_test_cursor(self.handle, cursor)
        try OpenJournal.check(result)
        return result > 0
    }

    // MARK: The present entry

    func cursor() throws(Failure) -> String {
        var text: UnsafeMutablePointer<CChar>?
        // Safety: libsystemd sets `text` to a text that we own, which is copied and freed.
        try OpenJournal.check(unsafe sd_journal_get_cursor(self.handle, &text))
        guard let owned = unsafe text else { throw Failure(code: EINVAL) }
        defer { unsafe free(owned) }
        return unsafe String(cString: owned)
    }

    /// When journald took the entry, in microseconds since 1970.
    func realtime() throws(Failure) -> UInt64 {
        var time: UInt64 = 0
        // Safety: a pointer to a local.
        try OpenJournal.check(unsafe sd_journal_get_realtime_usec(self.handle, &time))
        return time
    }

    /// The first value of a field; `nil` where the entry has none.
    func value(_ field: String) throws(Failure) -> [UInt8]? {
        var data: UnsafeRawPointer?
        var length = 0
        // Safety: libsystemd points into a file that it has mapped; the bytes are copied before the next call.
        let result = unsafe sd_journal_get_data(self.handle, field, &data, &length)
        if result == -ENOENT { return nil }
        try OpenJournal.check(result)
        return unsafe OpenJournal.copy(data, length, dropping: field.utf8.count + 1)
    }

    func text(_ field: String) throws(Failure) -> String? {
        try self.value(field).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: All entries

    /// Every value that a field has in any entry, matched or not; at most `maximum`.
    func values(of field: String, maximum: Int) throws(Failure) -> [String] {
        // Safety: the text lives through the call.
        try OpenJournal.check(unsafe sd_journal_query_unique(self.handle, field))
        var values: [String] = []
        while values.count < maximum {
            var data: UnsafeRawPointer?
            var length = 0
            // Safety: as in ``value(_:)``.
            let result = unsafe sd_journal_enumerate_available_unique(self.handle, &data, &length)
            try OpenJournal.check(result)
            guard result > 0 else { break }
            let bytes = unsafe OpenJournal.copy(data, length, dropping: field.utf8.count + 1)
            values.append(String(decoding: bytes, as: UTF8.self))
        }
        return values
    }

    /// Without the field's name and the equals sign, which libsystemd's data begins with.
    @unsafe private static func copy(_ data: UnsafeRawPointer?, _ length: Int, dropping prefix: Int) -> [UInt8] {
        guard let start = unsafe data, length > prefix else { return [] }
        // Safety: the caller has `length` bytes at `start`.
        return unsafe Array(UnsafeRawBufferPointer(start: start + prefix, count: length - prefix))
    }

    private static func check(_ result: Int32) throws(Failure) {
        guard result < 0 else { return }
        throw Failure(code: -result)
    }
}
