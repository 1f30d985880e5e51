/// Direct reads and writes on descriptors that came out of a sandbox, for the few places where an event loop's own are too
/// late or too much: none of these waits for anybody outside the kernel.
package protocol DescriptorReader: Sendable {
    /// What can be read now, at most `limit` bytes; empty at the end, on an error, and when nothing is there.
    func readAvailable(_ descriptor: Int32, limit: Int) -> [UInt8]

    /// The text of a kernel file (`memory.peak`, `memory.events`), read from its beginning.
    func readFile(_ descriptor: Int32) -> [UInt8]

    /// Writes a kernel file (`cgroup.freeze`) whole. Returns 0, or the errno.
    func writeFile(_ descriptor: Int32, _ text: StaticString) -> Int32

    func close(_ descriptor: Int32)
}

/// Descriptors that go between lambdad and a sandbox's init, beside the frames of its control socket. None of this blocks.
///
/// lambdad is outside of the sandbox's network. A socket that init makes there and hands out stays in that network, whoever
/// connects it: that is how lambdad reaches what listens inside, and nothing else.
package protocol DescriptorPassing: Sendable {
    /// Sends a whole frame with `descriptor`, of which init gets a copy. Returns `false` where nothing was sent.
    func send(_ frame: [UInt8], with descriptor: Int32, over control: Int32) -> Bool

    /// Two connected ends that carry one descriptor from one to the other.
    func carrier() -> (ours: Int32, theirs: Int32)?

    /// The descriptor that has arrived at our end of a carrier.
    func receive(from carrier: Int32) -> Int32?

    /// A pipe for lines: what is written waits in the writer's `write` until it is read.
    func logPipe() -> (read: Int32, write: Int32)?

    /// Begins to connect `socket` to a port of the loopback address of its own network. Whether that worked shows when it is
    /// written to. Returns `false` where it failed at once.
    func connect(_ socket: Int32, toLoopbackPort port: UInt16) -> Bool
}
