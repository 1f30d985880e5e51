package import LambdaCore

/// What a function log holds that is not written yet, and who waits for it: decides, does nothing.
///
/// Entries count until they are *written*, not until they are taken, so that what the writer has in its hands still
/// holds callers back.
package struct LogBacklog {
    /// Above either bound the callers are asked to stop; they go on when both are below half.
    package struct Bounds: Sendable {
        package let bytes: Int
        package let entries: Int

        package init(bytes: Int, entries: Int) {
            self.bytes = bytes
            self.entries = entries
        }

        package static let standard = Bounds(bytes: 4_194_304, entries: 8_192)
    }

    package typealias Resume = @Sendable () -> Void

    /// Someone who waits until everything up to an entry is written, or a time has come.
    package struct Flush: Sendable {
        package let through: UInt64
        package let deadline: ContinuousClock.Instant
        package let done: @Sendable (_ isComplete: Bool) -> Void
    }

    package enum Turn {
        case write([FunctionLogEntry])
        /// Nothing to write: wait to be woken, at most until the instant.
        case wait(until: ContinuousClock.Instant?)
        /// Closed and empty.
        case end
    }

    private let bounds: Bounds
    private var entries: [FunctionLogEntry] = []
    private var heldEntries = 0
    private var heldBytes = 0
    private var appendedTotal: UInt64 = 0
    private var settledTotal: UInt64 = 0
    private var writerWaits = false
    package private(set) var isClosed = false
    private var resumes: [Resume] = []
    private var flushes: [Flush] = []

    package init(bounds: Bounds = .standard) { self.bounds = bounds }

    package var hasRoom: Bool { self.heldEntries < self.bounds.entries && self.heldBytes < self.bounds.bytes }

    /// Whether everything that was appended is settled.
    package var isEmpty: Bool { self.heldEntries == 0 }

    /// Takes all of `added`. `wake` is whether the writer must be woken.
    package mutating func append(_ added: [FunctionLogEntry]) -> (hasRoom: Bool, wake: Bool) {
        guard !added.isEmpty else { return (self.hasRoom, false) }
        self.entries.append(contentsOf: added)
        self.heldEntries += added.count
        self.heldBytes += added.reduce(0) { $0 + $1.message.count }
        self.appendedTotal += UInt64(added.count)
        return (self.hasRoom, self.wakeWriter())
    }

    /// Returns `resume` where it is to be called at once.
    package mutating func whenDrained(_ resume: @escaping Resume) -> Resume? {
        if self.hasRoom { return resume }
        self.resumes.append(resume)
        return nil
    }

    /// What the writer has to do next.
    package mutating func nextTurn() -> Turn {
        guard self.entries.isEmpty else {
            self.writerWaits = false
            let taken = self.entries
            self.entries = []
            return .write(taken)
        }
        if self.isClosed { return .end }
        self.writerWaits = true
        return .wait(until: self.flushes.map(\.deadline).min())
    }

    /// `count` entries with `bytes` of messages are written, or lost for good. Gives back whom to call.
    package mutating func settled(count: Int, bytes: Int) -> [Resume] {
        self.heldEntries -= count
        self.heldBytes -= bytes
        self.settledTotal += UInt64(count)
        guard self.heldEntries < self.bounds.entries / 2, self.heldBytes < self.bounds.bytes / 2 else { return [] }
        defer { self.resumes = [] }
        return self.resumes
    }

    /// Returns whether the writer must be woken; `done` is called from then on by way of ``finishedFlushes(now:)``.
    package mutating func flush(
        deadline: ContinuousClock.Instant, done: @escaping @Sendable (_ isComplete: Bool) -> Void
    ) -> Bool {
        self.flushes.append(Flush(through: self.appendedTotal, deadline: deadline, done: done))
        return self.wakeWriter()
    }

    /// Flushes that are complete or out of time, taken off the list.
    package mutating func finishedFlushes(now: ContinuousClock.Instant) -> [(flush: Flush, isComplete: Bool)] {
        if self.flushes.isEmpty { return [] }
        var finished: [(flush: Flush, isComplete: Bool)] = []
        self.flushes.removeAll { flush in
            let isComplete = flush.through <= self.settledTotal
            guard isComplete || now >= flush.deadline else { return false }
            finished.append((flush, isComplete))
            return true
        }
        return finished
    }

    /// Nothing is appended any more. Returns whether the writer must be woken.
    package mutating func close() -> Bool {
        self.isClosed = true
        return self.wakeWriter()
    }

    private mutating func wakeWriter() -> Bool {
        defer { self.writerWaits = false }
        return self.writerWaits
    }
}
