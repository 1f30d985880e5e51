/// How much the queue of events holds: in all, and of payloads in memory. A value; its owner keeps it under a lock.
package struct EventBudget: Sendable, Equatable {
    package private(set) var count = 0
    package private(set) var bytes = 0
    package private(set) var memoryBytes = 0
    package let memoryLimit: Int

    package init(memoryLimit: Int) { self.memoryLimit = memoryLimit }

    /// Takes room for an event of so many bytes, where there is some.
    package mutating func reserve(bytes: Int, countLimit: Int, bytesLimit: Int) -> Bool {
        guard self.count < countLimit, self.bytes + bytes <= bytesLimit else { return false }
        self.add(bytes: bytes)
        return true
    }

    /// Counts an event that is in the queue whatever the limits say.
    package mutating func add(bytes: Int) {
        self.count += 1
        self.bytes += bytes
    }

    package mutating func release(bytes: Int) {
        self.count -= 1
        self.bytes -= bytes
    }

    /// Whether a waiting event's payload may stay in memory; it counts until ``forget(bytes:)``.
    package mutating func keep(bytes: Int) -> Bool {
        guard self.memoryBytes + bytes <= self.memoryLimit else { return false }
        self.memoryBytes += bytes
        return true
    }

    package mutating func forget(bytes: Int) { self.memoryBytes -= bytes }
}
