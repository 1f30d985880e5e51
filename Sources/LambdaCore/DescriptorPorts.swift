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
