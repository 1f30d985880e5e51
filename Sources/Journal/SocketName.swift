internal import Glibc

/// The address that a socket is bound to.
package enum SocketName {
    /// The textual internet address of `descriptor`, such as `127.0.0.1` or `::1`; `nil` for sockets of other families.
    package static func host(of descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        // Safety: the kernel writes at most `length` bytes into `storage`, getnameinfo at most `text.count` into `text`.
        let isNamed = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe getsockname(descriptor, address, &length) == 0 else { return false }
                return unsafe getnameinfo(
                    address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        guard isNamed, storage.ss_family == AF_INET || storage.ss_family == AF_INET6 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
