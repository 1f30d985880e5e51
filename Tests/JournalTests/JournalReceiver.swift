import CSystemd
import Glibc

/// A datagram socket that stands where journald's would, and what arrives there.
final class JournalReceiver: Sendable {
    let path: String
    private let descriptor: Int32

    init() throws {
        self.path = "/tmp/lambdad-journal-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        self.descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // Safety: the path is shorter than the member, and the address lives through the call.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: self.path.utf8) }
        let bound = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw ReceiverError(errno: errno) }
        // A lost entry must fail the test and not stop it for ever.
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        // Safety: pointer to a local with its own size.
        unsafe setsockopt(self.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(self.descriptor)
        // Safety: the text lives through the call.
        unsafe unlink(self.path)
    }

    struct ReceiverError: Error { let errno: Int32 }

    /// The next datagram's entries, as journald would read them.
    func receive() throws -> [[String: [UInt8]]] { try Self.parse(try self.receiveBytes()) }

    func receiveBytes() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1_048_576)
        // Safety: the pointer and the length are the array's own.
        let count = unsafe recv(self.descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw ReceiverError(errno: errno) }
        return Array(buffer[..<count])
    }

    /// The next datagram's passed file: its bytes and its seals.
    func receiveMemoryFile() throws -> (bytes: [UInt8], seals: Int32) {
        let file = lsb_receive_descriptor(self.descriptor)
        guard file >= 0 else { throw ReceiverError(errno: -file) }
        defer { close(file) }
        let seals = lsb_seals(file)
        var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
        // Safety: the pointer and the length are the array's own.
        let count = unsafe pread(file, &bytes, bytes.count, 0)
        guard count == bytes.count else { throw ReceiverError(errno: errno) }
        return (bytes, seals)
    }

    /// Reads the native protocol by its documentation: an independent reader of what the encoder writes.
    static func parse(_ bytes: [UInt8]) throws -> [[String: [UInt8]]] {
        struct Malformed: Error { let at: Int }
        var entries: [[String: [UInt8]]] = []
        var fields: [String: [UInt8]] = [:]
        var position = 0
        while position < bytes.count {
            guard let end = bytes[position...].firstIndex(of: 0x0A) else { throw Malformed(at: position) }
            let line = bytes[position..<end]
            position = end + 1
            if line.isEmpty {
                if !fields.isEmpty { entries.append(fields) }
                fields = [:]
            } else if let equals = line.firstIndex(of: 0x3D) {
                fields[String(decoding: line[..<equals], as: UTF8.self)] = Array(line[(equals + 1)...])
            } else {
                guard position + 8 <= bytes.count else { throw Malformed(at: position) }
                let length = bytes[position..<(position + 8)].reversed().reduce(0) { $0 << 8 | Int($1) }
                let start = position + 8
                guard start + length < bytes.count, bytes[start + length] == 0x0A else { throw Malformed(at: start) }
                fields[String(decoding: line, as: UTF8.self)] = Array(bytes[start..<(start + length)])
                position = start + length + 1
            }
        }
        if !fields.isEmpty { entries.append(fields) }
        return entries
    }
}

extension [String: [UInt8]] {
    func text(_ name: String) -> String? { self[name].map { String(decoding: $0, as: UTF8.self) } }
}
