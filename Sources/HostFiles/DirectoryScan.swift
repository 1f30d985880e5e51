internal import Glibc

/// One look at everything in a directory that matters. No symlink is followed, so nothing outside is looked at.
struct DirectoryScan {
    /// A value that differs where a file has been made, changed, renamed or removed.
    private(set) var fingerprint: UInt64 = 0
    /// The latest time at which an entry was changed, nanoseconds since 1970.
    private(set) var latestChange: Int64 = 0
    private var entries = 0
    private let patterns: PathPatterns
    private let limit: Int
    /// Told of each directory before it is read: what is made in it from then on is told by the kernel.
    private let onDirectory: (Int32, [[UInt8]]) throws(HostFileError) -> Void

    /// - Parameter place: Names from the watched directory to this one; empty for itself.
    init(
        root: borrowing OpenDirectory, place: [[UInt8]], patterns: PathPatterns, limit: Int,
        onDirectory: @escaping (Int32, [[UInt8]]) throws(HostFileError) -> Void
    ) throws(HostFileError) {
        self.patterns = patterns
        self.limit = limit
        self.onDirectory = onDirectory
        self.note(try root.status(), at: place)
        try self.read(root, place)
    }

    private mutating func read(_ directory: borrowing OpenDirectory, _ place: [[UInt8]]) throws(HostFileError) {
        try self.onDirectory(directory.number, place)
        for name in try directory.names() {
            let names = place + [name]
            let path = RelativePath(names)
            if self.patterns.excludes(path) { continue }
            // What is gone again meanwhile is told as a change of its own.
            guard let status = try directory.status(of: name) else { continue }
            self.entries += 1
            guard self.entries <= self.limit else {
                throw HostFileError(step: "look at more than \(self.limit) files", errno: E2BIG)
            }
            if status.isDirectory {
                self.note(status, at: names)
                guard let inner = try directory.directory(name) else { continue }
                try self.read(inner, names)
            } else if self.patterns.matter(path) {
                self.note(status, at: names)
            }
        }
    }

    /// FNV-1a of each entry, summed: the order in which a directory is read means nothing.
    private mutating func note(_ status: FileStatus, at names: [[UInt8]]) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for name in names {
            name.forEach(mix)
            mix(0x2F)
        }
        for value in status.values { (0..<8).forEach { mix(UInt8(truncatingIfNeeded: value >> (8 * UInt64($0)))) } }
        self.fingerprint &+= hash
        self.latestChange = max(self.latestChange, status.changed)
    }
}

/// What tells one state of a file from another.
struct FileStatus {
    let isDirectory: Bool
    let device: UInt64
    /// Nanoseconds since 1970, by the filesystem's clock.
    let changed: Int64
    let values: [UInt64]

    init(_ status: stat) {
        self.device = UInt64(status.st_dev)
        self.isDirectory = status.st_mode & S_IFMT == S_IFDIR
        self.changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        let file = [
            UInt64(bitPattern: Int64(status.st_size)), UInt64(bitPattern: modified), UInt64(bitPattern: self.changed),
        ]
        // A directory's times tell of any name in it, one that does not matter included.
        self.values = [UInt64(status.st_ino), UInt64(status.st_mode)] + (self.isDirectory ? [] : file)
    }
}
