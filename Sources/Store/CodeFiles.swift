internal import CArchive
internal import Dispatch
internal import Glibc
internal import LambdaCore
internal import Synchronization

/// The code store's files. Every method blocks.
final class CodeFiles: Sendable {
    /// Others may pass through to a tree whose digest they know, and list nothing: the executor has not every right of
    /// root. Whether they get this far is decided by the state directory above.
    private static let passageMode: mode_t = 0o711
    private static let privateMode: mode_t = 0o700

    let path: String
    let root: DirectoryDescriptor
    let zips: DirectoryDescriptor
    let trees: DirectoryDescriptor
    let temporary: DirectoryDescriptor
    private let collectionGrace: Duration
    private let limits: CodeLimits

    init(directory path: String, collectionGrace: Duration, limits: CodeLimits) throws(CodeError) {
        self.limits = limits
        self.path = path
        self.collectionGrace = collectionGrace
        do throws(SystemCallError) {
            self.root = try Self.makeAndOpen(path)
            self.zips = try Self.open("zips", in: self.root, mode: Self.privateMode)
            self.trees = try Self.open("trees", in: self.root, mode: Self.passageMode)
            self.temporary = try Self.open("tmp", in: self.root, mode: Self.privateMode)
            for leftover in try self.temporary.names() { try self.temporary.removeTree(leftover) }
        } catch {
            throw CodeError(error)
        }
    }

    func add(_ zip: [UInt8]) throws(CodeError) -> CodeReference {
        let digest = CodeDigest(of: zip)
        do {
            let stored = try self.zips.status(of: digest.zipName)
            let hasTree = try self.trees.status(of: digest.treeName) != nil
            if stored == nil, !hasTree {
                try self.addNew(digest, zip)
            } else {
                // Where the zip says that its tree is on disk, it must not have lied until `settle` comes by.
                if !hasTree { try self.addTree(digest, from: zip, isSynchronized: stored != nil) }
                if stored?.size != zip.count { try self.addZip(digest, zip) }
            }
            // The time of the last use, for `collect`.
            try self.zips.setModified(digest.zipName, to: FileTime.now)
        } catch {
            throw CodeError(wrapping: error)
        }
        return try self.reference(digest, zip)
    }

    /// Extracts a zip to learn whether it can be, and throws the files away: nothing waits for the disk.
    func check(_ zip: [UInt8]) throws(CodeError) -> CodeReference {
        let digest = CodeDigest(of: zip)
        do {
            if try self.trees.status(of: digest.treeName) == nil {
                let name = Self.temporaryName()
                // What stays behind after an error goes at the next start.
                defer { try? self.temporary.removeTree(name) }
                try self.temporary.makeDirectory(name, mode: TreeWriter.directoryMode)
                try CodeExtraction.extract(zip, into: self.temporary.directory(name), limits: self.limits)
            }
        } catch {
            throw CodeError(wrapping: error)
        }
        return try self.reference(digest, zip)
    }

    private func reference(_ digest: CodeDigest, _ zip: [UInt8]) throws(CodeError) -> CodeReference {
        let directory = try ZipDirectory(checking: zip, limits: self.limits)
        return CodeReference(
            digest: digest.hex, base64: digest.base64, size: zip.count, unzippedSize: directory.unzippedBytes)
    }

    func zip(_ digest: CodeDigest) throws(CodeError) -> [UInt8] {
        do {
            guard try self.zips.status(of: digest.zipName) != nil else {
                throw CodeError.failed("there is no code \(digest.hex)")
            }
            // It was taken when the limit may have been higher.
            let limit = max(self.limits.unzippedBytes, Limits.unzippedCodeBytes)
            let bytes = try self.zips.openFile(digest.zipName).readAll(limit: limit)
            guard let bytes, CodeDigest(of: bytes).hex == digest.hex else {
                throw CodeError.failed("\(self.path)/zips/\(digest.hex).zip is damaged")
            }
            return bytes
        } catch {
            throw CodeError(wrapping: error)
        }
    }

    /// What `live` does not name and nobody added a short while ago.
    func unused(besides live: Set<String>) throws(CodeError) -> [CodeDigest] {
        do {
            var stored = Set(try self.trees.names().map { String(decoding: $0, as: UTF8.self) })
            for name in try self.zips.names() {
                stored.insert(String(String(decoding: name, as: UTF8.self).prefix { $0 != "." }))
            }
            // Whatever is not ours by its name is left alone.
            return try stored.subtracting(live).compactMap { try? CodeDigest(checking: $0) }.filter(self.isOld)
        } catch {
            throw CodeError(wrapping: error)
        }
    }

