internal import Glibc
internal import LambdaCore

/// When trees reach the disk.
///
/// A zip is on disk before `add` returns; its tree is not, since it can be made again from the zip: waiting for it would
/// make a creation twice as long, and the call that does it waits for whatever else the machine writes. A later
/// ``settle()`` puts all new trees on disk with one call and marks their zips. After the machine went down, which the
/// changed id of the boot tells, trees without the mark are taken for broken and made again. A daemon that was killed
/// alone loses nothing: what was written to files stays in the kernel.
extension CodeFiles {
    /// Permissions of a zip whose tree may not be on disk.
    static let unsettledMode: mode_t = 0o600
    /// Permissions of a zip whose tree is.
    private static let settledMode: mode_t = 0o400
    private static let bootName = Array("boot".utf8)
    /// A UUID and a line feed.
    private static let bootBytes = 64

    /// Puts all trees on disk that are not there yet.
    func settle() throws(CodeError) {
        do {
            let names = try self.zips.names().filter { name in
                try Self.digest(ofZip: name) != nil && self.zips.status(of: name)?.mode == Self.unsettledMode
            }
            guard !names.isEmpty else { return }
            try self.temporary.synchronizeFileSystem()
            // A mark that is lost only means that the tree is made again.
            for name in names { try self.zips.setMode(Self.settledMode, of: name) }
        } catch {
            throw CodeError(wrapping: error)
        }
    }

    /// Once at the start: makes trees again that the end of another boot may have broken.
    ///
    /// - Parameter boot: The id of the running boot; an unknown one is always another.
    /// - Returns: What could not be made again, in words.
    func recover(boot: [UInt8]?) throws(CodeError) -> [String] {
        do {
            let last = try self.lastBoot()
            if let boot, boot == last { return [] }
            // Without the file: a store that is new, or of a version that put every tree on disk at once.
            if last == nil { try self.settle() }
            try self.unmarkWithoutTree()
            let problems = try self.restoreTrees()
            try self.note(boot: boot ?? Array("unknown".utf8))
            return problems
        } catch {
            throw CodeError(wrapping: error)
        }
    }

    /// Trees may have been removed by hand, as by who restores a copy of the zips.
    private func unmarkWithoutTree() throws {
        var isChanged = false
        for name in try self.zips.names() {
            guard let digest = Self.digest(ofZip: name), try self.trees.status(of: digest.treeName) == nil,
                try self.zips.status(of: name)?.mode == Self.settledMode
            else { continue }
            try self.zips.setMode(Self.unsettledMode, of: name)
            isChanged = true
        }
        // Before any of the trees is there again: the mark must not outlive a tree that is not on disk.
        if isChanged { try self.temporary.synchronizeFileSystem() }
    }

    private static func digest(ofZip name: [UInt8]) -> CodeDigest? {
        try? CodeDigest(checking: String(String(decoding: name, as: UTF8.self).prefix { $0 != "." }))
    }

    private func restoreTrees() throws -> [String] {
        for name in try self.trees.names() {
            guard let digest = try? CodeDigest(checking: String(decoding: name, as: UTF8.self)) else { continue }
            // Without a zip it is what an `add` left that was not finished.
            let zip = try self.zips.status(of: digest.zipName)
            if zip?.mode != Self.settledMode { try self.trees.removeTree(name) }
        }
        var problems: [String] = []
        for name in try self.zips.names() {
            guard let digest = Self.digest(ofZip: name),
                try self.zips.status(of: name)?.mode != Self.settledMode
            else { continue }
            do { try self.addTree(digest, from: self.zip(digest), isSynchronized: false) } catch let error as CodeError
            {
                // Other functions can start: this one's tree is missing, and an upload of the same zip mends it.
                problems.append("\(digest.hex) was not extracted again: \(error)")
            }
        }
        return problems
    }

    private func lastBoot() throws -> [UInt8]? {
        guard try self.root.status(of: Self.bootName) != nil else { return nil }
        return try self.root.openFile(Self.bootName).readAll(limit: Self.bootBytes) ?? []
    }

    /// On disk before the first tree is made without being so: a store without this file is taken for an old one.
    private func note(boot: [UInt8]) throws {
        let name = Self.temporaryName()
        let file = try self.temporary.makeFile(name, mode: Self.unsettledMode)
        try file.write(boot[...])
        try file.synchronize()
        _ = try self.temporary.move(name, to: self.root, as: Self.bootName)
        try self.root.synchronize()
    }

    /// The kernel's id of the running boot, or `nil` where it tells none.
    static func runningBoot() -> [UInt8]? {
        // Safety: the text is copied at once; nothing here changes the environment.
        if let text = unsafe getenv(BootIdentity.variable), case let id = unsafe String(cString: text), !id.isEmpty {
            return Array(id.utf8)
        }
        // A `proc` file has no length of its own, so as many bytes are read as there can be.
        guard let directory = try? DirectoryDescriptor(path: "/proc/sys/kernel/random"),
            let bytes = try? directory.openFile(Array("boot_id".utf8)).read(atMost: self.bootBytes), !bytes.isEmpty
        else { return nil }
        return bytes
    }
}
