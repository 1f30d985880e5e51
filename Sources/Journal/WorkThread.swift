import CSystemd
import Glibc
import Synchronization

/// One thread that does blocking work in order, with a bounded queue before it.
package final class WorkThread: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let maximumWaiting: Int
    private let state = Mutex(State())
    private let wakeup: Int32

    /// - Throws: ``JournalError/noThread(_:)``.
    package init(maximumWaiting: Int) throws(JournalError) {
        self.maximumWaiting = maximumWaiting
        self.wakeup = eventfd(0, Int32(EFD_CLOEXEC))
        guard self.wakeup >= 0 else { throw .noThread(errno) }
        try startThread { self.run() }
    }

    deinit { _ = Glibc.close(self.wakeup) }

    /// Returns `false` where too many wait already; `job` is not done then.
    package func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = self.state.withLock { state in
            guard !state.isClosed, state.jobs.count < self.maximumWaiting else { return false }
            state.jobs.append(job)
            return true
        }
        if isTaken { _ = eventfd_write(self.wakeup, 1) }
        return isTaken
    }

    /// Ends the thread once it has done what was submitted.
    package func close() {
        self.state.withLock { $0.isClosed = true }
        _ = eventfd_write(self.wakeup, 1)
    }

    private func run() {
        while true {
            let (job, isClosed) = self.state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isClosed)
            }
            if let job {
                job()
                continue
            }
            if isClosed { return }
            var count: eventfd_t = 0
            // Safety: a pointer to a local. An interrupted wait only looks at the queue once more.
            _ = unsafe eventfd_read(self.wakeup, &count)
        }
    }
}