    /// Takes code away if it is still old: the tree goes by a rename, at once and whole. Gives the name in `tmp` under
    /// which it then waits for ``discard(_:)``.
    func detach(_ digest: CodeDigest) throws(CodeError) -> [UInt8]? {
        do {
            guard try self.isOld(digest) else { return nil }
            let name = Self.temporaryName()
            if try self.trees.status(of: digest.treeName) != nil {
                _ = try self.trees.move(digest.treeName, to: self.temporary, as: name)
            }
            if try self.zips.status(of: digest.zipName) != nil { try self.zips.removeFile(digest.zipName) }
            return name
        } catch {
            throw CodeError(wrapping: error)
        }
    }

    /// Takes apart what ``detach(_:)`` left, entry by entry.
    func discard(_ name: [UInt8]) throws(CodeError) {
        do { try self.temporary.removeTree(name) } catch { throw CodeError(wrapping: error) }
    }

    /// - Parameter isSynchronized: Whether the tree must be on disk when it gets its name; otherwise ``settle()`` sees to
    ///   it later, and until then ``restoreTrees()`` makes it again from its zip.
    func addTree(_ digest: CodeDigest, from zip: [UInt8], isSynchronized: Bool) throws {
        let name = Self.temporaryName()
        do {
            try self.temporary.makeDirectory(name, mode: TreeWriter.directoryMode)
            try CodeExtraction.extract(zip, into: self.temporary.directory(name), limits: self.limits)
            // One call for the whole tree. Measured on ext4, 1,000 files of 8 KiB: 9 ms, against 185 ms for an fsync
            // of each; for one file there is no difference.
            if isSynchronized { try self.temporary.synchronizeFileSystem() }
            if try !self.temporary.move(name, to: self.trees, as: digest.treeName) {
                // Another store of this directory was faster; its tree has the same content by its name.
                try self.temporary.removeTree(name)
            }
            if isSynchronized { try self.trees.synchronize() }
        } catch {
            // The first error is the one to tell; what stays behind goes at the next start.
            try? self.temporary.removeTree(name)
            throw error
        }
    }

    /// Both at one time: the zip waits for the disk, and the tree for a processor.
    private func addNew(_ digest: CodeDigest, _ zip: [UInt8]) throws {
        let name = Self.temporaryName()
        let failures = Mutex<[(any Error)?]>([nil, nil])
        DispatchQueue.concurrentPerform(iterations: 2) { part in
            do {
                if part == 0 {
                    try self.addTree(digest, from: zip, isSynchronized: false)
                } else {
                    try self.write(zip, as: name)
                }
            } catch { failures.withLock { $0[part] = error } }
        }
        do {
            // The tree's failure first, for it is the one that tells what is wrong with a zip.
            for case let failure? in failures.withLock({ $0 }) { throw failure }
            try self.name(name, digest)
        } catch {
            // As above.
            try? self.temporary.removeTree(name)
            throw error
        }
    }

    private func addZip(_ digest: CodeDigest, _ zip: [UInt8]) throws {
        let name = Self.temporaryName()
        do {
            try self.write(zip, as: name)
            try self.name(name, digest)
        } catch {
            // As above.
            try? self.temporary.removeTree(name)
            throw error
        }
    }

    private func write(_ zip: [UInt8], as name: [UInt8]) throws {
        let file = try self.temporary.makeFile(name, mode: Self.unsettledMode)
        try file.write(zip[...])
        try file.synchronize()
    }

    /// After the tree has its name, so that nothing is kept of a zip that is refused.
    private func name(_ name: [UInt8], _ digest: CodeDigest) throws {
        _ = try self.temporary.move(name, to: self.zips, as: digest.zipName)
        try self.zips.synchronize()
    }

    /// A tree without a zip is what a crash left: nobody waits for it.
    private func isOld(_ digest: CodeDigest) throws -> Bool {
        guard let status = try self.zips.status(of: digest.zipName) else { return true }
        let age = FileTime.now.seconds - status.modified.seconds
        return Duration.seconds(age) >= self.collectionGrace
    }

    private static func makeAndOpen(_ path: String) throws(SystemCallError) -> DirectoryDescriptor {
        // Safety: the path lives for the call.
        do throws(SystemCallError) {
            _ = try calling("mkdir", on: path) { unsafe mkdir(path, Self.privateMode) }
        } catch  where error.code == EEXIST {
        }
        let directory = try DirectoryDescriptor(path: path)
        try directory.setMode(Self.passageMode)
        return directory
    }

    private static func open(
        _ name: String, in root: borrowing DirectoryDescriptor, mode: mode_t
    ) throws(SystemCallError) -> DirectoryDescriptor {
        let name = Array(name.utf8)
        if try root.status(of: name) == nil {
            try root.makeDirectory(name, mode: mode)
            try root.synchronize()
        }
        return try root.directory(name)
    }

    static func temporaryName() -> [UInt8] { Array(Hexadecimal.random(bytes: 16).utf8) }
}

extension CodeError {
    init(wrapping error: any Error) {
        switch error {
        case let error as CodeError: self = error
        case let error as SystemCallError: self.init(error)
        default: self = .failed(String(describing: error))
        }
    }
}
