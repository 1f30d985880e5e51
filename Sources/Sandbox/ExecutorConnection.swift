internal import CSandbox
internal import Glibc

/// One connection to the executor. Sent to under the client's lock, read and closed by its own thread.
final class ExecutorConnection: Sendable {
    let socket: Int32
    let wakeDescriptor: Int32

    init(path: String) throws(SystemError) {
        // Safety: the string lives for the call.
        let socket = Descriptor(owning: try checked(unsafe lsb_connect_seqpacket(path), "connect to \(path)"))
        self.wakeDescriptor = try checked(lsb_wake_create(), "make a wake-up")
        self.socket = socket.release()
    }

    /// Runs `body` on a thread of its own.
    func startThread(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        // Safety: the retained work is taken over by the new thread, or released below where there is none.
        let work = unsafe Unmanaged.passRetained(ThreadWork(body))
        var thread = pthread_t()
        let error = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, unsafe work.toOpaque())
        guard error == 0 else {
            unsafe work.release()
            self.close()
            throw SystemError(step: "start the executor's reader", errno: error)
        }
        _ = pthread_detach(thread)
    }

    func send(_ packet: [UInt8]) throws(SystemError) { try PacketSocket.send(packet, to: self.socket) }

    func wake() { lsb_wake(self.wakeDescriptor) }

    func clearWake() { lsb_wake_clear(self.wakeDescriptor) }

    /// The reader sees the end of the stream and closes the connection.
    func end() { _ = Glibc.shutdown(self.socket, Int32(SHUT_RDWR)) }

    func close() {
        _ = Glibc.close(self.socket)
        _ = Glibc.close(self.wakeDescriptor)
    }
}

private final class ThreadWork: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
