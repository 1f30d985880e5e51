internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// One subscriber: what waits for it, and the connection over which it goes. Bound to the environment's event loop.
///
/// - Note: `@unchecked Sendable` because timers on its event loop capture it; no other thread touches it.
final class TelemetrySubscriber: @unchecked Sendable {
    /// What stands in `reason` of an event about dropped ones. Source: Lambda developer guide.
    private static let dropReasons: [TelemetryAPI: String] = [
        .telemetry: "Some logs were dropped because the downstream consumer is slower than the logs production rate",
        .logs: "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.",
    ]

    let name: String
    let subscription: TelemetrySubscription
    private let parts: EngineParts
    private let loop: any EventLoop
    private let sockets: SandboxSockets
    private let passing: any DescriptorPassing
    private var machine: TelemetryBufferMachine
    private var connection: (any TelemetryConnection)?
    /// The batch that is on its way, and how often it was tried in vain.
    private var batch: [[UInt8]]?
    private var failures = 0
    private var timer: Scheduled<Void>?
    private var retryTimer: Scheduled<Void>?
    private var isClosed = false

    init(
        name: String, subscription: TelemetrySubscription, parts: EngineParts, passing: any DescriptorPassing,
        sockets: SandboxSockets, loop: any EventLoop
    ) {
        self.name = name
        self.subscription = subscription
        self.parts = parts
        self.passing = passing
        self.sockets = sockets
        self.loop = loop
        self.machine = TelemetryBufferMachine(subscription.buffering)
    }

    func tell(_ event: TelemetryEvent) {
        guard let json = event.json(for: self.subscription) else { return }
        self.perform(self.machine.appended(json, now: self.parts.time.now))
    }

    /// What waits goes now, and what comes does not wait.
    func flush() { self.perform(self.machine.flushed()) }

    func close() {
        self.isClosed = true
        self.timer?.cancel()
        self.retryTimer?.cancel()
        self.connection?.close()
        self.connection = nil
        self.batch = nil
    }

    private func perform(_ action: TelemetryBufferMachine.Action) {
        switch action {
        case .nothing:
            break
        case .armTimer(let instant):
            self.timer?.cancel()
            let delay = max(0, instant.since(self.parts.time.now).nanoseconds)
            self.timer = self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) { [weak self] in
                guard let self, !self.isClosed else { return }
                self.perform(self.machine.timerFired(now: self.parts.time.now))
            }
        case .send(let events):
            self.batch = events
            self.failures = 0
            self.tryBatch()
        }
    }

    private func tryBatch() {
        guard let batch = self.batch, !self.isClosed else { return }
        if let connection = self.connection, connection.isUsable {
            connection.send(batch) { [weak self] isDelivered in self?.batchEnded(isDelivered) }
            return
        }
        self.connection = nil
        self.sockets.request { [weak self] socket in self?.connect(socket) }
    }

    private func connect(_ socket: Int32?) {
        guard let socket else { return self.retryLater() }
        guard !self.isClosed, self.passing.connect(socket, toLoopbackPort: self.subscription.destination.port) else {
            self.parts.reader.close(socket)
            return self.retryLater()
        }
        self.connection = self.parts.runtimeServer.telemetryConnection(
            socket: socket, to: self.subscription.destination, on: self.loop)
        self.tryBatch()
    }

    private func batchEnded(_ isDelivered: Bool) {
        guard !self.isClosed else { return }
        guard isDelivered else {
            self.connection?.close()
            self.connection = nil
            return self.retryLater()
        }
        self.batch = nil
        let (dropped, action) = self.machine.delivered(now: self.parts.time.now)
        self.perform(action)
        if let dropped {
            self.tell(
                TelemetryEvent(
                    time: self.parts.time.wallTime,
                    content: .platform(
                        .logsDropped(
                            bytes: dropped.bytes, records: dropped.records,
                            reason: Self.dropReasons[self.subscription.api] ?? ""))))
        }
    }

    /// The consumer is not there yet, does not answer, or answers with an error: the same batch again.
    private func retryLater() {
        guard !self.isClosed else { return }
        let backoff = Limits.telemetryBackoff
        let delay = min(backoff.upperBound, backoff.lowerBound * (1 << min(self.failures, 16)))
        self.failures += 1
        self.retryTimer = self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.nanoseconds)) { [weak self] in
            self?.tryBatch()
        }
    }
}
