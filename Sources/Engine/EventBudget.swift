/// How much the queue of events holds: in all, and of payloads in memory. A value; its owner keeps it under a lock.
struct EventBudget: Sendable, Equatable {
    private(set) var count = 0
    private(set) var bytes = 0
    private(set) var memoryBytes = 0
    let memoryLimit: Int

    /// Takes room for an event of so many bytes, where there is some.
    mutating func reserve(bytes: Int, countLimit: Int, bytesLimit: Int) -> Bool {
        guard self.count < countLimit, self.bytes + bytes <= bytesLimit else { return false }
        self.add(bytes: bytes)
        return true
    }

    /// Counts an event that is in the queue whatever the limits say.
    mutating func add(bytes: Int) {
        self.count += 1
        self.bytes += bytes
    }

    mutating func release(bytes: Int) {
        self.count -= 1
        self.bytes -= bytes
    }

    /// Whether a waiting event's payload may stay in memory; it counts until ``forget(bytes:)``.
    mutating func keep(bytes: Int) -> Bool {
        guard self.memoryBytes + bytes <= self.memoryLimit else { return false }
        self.memoryBytes += bytes
        return true
    }

    mutating func forget(bytes: Int) { self.memoryBytes -= bytes }
}
