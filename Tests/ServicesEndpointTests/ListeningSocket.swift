import Glibc

/// A listening socket on a free port of loopback, as an executor would hand it over. Its descriptor is the taker's.
struct ListeningSocket {
    struct CallError: Error { let code: Int32 }

    let descriptor: Int32
    let port: Int

    /// - Parameter listens: `false` keeps the port taken and refuses connections.
    init(listens: Bool = true) throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard self.descriptor >= 0 else { throw CallError(code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = self.descriptor
        // Safety: the address is a sockaddr_in of that length, and lives for the calls.
        let failed = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, length) != 0 || (listens && listen(descriptor, 128) != 0)
                    || getsockname(descriptor, pointer, &length) != 0
            }
        }
        guard !failed else { throw CallError(code: errno) }
        self.port = Int(UInt16(bigEndian: address.sin_port))
    }

    static var wallClockMilliseconds: Int64 {
        var time = timespec()
        // Safety: the value lives for the call.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
