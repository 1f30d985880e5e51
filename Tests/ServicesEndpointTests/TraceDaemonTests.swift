import Glibc
import LambdaCore
import NIOCore
import NIOPosix
import ServicesEndpoint
import Testing

/// A UDP socket on a free port of loopback.
private struct DatagramSocket {
    struct CallError: Error { let code: Int32 }

    let descriptor: Int32
    let port: Int

    init() throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard self.descriptor >= 0 else { throw CallError(code: errno) }
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = self.descriptor
        // Safety: the address is a sockaddr_in of that length, and lives for the calls.
        let failed = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, length) != 0 || getsockname(descriptor, pointer, &length) != 0
            }
        }
        guard !failed else { throw CallError(code: errno) }
        self.port = Int(UInt16(bigEndian: address.sin_port))
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return address
    }

    /// The next datagram; waits for it.
    func receive() -> [UInt8] {
        let limit = Limits.datagramBytes
        // Safety: at most `limit` bytes are written, the buffer's size.
        return unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, unsafe recv(self.descriptor, buffer.baseAddress, limit, 0))
        }
    }

    func send(_ bytes: [UInt8], to port: Int) throws {
        var address = Self.address(port: port)
        // Safety: the address is a sockaddr_in of that length; both live for the call.
        let sent = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe sendto(
                    self.descriptor, bytes, bytes.count, 0, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard sent == bytes.count else { throw CallError(code: errno) }
    }

    func close() { _ = Glibc.close(self.descriptor) }
}

@Suite struct `The X-Ray daemon` {
    private let group = MultiThreadedEventLoopGroup.singleton

    @Test(arguments: ["127.0.0.1", "localhost"]) func `gets what is sent to it`(host: String) async throws {
        let receiver = try DatagramSocket()
        defer { receiver.close() }
        let daemon = try await TraceDaemon.open(host: host, port: receiver.port, group: self.group)
        daemon.send(ByteBuffer(string: "one"))
        #expect(receiver.receive() == Array("one".utf8))
        daemon.send(ByteBuffer(string: "two"))
        #expect(receiver.receive() == Array("two".utf8))
        await daemon.close()
    }

    @Test func `that is not there harms nobody, and gets what is sent later`() async throws {
        let gone = try DatagramSocket()
        let daemon = try await TraceDaemon.open(host: "127.0.0.1", port: gone.port, group: self.group)
        gone.close()
        for _ in 0..<10 { daemon.send(ByteBuffer(string: "lost")) }
        let receiver = try DatagramSocket()
        defer { receiver.close() }
        let other = try await TraceDaemon.open(host: "127.0.0.1", port: receiver.port, group: self.group)
        other.send(ByteBuffer(string: "found"))
        #expect(receiver.receive() == Array("found".utf8))
        await daemon.close()
        await other.close()
    }

    @Test func `must have an address`() async {
        await #expect(throws: TraceDaemon.ResolveError.self) {
            try await TraceDaemon.open(host: "no-such-host.invalid", port: 2_000, group: self.group)
        }
    }

    @Test func `gets what a function sends, whole up to the longest datagram`() async throws {
        let receiver = try DatagramSocket()
        defer { receiver.close() }
        let daemon = try await TraceDaemon.open(host: "127.0.0.1", port: receiver.port, group: self.group)
        let inside = try DatagramSocket()
        let relay = TraceRelay(socket: inside.descriptor, daemon: daemon, on: self.group.next())
        let function = try DatagramSocket()
        defer { function.close() }
        for count in [1, 2_048, 2_049, 60_000, Limits.datagramBytes] {
            let segment = [UInt8](repeating: UInt8(count & 0xFF), count: count)
            try function.send(segment, to: inside.port)
            #expect(receiver.receive() == segment)
        }
        relay.close()
        await daemon.close()
    }
}
