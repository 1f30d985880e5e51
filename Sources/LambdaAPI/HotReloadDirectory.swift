import FoundationEssentials
import LambdaCore

/// A directory of the host that is a function's code or a layer's content, as local developers know it: the bucket
/// `hot-reload`, and the directory's path for a key.
enum HotReloadDirectory {
    /// The directory's own path, free of links.
    ///
    /// A handful of calls on local directories: not worth a thread of their own.
    ///
    /// - Parameter allowed: Below one of these it must lie, also once links are followed.
    static func check(_ key: String, allowed: [String]) throws(APIError) -> String {
        guard key.hasPrefix("/") else { throw .hotReloadPathNotAbsolute(key) }
        guard !allowed.isEmpty else { throw .hotReloadNotAllowed(key) }
        guard !key.utf8.contains(0), let path = self.resolved(key) else { throw .hotReloadDirectoryMissing(key) }
        let isBelow = allowed.contains { directory in
            guard let root = self.resolved(directory) else { return false }
            return path == root || path.hasPrefix(root == "/" ? root : root + "/")
        }
        guard isBelow else { throw .hotReloadNotAllowed(key) }
        return path
    }

    /// `nil` for what is no directory, or not there.
    private static func resolved(_ path: String) -> String? {
        let resolved = URL(filePath: path, directoryHint: .isDirectory).resolvingSymlinksInPath().path(
            percentEncoded: false)
        let plain = resolved.count > 1 && resolved.hasSuffix("/") ? String(resolved.dropLast()) : resolved
        // A directory that may not be looked at is as good as none.
        let attributes = try? FileManager.default.attributesOfItem(atPath: plain)
        return attributes?[.type] as? FileAttributeType == .typeDirectory ? plain : nil
    }
}
