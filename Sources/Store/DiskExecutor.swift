internal import Dispatch

/// Threads that may wait for the disk, as the ones of Swift's own pool may not.
///
/// A task that prefers this executor goes through the stores of this target without a change of thread: each change costs
/// a wake-up, which on an idle machine takes as long as writing a small file. How many threads there are is up to
/// libdispatch, which adds some while others block.
package final class DiskExecutor: TaskExecutor {
    package static let shared = DiskExecutor()

    private let queue = DispatchQueue(label: "disk", attributes: .concurrent)

    private init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.queue.async { [self] in
            // Safety: every job is run once, and this executor lives as long as the process.
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }

    /// Runs what blocks: at once where the task is here already.
    static func run<Value: Sendable, Failure: Error>(
        _ body: @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withTaskExecutorPreference(Self.shared) { () async throws(Failure) -> Value in try body() }
    }
}
