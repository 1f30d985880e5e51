import Glibc
import LambdaCore
import Synchronization

/// Descriptors without an init: frames go as they are, and sockets are made here.
final class FakePassing: DescriptorPassing {
    private let logs = Mutex<[Int32]>([])

    func send(_ frame: [UInt8], with descriptor: Int32, over control: Int32) -> Bool {
        // Safety: the array lives for the call.
        unsafe frame.withUnsafeBytes { unsafe Glibc.send(control, $0.baseAddress, $0.count, 0) } == frame.count
    }

    func carrier() -> (ours: Int32, theirs: Int32)? {
        var pair: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else { return nil }
        return (pair[0], pair[1])
    }

    func receive(from carrier: Int32) -> Int32? { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }

    func logPipe() -> (read: Int32, write: Int32)? {
        var pipe: [Int32] = [0, 0]
        guard unsafe Glibc.pipe(&pipe) == 0 else { return nil }
        self.logs.withLock { $0.append(dup(pipe[1])) }
        return (pipe[0], pipe[1])
    }

    func connect(_ socket: Int32, toLoopbackPort port: UInt16) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe Glibc.connect(socket, raw, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// As an extension's process does.
    func writeLog(_ text: String) {
        let bytes = Array(text.utf8)
        guard let log = self.logs.withLock({ $0.last }) else { return }
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(log, $0.baseAddress, $0.count) }
    }
}
