internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import Synchronization

/// Waits for a disk that says no, until it takes what is to be written or the plane closes.
///
/// A function that has run shall not run again because its outcome could not be written down: the outcome is kept in memory
/// and tried again. Meanwhile its event counts as running, so that a disk which stays full brings the events to a stand,
/// and not the functions to run over and over.
final class DiskPatience: Sendable {
    private struct State {
        var isClosed = false
        var next = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private static let backoff = Backoff(
        shortest: Limits.eventBackoff.lowerBound, longest: Limits.eventOutcomeRetry)

    private let state = Mutex(State())
    private let alarm: any Alarm
    private let logger: Logger

    init(alarm: any Alarm, logger: Logger) {
        self.alarm = alarm
        self.logger = logger
    }

    /// Ends every wait: what was not written is on disk as it was before, and is taken up at the next start.
    func close() {
        let waiters = self.state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// - Throws: What `write` threw last, once this is closed.
    func write(
        of request: RequestID, _ write: () async throws(StoreError) -> Void
    ) async throws(StoreError) {
        var failures = 0
        while true {
            do { return try await write() } catch {
                guard !self.state.withLock(\.isClosed) else { throw error }
                failures += 1
                if failures == 1 {
                    self.logger.error(
                        "the event queue's disk does not take an outcome, it is tried until it does: \(error)",
                        metadata: ["request": "\(request)"])
                }
                await self.pause(Self.backoff.delay(after: failures))
            }
        }
    }

    private func pause(_ delay: Duration) async {
        await withCheckedContinuation { continuation in
            let number = self.state.withLock { state -> Int? in
                guard !state.isClosed else { return nil }
                state.next += 1
                state.waiters[state.next] = continuation
                return state.next
            }
            guard let number else { return continuation.resume() }
            self.alarm.ring(after: delay) { [weak self] in
                self?.state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
            }
        }
    }
}
