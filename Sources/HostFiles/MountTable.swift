internal import Glibc

/// What this process sees mounted.
enum MountTable {
    private static let path = "/proc/self/mountinfo"
    /// Bytes that are read at most; a line has about 100.
    private static let limit = 1 << 20
    /// Whose files others change without this kernel being told.
    private static let sharedTypes: Set<String> = [
        "9p", "afs", "ceph", "cifs", "fuse", "lustre", "nfs", "nfs4", "prl_fs", "smb3", "vboxsf", "virtiofs",
    ]

    /// Whether a filesystem is shared with other machines. One that the table does not name by its device counts as
    /// local, as a part of btrfs is.
    static func isShared(device: UInt64) -> Bool {
        guard let type = self.type(ofDevice: device, in: self.text()) else { return false }
        return self.sharedTypes.contains(type) || type.hasPrefix("fuse.")
    }

    /// The type of a device's filesystem. Fields: proc(5), mountinfo.
    static func type(ofDevice device: UInt64, in table: String) -> String? {
        // As makedev(3) puts both numbers together; Swift cannot import the macros that take them apart.
        let major = (device >> 8) & 0xFFF | (device >> 32) & 0xFFFF_F000
        let minor = device & 0xFF | (device >> 12) & 0xFFFF_FF00
        let wanted = "\(major):\(minor)"
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 3, fields[2] == wanted, let separator = fields.firstIndex(of: "-"),
                separator + 1 < fields.count
            else { continue }
            return String(fields[separator + 1])
        }
        return nil
    }

    private static func text() -> String {
        // Safety: the string lives for the call.
        let file = unsafe open(self.path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { _ = Glibc.close(file) }
        var bytes: [UInt8] = []
        while bytes.count < self.limit {
            // Safety: the kernel writes at most the buffer's capacity.
            let part = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                count = max(0, unsafe Glibc.read(file, buffer.baseAddress, 65_536))
            }
            if part.isEmpty { break }
            bytes += part
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
