internal import CSandbox
internal import Glibc

/// What the executor's program needs of the machine before it serves.
package enum ExecutorHost {
    /// Gid of a group.
    package static func group(_ name: String) throws(SystemError) -> UInt32 {
        // Safety: the string lives for the call.
        UInt32(truncatingIfNeeded: try checked(unsafe lsb_group(name), "look up the group \(name)"))
    }

    /// Each sandbox holds a descriptor. Where the limit stays low, its number of sandboxes does.
    package static func raiseOpenFiles() { _ = lsb_raise_open_files() }

    /// Landlock's version in the running kernel; 0 or less where there is none.
    package static var landlockVersion: Int { Int(lsb_landlock_version()) }
    /// From here on a file may be moved to another directory; sandboxes are made without rules before.
    package static let oldestLandlockVersion = 2

    /// A listening SOCK_SEQPACKET socket of that name.
    ///
    /// - Parameter group: Owns the socket file besides root; root alone where `nil`.
    package static func listen(_ path: String, mode: UInt32, group: UInt32?) throws(SystemError) -> Int32 {
        // Safety: the string lives for the call.
        try checked(unsafe lsb_listen_seqpacket(path, mode, group ?? 0), "listen on \(path)")
    }

    /// The whole text of a file.
    ///
    /// - Throws: `EFBIG` where it is longer than `limit`, `EILSEQ` where it is not UTF-8.
    package static func text(of path: String, limit: Int) throws(SystemError) -> String {
        let file = try Kernel.openRead(AT_FDCWD, path)
        var bytes: [UInt8] = []
        while true {
            let part = KernelDescriptors().readAvailable(file.number, limit: 65_536)
            if part.isEmpty { break }
            bytes += part
            if bytes.count > limit { throw SystemError(step: "read \(path)", errno: EFBIG) }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SystemError(step: "read \(path)", errno: EILSEQ)
        }
        return text
    }

    package static func writeStandardError(_ bytes: [UInt8]) {
        // Safety: the array lives for the call. There is nobody to tell where it fails.
        _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
