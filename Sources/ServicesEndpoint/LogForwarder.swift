package import LambdaCore
package import Logging
package import NIOCore
internal import Synchronization

/// Sends lines of functions to CloudWatch Logs of the services endpoint, behind the back of whoever writes them.
///
/// In the order of its life: ``append(_:)`` and ``run()`` beside each other, ``close()``, after which ``run()`` sends what
/// waits, once, and returns.
package final class LogForwarder: Sendable {
    private struct State {
        var queue: ForwardQueue
        /// A wake-up is on its way.
        var isArmed = false
        var isClosed = false
    }

    /// Streams whose group and stream are known to be there; beyond so many, they are all made sure of again.
    private static let knownStreams = 4_096
    /// Between two lines of lambdad's log about lines that were lost.
    private static let reportInterval = Duration.seconds(60)
    /// How long what waits may still be sent at the end.
    private static let closingLimit = Duration.seconds(5)
    /// Seconds between tries, doubled to the second.
    private static let pauses = (shortest: 1, longest: 32)

    private let calls: LogCalls
    private let loop: any EventLoop
    private let interval: Duration
    private let time: any TimeSource
    private let logger: Logger
    private let state: Mutex<State>
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - serviceCredentials: Sign the requests; all accounts' lines go to the one account that they stand for.
    ///   - memoryBytes: Of lines that wait, with 128 bytes for each beside its text.
    ///   - interval: How long a line waits for others.
    package init(
        endpoint: ServicesEndpointAddress, serviceCredentials: Credentials, group: any EventLoopGroup,
        time: any TimeSource, memoryBytes: Int, interval: Duration, timeouts: ServiceTimeouts = .init(), logger: Logger
    ) {
        let loop = group.next()
        self.loop = loop
        self.calls = LogCalls(
            exchange: HTTPExchange(address: endpoint, limits: HTTPExchange.Limits(timeouts), group: loop),
            credentials: serviceCredentials, time: time)
        self.interval = interval
        self.time = time
        self.logger = logger
        self.state = Mutex(State(queue: ForwardQueue(maximumBytes: memoryBytes)))
        // One wake-up stands for all before it.
        (self.wakes, self.wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes lines, as many as there is room for. Does not block.
    package func append(_ entries: [FunctionLogEntry]) {
        let arms = self.state.withLock { state in
            state.queue.append(entries)
            defer { state.isArmed = true }
            return !state.isArmed
        }
        if arms { self.ring(after: self.interval) }
    }

    /// Nothing more will come.
    package func close() {
        self.state.withLock { $0.isClosed = true }
        self.wake.yield()
    }

    private func ring(after delay: Duration) {
        self.loop.scheduleTask(in: .nanoseconds(delay.nanoseconds)) { [wake] in wake.yield() }
    }

    package func run() async {
        var known: Set<ForwardQueue.Stream> = []
        var reported: Instant?
        var lost = 0
        for await _ in self.wakes {
            let isLast = self.state.withLock { state in
                state.isArmed = false
                return state.isClosed
            }
            let failures = await self.sendAll(
                &known, deadline: isLast ? self.time.now.advanced(by: Self.closingLimit) : nil)
            lost += self.state.withLock { $0.queue.takeLost() }
            if lost > 0, isLast || reported.map({ self.time.now.since($0) >= Self.reportInterval }) ?? true {
                self.logger.warning(
                    "lines of functions were not sent to the services endpoint", metadata: ["count": "\(lost)"])
                (reported, lost) = (self.time.now, 0)
            }
            if isLast { return }
            if failures > 0 { self.pause(after: failures) }
        }
    }

    /// Lines that come meanwhile do not ring before this does.
    private func pause(after failures: Int) {
        self.state.withLock { $0.isArmed = true }
        self.ring(after: .seconds(min(Self.pauses.shortest << min(failures - 1, 8), Self.pauses.longest)))
    }

    /// Sends until nothing waits, or something has to wait. Returns how often that has failed by now.
    private func sendAll(_ known: inout Set<ForwardQueue.Stream>, deadline: Instant?) async -> Int {
        while let batch = self.state.withLock({ $0.queue.next(now: self.time.wallTime) }) {
            if let deadline, self.time.now >= deadline {
                self.state.withLock { $0.queue.settled(batch, refused: batch.events.count) }
                continue
            }
            do {
                let refused = try await self.send(batch, &known)
                self.state.withLock { $0.queue.settled(batch, refused: refused) }
            } catch {
                if batch.failures == 0 {
                    self.logger.warning(
                        "lines of functions could not be sent yet", metadata: ["reason": "\(error)"])
                }
                let isAgain = self.state.withLock { $0.queue.failed(batch) }
                if isAgain, deadline == nil { return batch.failures + 1 }
            }
        }
        return 0
    }

    private struct Temporary: Error, CustomStringConvertible { let description: String }

    /// Returns how many lines will never be there.
    private func send(
        _ batch: ForwardQueue.Batch, _ known: inout Set<ForwardQueue.Stream>
    ) async throws(Temporary) -> Int {
        var token: String?
        // Whatever an answer asks for is done once: the stream made, the token sent.
        for _ in 0..<3 {
            do throws(LogCalls.Failure) {
                try await self.makeSure(of: batch.stream, &known)
                return try await self.calls.put(batch, token: token)
            } catch {
                switch error {
                case .notFound: known.remove(batch.stream)
                case .badToken(let expected): token = expected
                case .alreadyAccepted, .alreadyThere: return 0
                case .temporary(let text): throw Temporary(description: text)
                case .refused(let text):
                    self.logger.warning("the services endpoint takes lines not", metadata: ["reason": "\(text)"])
                    return batch.events.count
                }
            }
        }
        throw Temporary(description: "the services endpoint has no such log stream, although it was made")
    }

    private func makeSure(
        of stream: ForwardQueue.Stream, _ known: inout Set<ForwardQueue.Stream>
    ) async throws(LogCalls.Failure) {
        guard !known.contains(stream) else { return }
        do { try await self.calls.createGroup(stream) } catch { if error != .alreadyThere { throw error } }
        do { try await self.calls.createStream(stream) } catch { if error != .alreadyThere { throw error } }
        if known.count >= Self.knownStreams { known.removeAll() }
        known.insert(stream)
    }
}
