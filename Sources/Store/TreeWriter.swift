internal import Glibc
internal import LambdaCore

/// Writes the entries of one zip below an empty directory of ours.
///
/// Symbolic links are only noted while files are written and are made at the very end, so that no entry can be written
/// through one. Modes are decided here, not by the zip: 0755 and 0644, for a function runs as another user.
///
/// Everything throws ``CodeError`` or ``SystemCallError``.
struct TreeWriter: ~Copyable {
    static let directoryMode: mode_t = 0o755
    private static let fileMode: mode_t = 0o644
    private static let executableMode: mode_t = 0o755

    /// Shared, because the last directory written to is kept open; most entries follow others of their directory.
    private final class OpenDirectory {
        let path: EntryPath
        let descriptor: DirectoryDescriptor

        init(path: EntryPath, descriptor: consuming DirectoryDescriptor) {
            self.path = path
            self.descriptor = descriptor
        }
    }

    private let root: DirectoryDescriptor
    private let limits: CodeLimits
    private var current: OpenDirectory?
    private var directories: Set<EntryPath> = [.root]
    private var directoryTimes: [(path: EntryPath, time: FileTime)] = []
    private var links: [EntryPath: [UInt8]] = [:]
    private var nodes = 0
    private var bytes = 0

    init(root: consuming DirectoryDescriptor, limits: CodeLimits) {
        self.root = root
        self.limits = limits
    }

    mutating func addDirectory(_ path: EntryPath, modified: FileTime?) throws {
        try self.makeDirectories(to: path)
        if let modified, !path.isRoot { self.directoryTimes.append((path, modified)) }
    }

    /// - Parameter next: Fills the buffer and gives the count, 0 at the end of the file.
    mutating func addFile(
        _ path: EntryPath, isExecutable: Bool, modified: FileTime?, buffer: inout [UInt8],
        next: (inout [UInt8]) throws -> Int
    ) throws {
        try self.refuseDirectory(at: path)
        try self.countNode()
        let parent = try self.open(path.parent)
        // As unzip does: of two entries with one name, the later one counts.
        if try parent.descriptor.status(of: path.name) != nil { try parent.descriptor.removeFile(path.name) }
        let mode = isExecutable ? Self.executableMode : Self.fileMode
        let file = try parent.descriptor.makeFile(path.name, mode: mode)
        while true {
            let count = try next(&buffer)
            if count == 0 { break }
            // Counted before it is written: a bomb stops here, whatever its directory claimed.
            self.bytes += count
            guard self.bytes <= self.limits.unzippedBytes else {
                throw CodeError.tooLargeUnzipped(limit: self.limits.unzippedBytes)
            }
            try file.write(buffer[..<count])
        }
        if let modified { try parent.descriptor.setModified(path.name, to: modified) }
    }

    /// Notes a link; ``finish()`` makes it.
    mutating func addLink(_ path: EntryPath, target: [UInt8]) throws {
        try self.refuseDirectory(at: path)
        guard !target.isEmpty, target.count <= EntryPath.byteLimit else {
            throw CodeError.unsafeEntry(name: path.text, reason: "the target of the link is empty or too long")
        }
        try self.countNode()
        self.links[path] = target
    }

    /// Checks and makes the links, then sets what later writes would have changed.
    consuming func finish() throws {
        for (path, target) in self.links {
            try self.refuseDirectory(at: path)
            guard path.linkStaysInside(target, among: self.links) else {
                throw CodeError.unsafeEntry(name: path.text, reason: "the link leads out of the root")
            }
            try self.makeDirectories(to: path.parent)
        }
        for (path, target) in self.links {
            // Opened before any link is made in it or above it, or refused by openat2: a link is no directory.
            let parent = try self.root.directory(path.parent.bytes)
            if try parent.status(of: path.name) != nil { try parent.removeFile(path.name) }
            try parent.makeLink(path.name, to: target)
        }
        for (path, time) in self.directoryTimes {
            try self.root.directory(path.parent.bytes).setModified(path.name, to: time)
        }
    }

    private mutating func makeDirectories(to path: EntryPath) throws {
        guard !self.directories.contains(path) else { return }
        for directory in path.chain where !self.directories.contains(directory) {
            guard self.links[directory] == nil else { throw Self.twoKinds(directory) }
            try self.countNode()
            let parent = try self.open(directory.parent)
            guard try parent.descriptor.status(of: directory.name) == nil else { throw Self.twoKinds(directory) }
            try parent.descriptor.makeDirectory(directory.name, mode: Self.directoryMode)
            self.directories.insert(directory)
        }
    }

    /// The directory at `path`, made with those above it where they are not there.
    private mutating func open(_ path: EntryPath) throws -> OpenDirectory {
        if let current, current.path == path { return current }
        try self.makeDirectories(to: path)
        let opened = OpenDirectory(path: path, descriptor: try self.root.directory(path.bytes))
        self.current = opened
        return opened
    }

    /// Directories that no entry names count as well: a short name can make many.
    private mutating func countNode() throws {
        self.nodes += 1
        guard self.nodes <= self.limits.entries else { throw CodeError.tooManyEntries(limit: self.limits.entries) }
    }

    private func refuseDirectory(at path: EntryPath) throws {
        guard !self.directories.contains(path) else { throw Self.twoKinds(path) }
    }

    private static func twoKinds(_ path: EntryPath) -> CodeError {
        .unsafeEntry(name: path.isRoot ? "." : path.text, reason: "it is a directory and something else")
    }
}
