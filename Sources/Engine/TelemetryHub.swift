internal import LambdaCore
internal import Lifecycle

/// What happens in one environment, for those of its extensions that subscribed. Bound to the environment's event loop.
///
/// Until its init is over everything is kept, for whoever subscribes gets what came before, too. Then it goes away, unless
/// there is a subscriber.
final class TelemetryHub {
    private(set) var subscribers: [TelemetrySubscriber] = []
    private let time: any TimeSource
    private let isJSONLog: Bool
    private var history: [TelemetryEvent] = []
    private var historyBytes = 0
    private var forgotten = TelemetryBufferMachine.Dropped()
    /// Whether an extension may subscribe.
    private(set) var isOpen = true

    init(time: any TimeSource, isJSONLog: Bool) {
        self.time = time
        self.isJSONLog = isJSONLog
    }

    func tell(_ record: PlatformRecord) { self.tell(.platform(record)) }

    func tell(_ content: TelemetryEvent.Content) {
        let event = TelemetryEvent(time: self.time.wallTime, content: content, isJSONLog: self.isJSONLog)
        self.keep(event)
        for subscriber in self.subscribers { subscriber.tell(event) }
    }

    private func keep(_ event: TelemetryEvent) {
        guard self.isOpen else { return }
        guard self.historyBytes + event.size <= Limits.telemetryReplayBytes else {
            self.forgotten.records += 1
            self.forgotten.bytes += event.size
            return
        }
        self.historyBytes += event.size
        self.history.append(event)
    }

    func subscriber(named name: String) -> TelemetrySubscriber? { self.subscribers.first { $0.name == name } }

    func add(_ subscriber: TelemetrySubscriber) {
        self.subscribers.append(subscriber)
        for event in self.history { subscriber.tell(event) }
        if self.forgotten.records > 0 {
            subscriber.tell(
                TelemetryEvent(
                    time: self.time.wallTime,
                    content: .platform(
                        .logsDropped(
                            bytes: self.forgotten.bytes, records: self.forgotten.records,
                            reason: "more was written before the subscription than is kept"))))
        }
    }

    /// Nobody subscribes any more.
    func closeHistory() {
        self.isOpen = false
        self.history = []
    }

    func flush() { for subscriber in self.subscribers { subscriber.flush() } }

    func close() {
        for subscriber in self.subscribers { subscriber.close() }
        self.subscribers = []
        self.closeHistory()
    }
}
