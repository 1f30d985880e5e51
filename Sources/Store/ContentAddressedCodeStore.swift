internal import Dispatch
package import LambdaCore

/// Code below one directory, named by the SHA-256 of its zip:
///
/// - `zips/<digest>.zip`, as it was uploaded;
/// - `trees/<digest>/`, extracted, mounted read-only into sandboxes, never changed;
/// - `tmp/`, what is being made or removed; emptied at every start.
///
/// A tree or zip is made in `tmp` and then renamed, so what has its name is whole. The zip is on disk before it gets its
/// name; its tree follows later, see ``CodeFiles/settle()``. `boot` names the boot in which the store was last opened. One
/// process at a time may use a directory.
package final class ContentAddressedCodeStore: CodeStore {
    private let directory: String
    private let files: CodeFiles
    /// One extraction at a time: the disk is the limit, and two uploads of the same bytes meet here.
    private let writes = DispatchQueue(label: "code-store.writes")
    /// Apart, so that a download does not wait for an extraction.
    private let reads = DispatchQueue(label: "code-store.reads")
    /// Apart, so that nobody waits for old code to be taken apart.
    private let upkeep = DispatchQueue(label: "code-store.upkeep")

    /// What of the code could not be mended after the machine went down, in words for the log.
    package let problems: [String]

    /// Opens the store, makes what is missing, and removes what a crash left half done.
    ///
    /// - Parameters:
    ///   - directory: An absolute path; its parent must be there.
    ///   - collectionGrace: How long code stays after its last ``add(zip:)`` although no function names it: the time
    ///     that a caller has to store the function.
    ///   - unzippedBytes: Of all files of one zip.
    package convenience init(directory: String, unzippedBytes: Int = Limits.unzippedCodeBytes) throws(CodeError) {
        try self.init(
            directory: directory, collectionGrace: .seconds(600), limits: CodeLimits(unzippedBytes: unzippedBytes))
    }

    package convenience init(directory: String, collectionGrace: Duration) throws(CodeError) {
        try self.init(directory: directory, collectionGrace: collectionGrace, limits: CodeLimits())
    }

    init(
        directory: String, collectionGrace: Duration, limits: CodeLimits, boot: [UInt8]? = CodeFiles.runningBoot()
    ) throws(CodeError) {
        guard directory.hasPrefix("/") else {
            throw .failed("\(directory): the code directory's path must be absolute")
        }
        self.directory = directory
        self.files = try CodeFiles(directory: directory, collectionGrace: collectionGrace, limits: limits)
        self.problems = try self.files.recover(boot: boot)
    }

    package func add(zip: [UInt8]) async throws(CodeError) -> CodeReference {
        try await self.run(on: self.writes) { files throws(CodeError) in try files.add(zip) }
    }

    package func check(zip: [UInt8]) async throws(CodeError) -> CodeReference {
        try await self.run(on: self.writes) { files throws(CodeError) in try files.check(zip) }
    }

    package func zip(digest: String) async throws(CodeError) -> [UInt8] {
        try await self.run(on: self.reads) { files throws(CodeError) in try files.zip(CodeDigest(checking: digest)) }
    }

    package func directory(of code: CodeReference) -> String { "\(self.directory)/trees/\(code.digest)" }

    /// Removes what `live` does not name: the digests of all stored functions, versions and layers and of all environments
    /// that are there, for no environment is known here. Before that, puts new trees on disk.
    ///
    /// Uploads wait for a rename at most.
    package func collect(keeping live: Set<String>) async throws(CodeError) -> Int {
        let writes = self.writes
        return try await self.run(on: self.upkeep) { files throws(CodeError) in
            try files.settle()
            var removed = 0
            for digest in try files.unused(besides: live) {
                // Asked again behind all uploads: one of them may have brought this code back.
                let name = try writes.sync { Result { () throws(CodeError) in try files.detach(digest) } }.get()
                guard let name else { continue }
                try files.discard(name)
                removed += 1
            }
            return removed
        }
    }

    /// Off the cooperative pool: everything here blocks.
    private func run<Value: Sendable>(
        on queue: DispatchQueue, _ body: @escaping @Sendable (CodeFiles) throws(CodeError) -> Value
    ) async throws(CodeError) -> Value {
        let files = self.files
        return try await DiskExecutor.run { () throws(CodeError) in
            try queue.sync { Result { () throws(CodeError) in try body(files) } }.get()
        }
    }
}
