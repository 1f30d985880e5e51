internal import LambdaCore

/// The way from a zip in memory to a tree on disk.
enum CodeExtraction {
    private static let bufferBytes = 131_072

    /// Extracts `zip` into an empty directory. What is there after an error is of no use.
    ///
    /// - Throws: ``CodeError`` or ``SystemCallError``.
    static func extract(
        _ zip: [UInt8], into root: consuming DirectoryDescriptor, limits: CodeLimits
    ) throws {
        let directory = try ZipDirectory(checking: zip, limits: limits)
        var writer = TreeWriter(root: root, limits: limits)
        var buffer = [UInt8](repeating: 0, count: Self.bufferBytes)
        try ArchiveReader.reading(zip) { reader in
            var entries = 0
            while let entry = try reader.next() {
                entries += 1
                try Self.add(entry, of: reader, to: &writer, buffer: &buffer)
            }
            guard entries == directory.entries else {
                throw CodeError.unreadable("the directory names \(directory.entries) entries, \(entries) are there")
            }
        }
        try writer.finish()
    }

    private static func add(
        _ entry: ArchiveEntry, of reader: borrowing ArchiveReader, to writer: inout TreeWriter, buffer: inout [UInt8]
    ) throws {
        guard !entry.isEncrypted else { throw CodeError.unreadable("an entry is encrypted") }
        let path = try EntryPath(checking: entry.name)
        switch entry.kind {
        case .directory:
            try writer.addDirectory(path, modified: entry.modified)
        case .file(let isExecutable):
            try writer.addFile(
                path, isExecutable: isExecutable, modified: entry.modified, buffer: &buffer,
                next: { buffer in try reader.read(into: &buffer) })
        case .link(let target):
            try writer.addLink(path, target: target)
        case .other(let kind):
            throw CodeError.unsafeEntry(name: path.text, reason: "it is \(kind)")
        }
    }
}
