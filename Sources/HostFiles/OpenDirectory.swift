internal import Glibc

/// The one owner of an open directory. Names are looked up in it, and symlinks are not followed.
struct OpenDirectory: ~Copyable {
    let number: Int32

    private static let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK

    init(path: String) throws(HostFileError) {
        // Safety: the string is ended by NUL and lives for the call; so in every call below.
        self.number = try HostFileError.check(unsafe open(path, Self.flags), "open \(path)")
    }

    private init(owning number: Int32) { self.number = number }

    deinit { _ = Glibc.close(self.number) }

    /// A directory in this one; `nil` where it is gone, or is none any more.
    func directory(_ name: [UInt8]) throws(HostFileError) -> OpenDirectory? {
        // Safety: as above; the name is ended by the NUL that is added.
        let opened = unsafe (name + [0]).withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { text -> Int32 in
                guard let start = text.baseAddress else { return -1 }
                return unsafe openat(self.number, start, Self.flags)
            }
        }
        if opened < 0, [ENOENT, ENOTDIR, ELOOP].contains(errno) { return nil }
        return OpenDirectory(
            owning: try HostFileError.check(opened, "open the directory \(String(decoding: name, as: UTF8.self))"))
    }

    func status() throws(HostFileError) -> FileStatus {
        var found = stat()
        // Safety: the value lives for the call.
        try HostFileError.check(unsafe fstat(self.number, &found), "look at a directory")
        return FileStatus(found)
    }

    /// `nil` where it is gone.
    func status(of name: [UInt8]) throws(HostFileError) -> FileStatus? {
        var found = stat()
        // Safety: as above.
        let result = unsafe (name + [0]).withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { text -> Int32 in
                guard let start = text.baseAddress else { return -1 }
                return unsafe fstatat(self.number, start, &found, AT_SYMLINK_NOFOLLOW)
            }
        }
        if result < 0, errno == ENOENT { return nil }
        try HostFileError.check(result, "look at \(String(decoding: name, as: UTF8.self))")
        return FileStatus(found)
    }

    func names() throws(HostFileError) -> [[UInt8]] {
        // Safety: the duplicate belongs to the stream, which is closed before this returns; its entries are copied before
        // the next is read.
        let copy = try HostFileError.check(fcntl(self.number, F_DUPFD_CLOEXEC, 0), "read a directory")
        guard let stream = unsafe fdopendir(copy) else {
            let number = errno
            _ = Glibc.close(copy)
            throw HostFileError(step: "read a directory", errno: number)
        }
        defer { unsafe closedir(stream) }
        // The duplicate shares its place with every other of this descriptor.
        unsafe rewinddir(stream)
        var names: [[UInt8]] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
        }
        return names
    }
}
