internal import Glibc
internal import LambdaCore

/// Bytes of the file system that holds a path.
struct DiskSpace {
    let total: Int
    /// To a process without privileges.
    let available: Int

    init(at path: String) throws(SystemCallError) {
        var status = statvfs()
        // Safety: the path and the structure live for the call.
        _ = try calling("statvfs", on: path) { unsafe statvfs(path, &status) }
        self.total = Self.bytes(status.f_blocks, of: status.f_frsize)
        self.available = Self.bytes(status.f_bavail, of: status.f_frsize)
    }

    /// Whether so many bytes fit, and leave what is kept for outcomes. A disk that does not tell has room: what it cannot take
    /// it refuses itself.
    ///
    /// - Parameter reserve: Bytes that are kept, or an eighth of a disk where that is less.
    static func hasRoom(for bytes: Int = 0, at path: String, reserve: Int = Limits.eventDiskReserve) -> Bool {
        guard let space = try? DiskSpace(at: path) else { return true }
        return space.available >= min(reserve, space.total / Limits.eventDiskReserveShare) + bytes
    }

    private static func bytes(_ blocks: fsblkcnt_t, of size: UInt) -> Int {
        let (bytes, overflow) = Int(clamping: blocks).multipliedReportingOverflow(by: Int(clamping: size))
        return overflow ? .max : bytes
    }
}
