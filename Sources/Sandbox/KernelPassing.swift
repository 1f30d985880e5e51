internal import CSandbox
internal import Glibc
internal import LambdaCore

/// Descriptors to and from a sandbox's init, by SCM_RIGHTS.
package struct KernelPassing: DescriptorPassing {
    package init() {}

    package func send(_ frame: [UInt8], with descriptor: Int32, over control: Int32) -> Bool {
        // Safety: both arrays live for the call and have the counts given. Frames sent this way are a few bytes, which a
        // stream socket takes whole or not at all.
        unsafe lsb_send(control, frame, frame.count, [descriptor], 1) == frame.count
    }

    package func carrier() -> (ours: Int32, theirs: Int32)? {
        var (ours, theirs) = (Int32(-1), Int32(-1))
        // Safety: both are written before the call returns.
        guard unsafe lsb_seqpacket_pair(&ours, &theirs) == 0 else { return nil }
        return (ours, theirs)
    }

    package func receive(from carrier: Int32) -> Int32? {
        guard case .packet(let packet) = PacketSocket.receive(carrier, limit: 1) else { return nil }
        guard let first = packet.descriptors.first, packet.descriptors.count == 1 else {
            packet.closeDescriptors()
            return nil
        }
        return first
    }

    package func logPipe() -> (read: Int32, write: Int32)? {
        var (readEnd, writeEnd) = (Int32(-1), Int32(-1))
        // Safety: both are written before the call returns.
        guard unsafe lsb_log_pipe(&readEnd, &writeEnd) == 0 else { return nil }
        return (readEnd, writeEnd)
    }

    package func connect(_ socket: Int32, toLoopbackPort port: UInt16) -> Bool {
        lsb_connect_loopback(socket, port) == 0
    }
}
