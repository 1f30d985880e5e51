import CSystemd
import Glibc
package import LambdaCore
import Synchronization

/// Where a ``LogWriter`` puts entries.
package protocol LogOutput: Sendable {
    /// Whether `send(waiting: false)` is sure not to wait.
    var neverWaits: Bool { get }
    /// Adds one entry to what the next ``send(waiting:)`` takes.
    mutating func add(_ entry: FunctionLogEntry)
    /// Bytes added that are not sent.
    var pendingBytes: Int { get }
    /// Sends what was added. Returns 0, or an errno; what was not sent is still pending.
    mutating func send(waiting: Bool) -> Int32
    /// Forgets what is pending.
    mutating func discard()
}

/// Writes entries without ever making a caller wait: at once where the journal takes them at once, which saves a warm
/// invocation the change of threads; otherwise through a bounded queue and one thread of its own.
///
/// Order holds for each caller: nothing is written at once while anything is queued.
package final class LogWriter<Output: LogOutput>: Sendable {
    private let backlog: Mutex<LogBacklog>
    /// Held during a send that may wait only while the backlog is not empty, when no caller asks for it.
    private let output: Mutex<Output>
    private let writesAtOnce: Bool
    private let wakeup: Int32
    private let reportLoss: @Sendable (_ entries: Int) -> Void

    /// - Parameters:
    ///   - reportLoss: Called on the writer's thread, with the number of entries that could not be written.
    /// - Throws: ``JournalError/noThread(_:)``.
    package init(
        output: Output, bounds: LogBacklog.Bounds = .standard,
        reportLoss: @escaping @Sendable (_ entries: Int) -> Void
    ) throws(JournalError) {
        self.backlog = Mutex(LogBacklog(bounds: bounds))
        self.writesAtOnce = output.neverWaits
        self.output = Mutex(output)
        self.reportLoss = reportLoss
        self.wakeup = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard self.wakeup >= 0 else { throw .noThread(errno) }
        try startThread { self.run() }
    }

    deinit { _ = Glibc.close(self.wakeup) }

    package func append(_ entries: [FunctionLogEntry]) -> Bool {
        if self.writesAtOnce, self.backlog.withLock({ $0.isEmpty }), self.writeAtOnce(entries) { return true }
        let (hasRoom, wake) = self.backlog.withLock { $0.append(entries) }
        if wake { self.wake() }
        return hasRoom
    }

    package func whenDrained(_ resume: @escaping @Sendable () -> Void) {
        // Called outside the lock: it may append at once.
        self.backlog.withLock { $0.whenDrained(resume) }?()
    }

    /// Waits until everything appended so far is written, at most for `limit`. Returns whether it is.
    package func flush(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock().now.advanced(by: limit)
        return await withCheckedContinuation { continuation in
            let wake = self.backlog.withLock { $0.flush(deadline: deadline) { continuation.resume(returning: $0) } }
            if wake { self.wake() }
        }
    }

    /// Ends the thread once it has written what it can.
    package func close() {
        if self.backlog.withLock({ $0.close() }) { self.wake() }
    }

    /// Returns `false` where the journal takes nothing now; then nothing of `entries` was written.
    private func writeAtOnce(_ entries: [FunctionLogEntry]) -> Bool {
        self.output.withLock { output in
            // More than one datagram could be taken in part only.
            guard entries.reduce(0, { $0 + $1.message.count }) < LogPace.sendBytes else { return false }
            for entry in entries { output.add(entry) }
            if output.send(waiting: false) == 0 { return true }
            output.discard()
            return false
        }
    }

    // MARK: On the writer's thread

    private func run() {
        var failingSince: ContinuousClock.Instant?
        while true {
            self.finishFlushes()
            switch self.backlog.withLock({ $0.nextTurn() }) {
            case .write(let entries): self.write(entries, failingSince: &failingSince)
            case .wait(let deadline): self.sleep(until: deadline)
            case .end: return
            }
        }
    }

    private func write(_ entries: [FunctionLogEntry], failingSince: inout ContinuousClock.Instant?) {
        var count = 0
        var bytes = 0
        for (index, entry) in entries.enumerated() {
            let pending = self.output.withLock { output in
                output.add(entry)
                return output.pendingBytes
            }
            count += 1
            bytes += entry.message.count
            guard pending >= LogPace.sendBytes || index == entries.count - 1 else { continue }
            if !self.deliver(failingSince: &failingSince) { self.reportLoss(count) }
            let resumes = self.backlog.withLock { $0.settled(count: count, bytes: bytes) }
            for resume in resumes { resume() }
            (count, bytes) = (0, 0)
        }
    }

    /// Sends what is pending. Returns `false` where the journal took nothing for too long and it was given up.
    private func deliver(failingSince: inout ContinuousClock.Instant?) -> Bool {
        while true {
            let failure = self.output.withLock { $0.send(waiting: true) }
            if failure == 0 {
                failingSince = nil
                return true
            }
            self.finishFlushes()
            let now = ContinuousClock().now
            let since = failingSince ?? now
            failingSince = since
            if now - since >= LogPace.patience || self.backlog.withLock({ $0.isClosed }) {
                self.output.withLock { $0.discard() }
                return false
            }
            if failure != EAGAIN { _ = poll(nil, 0, LogPace.retryMilliseconds) }
        }
    }

    private func finishFlushes() {
        let finished = self.backlog.withLock { $0.finishedFlushes(now: ContinuousClock().now) }
        for (flush, isComplete) in finished { flush.done(isComplete) }
    }

    private func sleep(until deadline: ContinuousClock.Instant?) {
        var milliseconds: Int32 = -1
        if let deadline {
            let left = (deadline - ContinuousClock().now).milliseconds
            milliseconds = Int32(max(0, min(left.rounded(.up), 3_600_000)))
        }
        var waiting = pollfd(fd: self.wakeup, events: Int16(POLLIN), revents: 0)
        // Safety: one element, and a count of one.
        _ = unsafe poll(&waiting, 1, milliseconds)
        var value: eventfd_t = 0
        // Safety: the pointer is to a local. EAGAIN only says that nobody woke us.
        _ = unsafe eventfd_read(self.wakeup, &value)
    }

    private func wake() { _ = eventfd_write(self.wakeup, 1) }
}

private enum LogPace {
    /// Entries are sent together up to this many bytes: fewer system calls under load, and still one datagram.
    static let sendBytes = 49_152
    /// How long a journal that takes nothing is waited for before entries are given up. Functions are held back
    /// meanwhile; after it they run on, and the loss is reported.
    static let patience = Duration.seconds(30)
    static let retryMilliseconds: Int32 = 100
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a detached thread. Signals stay with the threads that were there before.
func startThread(_ body: @escaping @Sendable () -> Void) throws(JournalError) {
    // Safety: the retain here is given to the thread, which takes it back exactly once; on failure it is released here.
    let passed = unsafe Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    var all = sigset_t()
    var before = sigset_t()
    // Safety: pointers to locals that live through the calls. The new thread inherits the full mask.
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    let failure = unsafe pthread_create(
        &thread, nil,
        { pointer in
            if let pointer = unsafe pointer {
                unsafe Unmanaged<ThreadBody>.fromOpaque(pointer).takeRetainedValue().run()
            }
            return nil
        }, passed.toOpaque())
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    guard failure == 0 else {
        unsafe passed.release()
        throw .noThread(failure)
    }
    pthread_detach(thread)
}
