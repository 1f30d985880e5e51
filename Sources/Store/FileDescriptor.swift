// In optimised builds the importer finds `stat` in the first C module that includes it.
internal import CArchive
internal import Glibc

/// An open file, closed with the value. The safety note of ``DirectoryDescriptor`` holds here as well.
struct FileDescriptor: ~Copyable {
    private let number: Int32
    /// Its name, for errors.
    private let subject: String

    init(number: Int32, subject: String) {
        self.number = number
        self.subject = subject
    }

    deinit { close(self.number) }

    borrowing func write(_ bytes: ArraySlice<UInt8>) throws(SystemCallError) {
        var rest = bytes
        while !rest.isEmpty {
            let written = try self.transfer("write") {
                unsafe rest.withUnsafeBytes { unsafe Glibc.write(self.number, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(written)
        }
    }

    /// The whole file, or `nil` where it is longer than `limit`.
    borrowing func readAll(limit: Int) throws(SystemCallError) -> [UInt8]? {
        var status = stat()
        _ = try calling("fstat", on: self.subject) { unsafe fstat(self.number, &status) }
        guard status.st_size <= limit else { return nil }
        return try self.read(atMost: Int(status.st_size))
    }

    /// What is left of the file, at most `count` bytes.
    borrowing func read(atMost count: Int) throws(SystemCallError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < bytes.count {
            let count = try self.transfer("read") {
                unsafe bytes.withUnsafeMutableBytes {
                    unsafe Glibc.read(self.number, $0.baseAddress?.advanced(by: filled), $0.count - filled)
                }
            }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    borrowing func setMode(_ mode: mode_t) throws(SystemCallError) {
        _ = try calling("fchmod", on: self.subject) { fchmod(self.number, mode) }
    }

    borrowing func synchronize() throws(SystemCallError) {
        _ = try calling("fsync", on: self.subject) { fsync(self.number) }
    }

    private borrowing func transfer(_ name: String, _ call: () -> Int) throws(SystemCallError) -> Int {
        while true {
            let count = call()
            let code = errno
            if count >= 0 { return count }
            if code != EINTR { throw SystemCallError(call: name, on: self.subject, code: code) }
        }
    }
}
