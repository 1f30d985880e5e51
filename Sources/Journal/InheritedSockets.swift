import CSystemd
import Glibc

/// A socket that systemd opened and handed over.
package struct InheritedSocket: Sendable, Equatable {
    package enum Family: Sendable, Equatable { case internet4, internet6, unix }

    /// The owner closes it. Close-on-exec is set, and it does not block: systemd hands over sockets that do, and whoever
    /// accepts until nothing is left would wait for ever.
    package let descriptor: Int32
    /// `FileDescriptorName=` of the socket unit.
    package let name: String
    package let family: Family

    package init(descriptor: Int32, name: String, family: Family) {
        self.descriptor = descriptor
        self.name = name
        self.family = family
    }
}

/// Why inherited sockets cannot be used. Those that were taken before are closed.
package enum InheritedSocketError: Error, Equatable {
    /// `LISTEN_FDS` and its companions do not fit together; the number is the errno.
    case unreadable(Int32)
    /// Close-on-exec or non-blocking could not be set; the number is the errno.
    case notAdopted(name: String, Int32)
}

/// Sockets from systemd.
///
/// Source: sd_listen_fds_with_names(3).
package enum InheritedSockets {
    /// Takes what was handed over, once: the variables are unset, so that no child believes they are its own.
    ///
    /// - Parameter names: Those that the caller uses; others are closed. `nil` takes every one.
    /// - Returns: Listening sockets in systemd's order; empty where there are none.
    package static func take(names: Set<String>? = nil) throws(InheritedSocketError) -> [InheritedSocket] {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        // Safety: libsystemd sets `list` to an array of `count` texts that we own, or leaves it nil.
        let count = unsafe sd_listen_fds_with_names(1, &list)
        guard count >= 0 else { throw .unreadable(-count) }
        defer { unsafe free(list) }
        var passed: [(descriptor: Int32, name: String)] = []
        for index in 0..<Int(count) {
            var name = ""
            // Safety: `index` is below the count that libsystemd gave; each text is freed once.
            if let text = unsafe list?[index] {
                name = unsafe String(cString: text)
                unsafe free(text)
            }
            passed.append((SD_LISTEN_FDS_START + Int32(index), name))
        }
        return try self.claim(passed, names: names)
    }

    /// Keeps the listening sockets among `passed` whose names are wanted, and closes everything else.
    package static func claim(
        _ passed: [(descriptor: Int32, name: String)], names: Set<String>?
    ) throws(InheritedSocketError) -> [InheritedSocket] {
        var kept: [InheritedSocket] = []
        var failure: InheritedSocketError?
        for (descriptor, name) in passed {
            guard failure == nil, names?.contains(name) ?? true, let family = self.listeningFamily(of: descriptor)
            else {
                _ = close(descriptor)
                continue
            }
            let refusal = lsb_adopt(descriptor)
            if refusal != 0 { failure = .notAdopted(name: name, refusal) }
            kept.append(InheritedSocket(descriptor: descriptor, name: name, family: family))
        }
        guard let failure else { return kept }
        for socket in kept { _ = close(socket.descriptor) }
        throw failure
    }

    private static func listeningFamily(of descriptor: Int32) -> InheritedSocket.Family? {
        if sd_is_socket(descriptor, AF_INET, 0, 1) > 0 { return .internet4 }
        if sd_is_socket(descriptor, AF_INET6, 0, 1) > 0 { return .internet6 }
        if sd_is_socket(descriptor, AF_UNIX, 0, 1) > 0 { return .unix }
        return nil
    }
}
