internal import CArchive
internal import Glibc

/// What a name in a directory stands for.
struct FileStatus {
    let isDirectory: Bool
    /// Permission bits.
    let mode: mode_t
    /// Bytes.
    let size: Int
    let modified: FileTime
}

/// An open directory. Names are looked up by the kernel relative to it and through no symbolic link.
///
/// Safety, for every call below: the arrays passed end in a NUL byte and live for the call; the descriptor is open for
/// as long as the value lives, and closed by nobody else.
struct DirectoryDescriptor: ~Copyable, Sendable {
    private let number: Int32

    private init(number: Int32) { self.number = number }

    deinit { close(self.number) }

    /// Opens the directory at an absolute path of the configuration's; links in it are the operator's and are followed.
    init(path: String) throws(SystemCallError) {
        let name = terminated(Array(path.utf8))
        self.number = try calling("open", on: path) { unsafe open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }

    /// Opens a directory below this one; `path` may have several parts.
    borrowing func directory(_ path: [UInt8]) throws(SystemCallError) -> DirectoryDescriptor {
        let name = terminated(path.isEmpty ? Array(".".utf8) : path)
        return DirectoryDescriptor(
            number: try calling("openat2", on: shown(path)) {
                unsafe carchive_open_directory_beneath(self.number, name)
            })
    }

    /// Makes a directory with exactly `mode`; the umask does not count.
    borrowing func makeDirectory(_ name: [UInt8], mode: mode_t) throws(SystemCallError) {
        let terminatedName = terminated(name)
        _ = try calling("mkdirat", on: shown(name)) { unsafe mkdirat(self.number, terminatedName, 0o700) }
        try self.directory(name).setMode(mode)
    }

    /// Makes a file that was not there, with exactly `mode`, open for writing.
    borrowing func makeFile(_ name: [UInt8], mode: mode_t) throws(SystemCallError) -> FileDescriptor {
        let terminatedName = terminated(name)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = FileDescriptor(
            number: try calling("openat", on: shown(name)) {
                unsafe openat(self.number, terminatedName, flags, 0o600)
            }, subject: shown(name))
        try file.setMode(mode)
        return file
    }

    borrowing func openFile(_ name: [UInt8]) throws(SystemCallError) -> FileDescriptor {
        let terminatedName = terminated(name)
        return FileDescriptor(
            number: try calling("openat", on: shown(name)) {
                unsafe openat(self.number, terminatedName, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
            }, subject: shown(name))
    }

    borrowing func makeLink(_ name: [UInt8], to target: [UInt8]) throws(SystemCallError) {
        let (terminatedName, terminatedTarget) = (terminated(name), terminated(target))
        _ = try calling("symlinkat", on: shown(name)) {
            unsafe symlinkat(terminatedTarget, self.number, terminatedName)
        }
    }

    /// What `name` is, itself and not what it links to; `nil` where there is nothing.
    borrowing func status(of name: [UInt8]) throws(SystemCallError) -> FileStatus? {
        let terminatedName = terminated(name)
        // The kernel's own type stays in here.
        var status = stat()
        do {
            _ = try calling("fstatat", on: shown(name)) {
                unsafe fstatat(self.number, terminatedName, &status, AT_SYMLINK_NOFOLLOW)
            }
        } catch  where error.code == ENOENT {
            return nil
        }
        return FileStatus(
            isDirectory: status.st_mode & S_IFMT == S_IFDIR, mode: status.st_mode & 0o7777, size: Int(status.st_size),
            modified: FileTime(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec))
    }

    /// Moves `name` to `target`, replacing a file there; gives `false` where a directory that is not empty is there.
    borrowing func move(
        _ name: [UInt8], to target: borrowing DirectoryDescriptor, as newName: [UInt8]
    ) throws(SystemCallError) -> Bool {
        let (from, into, other) = (terminated(name), terminated(newName), target.number)
        do throws(SystemCallError) {
            _ = try calling("renameat", on: shown(name)) { unsafe renameat(self.number, from, other, into) }
            return true
        } catch  where error.code == EEXIST || error.code == ENOTEMPTY {
            return false
        }
    }

    borrowing func removeFile(_ name: [UInt8]) throws(SystemCallError) {
        let terminatedName = terminated(name)
        _ = try calling("unlinkat", on: shown(name)) { unsafe unlinkat(self.number, terminatedName, 0) }
    }

    /// Removes whatever `name` is, with all that is in it. Follows no link.
    borrowing func removeTree(_ name: [UInt8]) throws(SystemCallError) {
        guard let status = try self.status(of: name) else { return }
        guard status.isDirectory else { return try self.removeFile(name) }
        let directory = try self.directory(name)
        for entry in try directory.names() { try directory.removeTree(entry) }
        let terminatedName = terminated(name)
        _ = try calling("unlinkat", on: shown(name)) { unsafe unlinkat(self.number, terminatedName, AT_REMOVEDIR) }
    }

    /// Everything in the directory but `.` and `..`.
    borrowing func names() throws(SystemCallError) -> [[UInt8]] {
        // A descriptor of its own: closedir closes it, and its position is nobody else's.
        let copy = try calling("openat") { unsafe openat(self.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = unsafe fdopendir(copy) else {
            let code = errno
            close(copy)
            throw SystemCallError(call: "fdopendir", code: code)
        }
        defer { _ = unsafe closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            // Safety: an entry is valid until the next readdir on this stream; its name is copied and ends in NUL.
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        let code = errno
        guard code == 0 else { throw SystemCallError(call: "readdir", code: code) }
        return names
    }

    /// Sets the time of last change of `name` (of this directory itself for `.`) and leaves that of last use.
    borrowing func setModified(_ name: [UInt8], to time: FileTime) throws(SystemCallError) {
        let terminatedName = terminated(name)
        let times = [
            timespec(tv_sec: 0, tv_nsec: carchive_utime_omit),
            timespec(tv_sec: time.seconds, tv_nsec: time.nanoseconds),
        ]
        _ = try calling("utimensat", on: shown(name)) {
            unsafe utimensat(self.number, terminatedName, times, AT_SYMLINK_NOFOLLOW)
        }
    }

    /// Sets the permissions of a file in this directory; not of what a link names.
    borrowing func setMode(_ mode: mode_t, of name: [UInt8]) throws(SystemCallError) {
        try self.openFile(name).setMode(mode)
    }

    borrowing func setMode(_ mode: mode_t) throws(SystemCallError) {
        _ = try calling("fchmod") { fchmod(self.number, mode) }
    }

    /// Writes the directory itself to disk: after a rename into it, that the new name is there.
    borrowing func synchronize() throws(SystemCallError) {
        _ = try calling("fsync") { fsync(self.number) }
    }

    /// Writes everything of the file system that holds this directory to disk.
    borrowing func synchronizeFileSystem() throws(SystemCallError) {
        _ = try calling("syncfs") { carchive_syncfs(self.number) }
    }
}

private func terminated(_ name: [UInt8]) -> [CChar] { name.map { CChar(bitPattern: $0) } + [0] }

func shown(_ name: [UInt8]) -> String { String(decoding: name, as: UTF8.self) }
