import CSystemd
import Glibc

/// Why entries did not reach the journal; the number is the errno.
package enum JournalError: Error, Equatable {
    case noSocket(Int32)
    /// The path does not fit into a socket's address.
    case pathTooLong(String)
    case noThread(Int32)
}

/// The sending end of journald's native protocol.
///
/// It is not connected: each datagram names the address anew, so a journald whose socket was made again is found.
package final class JournalSocket: Sendable {
    package static let standardPath = "/run/systemd/journal/socket"

    private static let wantedBufferBytes: Int32 = 8_388_608
    /// How long one send may wait for journald before the caller hears of it.
    private static let sendTimeoutMicroseconds = 250_000

    package let path: String
    private let descriptor: Int32
    private let address: sockaddr_un

    package init(path: String = JournalSocket.standardPath) throws(JournalError) {
        guard let address = sockaddr_un(path: path) else { throw .pathTooLong(path) }
        self.path = path
        self.address = address
        self.descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard self.descriptor >= 0 else { throw .noSocket(errno) }
        // A larger buffer only saves the detour through a memory file; what the kernel grants will do.
        self.set(SO_SNDBUF, Self.wantedBufferBytes)
        self.set(SO_SNDTIMEO, timeval(tv_sec: 0, tv_usec: Self.sendTimeoutMicroseconds))
    }

    deinit { _ = close(self.descriptor) }

    /// Sends whole entries. Returns 0 or an errno; `EAGAIN` says that journald takes nothing at present.
    ///
    /// - Parameter waiting: Whether to wait, up to a quarter of a second, for room in journald's queue.
    package func send(_ entries: [UInt8], waiting: Bool) -> Int32 {
        let flags = Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT))
        while true {
            // Safety: buffer and address live through the call; the length is the buffer's own.
            let sent = unsafe self.withAddress { address, length in
                unsafe entries.withUnsafeBytes { buffer in
                    unsafe sendto(self.descriptor, buffer.baseAddress, buffer.count, flags, address, length)
                }
            }
            if sent >= 0 { return 0 }
            let failure = errno
            switch failure {
            case EINTR: continue
            case EMSGSIZE, ENOBUFS: return self.sendAsMemoryFile(entries)
            default: return failure
            }
        }
    }

    /// Entries that no datagram holds go as a sealed memory file whose descriptor is sent.
    private func sendAsMemoryFile(_ entries: [UInt8]) -> Int32 {
        let file = lsb_memory_file()
        guard file >= 0 else { return errno }
        defer { _ = close(file) }
        var done = 0
        let failure = write(entries, from: &done, to: file)
        guard failure == 0 else { return failure }
        let sealing = lsb_seal(file)
        guard sealing == 0 else { return sealing }
        // Safety: the address lives through the call.
        return unsafe withUnsafePointer(to: self.address) { unsafe lsb_send_descriptor(self.descriptor, $0, file) }
    }

    private func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        // Safety: every socket address begins with the members of sockaddr, and the length says how much is there.
        unsafe withUnsafePointer(to: self.address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                unsafe body(rebound, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private func set<Value: BitwiseCopyable>(_ option: Int32, _ value: Value) {
        // Safety: the pointer is to a copy that lives through the call, and the size is that of its type.
        _ = unsafe withUnsafePointer(to: value) {
            unsafe setsockopt(self.descriptor, SOL_SOCKET, option, $0, socklen_t(MemoryLayout<Value>.size))
        }
    }
}

extension sockaddr_un {
    /// Returns `nil` where `path` with its terminating zero is longer than `sun_path`.
    fileprivate init?(path: String) {
        self.init()
        self.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        // Safety: the tuple is as many bytes as its size says, and copying stops before its end.
        let fits = unsafe withUnsafeMutableBytes(of: &self.sun_path) { target in
            guard bytes.count < target.count else { return false }
            unsafe target.copyBytes(from: bytes)
            return true
        }
        guard fits else { return nil }
    }
}

/// Writes `bytes` from `done` on, waiting a little where `descriptor` does not block. Returns 0 or an errno; `done` says
/// how far it came.
func write(_ bytes: [UInt8], from done: inout Int, to descriptor: Int32) -> Int32 {
    while done < bytes.count {
        // Safety: the rest lies within the array, which lives through the call.
        let written = unsafe bytes.withUnsafeBytes { buffer in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
            return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
        }
        if written >= 0 {
            done += written
            continue
        }
        let failure = errno
        if failure == EINTR { continue }
        guard failure == EAGAIN else { return failure }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // Safety: one element, and a count of one.
        guard unsafe poll(&waiting, 1, 250) > 0 else { return EAGAIN }
    }
    return 0
}
