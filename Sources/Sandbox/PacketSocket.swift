internal import CSandbox
internal import Glibc

/// One packet, with the descriptors that came along. Whoever takes it owns them.
struct Packet {
    let bytes: [UInt8]
    let descriptors: [Int32]

    func closeDescriptors() { for descriptor in self.descriptors { _ = Glibc.close(descriptor) } }
}

/// Packets over a SOCK_SEQPACKET socket. Nothing here blocks.
enum PacketSocket {
    enum Received {
        case packet(Packet)
        case nothingYet
        /// A packet that was too long, with what came along closed.
        case tooLong
        case closed
    }

    static func receive(_ socket: Int32, limit: Int) -> Received {
        var descriptors = [Int32](repeating: -1, count: Int(LSB_DESCRIPTOR_LIMIT.rawValue))
        var descriptorCount = 0
        var result = 0
        // Safety: at most `limit` bytes and LSB_DESCRIPTOR_LIMIT descriptors are written, what both have room for.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            result = unsafe lsb_receive(socket, start, limit, &descriptors, &descriptorCount)
            count = max(0, result)
        }
        switch result {
        case -Int(EAGAIN): return .nothingYet
        case -Int(EMSGSIZE): return .tooLong
        case ...0: return .closed
        default: return .packet(Packet(bytes: bytes, descriptors: Array(descriptors.prefix(descriptorCount))))
        }
    }

    /// - Throws: also where the other side does not read (`EAGAIN`).
    static func send(_ bytes: [UInt8], descriptors: [Int32] = [], to socket: Int32) throws(SystemError) {
        // Safety: both arrays live for the call and have the counts given.
        try checked(
            unsafe lsb_send(socket, bytes, bytes.count, descriptors, descriptors.count), "send a packet")
    }
}
