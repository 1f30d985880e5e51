/// Where a file system is mounted in a sandbox: `/mnt/` and one name.
package enum MountPath {
    private static let parent = "/mnt/"

    /// The name, or `nil` unless `path` is a name of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.` below `/mnt`, with
    /// ``Limits/mountPathLength`` characters at most altogether.
    ///
    /// Source: Lambda API reference, `LocalMountPath`. Its pattern lets `.` and `..` pass; those are no names.
    package static func name(in path: String) -> String? {
        guard path.hasPrefix(self.parent), path.utf8.count <= Limits.mountPathLength else { return nil }
        let name = path.utf8.dropFirst(self.parent.utf8.count)
        let allowed = name.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39)
                || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
        }
        guard allowed, !name.isEmpty, !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) else { return nil }
        return String(decoding: name, as: UTF8.self)
    }
}
