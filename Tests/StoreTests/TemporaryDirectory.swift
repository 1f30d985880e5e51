import FoundationEssentials

/// A directory of a test's own, removed with the value that names it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let name = "lambdad-test-" + UUID().uuidString
        self.path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: false)
    }

    deinit {
        // Nothing depends on it, and a deinitialiser has nobody to tell.
        try? FileManager.default.removeItem(atPath: self.path)
    }

    func path(_ name: String) -> String { self.path + "/" + name }

    func bytes(_ name: String) -> [UInt8]? { FileManager.default.contents(atPath: self.path(name)).map { Array($0) } }

    func text(_ name: String) -> String? { self.bytes(name).map { String(decoding: $0, as: UTF8.self) } }

    func write(_ bytes: [UInt8], to name: String) throws {
        let path = self.path(name)
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: path))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: self.path(name)) }

    /// Everything below, directories with a slash at the end, in order.
    func listing(_ name: String = "") throws -> [String] {
        let root = name.isEmpty ? self.path : self.path(name)
        return try FileManager.default.subpathsOfDirectory(atPath: root).sorted().map { entry in
            let type = try FileManager.default.attributesOfItem(atPath: root + "/" + entry)[.type] as? FileAttributeType
            return type == .typeDirectory ? entry + "/" : entry
        }
    }

    /// Permission bits of the entry itself.
    func mode(_ name: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: self.path(name))[.posixPermissions] as? Int ?? -1
    }

    /// Seconds since 1970.
    func modified(_ name: String) throws -> Double {
        let date = try FileManager.default.attributesOfItem(atPath: self.path(name))[.modificationDate] as? Date
        return date?.timeIntervalSince1970 ?? -1
    }

    func setModified(_ name: String, secondsAgo seconds: Double) throws {
        let date = Date(timeIntervalSinceNow: -seconds)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: self.path(name))
    }
}
