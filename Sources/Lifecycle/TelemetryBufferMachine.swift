package import LambdaCore

/// What waits for one subscriber of telemetry: events are sent in batches, one batch at a time.
///
/// A batch goes when it is large enough or its oldest event has waited long enough. What becomes large enough while the one
/// before is still on its way is dropped and counted: the function is never slowed by a consumer.
package struct TelemetryBufferMachine: Sendable {
    package struct Settings: Sendable, Equatable {
        package var items: Int
        package var bytes: Int
        package var timeout: Duration

        package init(
            items: Int = Limits.defaultTelemetryItems, bytes: Int = Limits.defaultTelemetryBytes,
            timeout: Duration = .milliseconds(Limits.defaultTelemetryTimeout)
        ) {
            self.items = items
            self.bytes = bytes
            self.timeout = timeout
        }
    }

    package struct Dropped: Sendable, Equatable {
        package var records = 0
        package var bytes = 0

        package init(records: Int = 0, bytes: Int = 0) {
            self.records = records
            self.bytes = bytes
        }
    }

    package enum Action: Equatable, Sendable {
        case nothing
        /// Call ``timerFired(now:)`` at this instant.
        case armTimer(at: Instant)
        case send([[UInt8]])
    }

    private let settings: Settings
    private var events: [[UInt8]] = []
    private var bytes = 0
    private var due: Instant?
    private var isSending = false
    private var isFlushing = false
    private var dropped = Dropped()

    package init(_ settings: Settings) { self.settings = settings }

    /// Nothing waits and nothing is on its way.
    package var isEmpty: Bool { self.events.isEmpty && !self.isSending }

    package mutating func appended(_ event: [UInt8], now: Instant) -> Action {
        self.events.append(event)
        self.bytes += event.count
        let isFull = self.events.count >= self.settings.items || self.bytes >= self.settings.bytes
        if isFull, self.isSending {
            self.dropped.records += self.events.count
            self.dropped.bytes += self.bytes
            self.clear()
            return .nothing
        }
        if isFull || self.isFlushing, !self.isSending { return self.send() }
        guard self.due == nil else { return .nothing }
        let due = now.advanced(by: self.settings.timeout)
        self.due = due
        return self.isSending ? .nothing : .armTimer(at: due)
    }

    package mutating func timerFired(now: Instant) -> Action {
        guard let due = self.due, !self.isSending else { return .nothing }
        guard now >= due else { return .armTimer(at: due) }
        return self.send()
    }

    /// The batch arrived. What was dropped meanwhile is to be told to the consumer.
    package mutating func delivered(now: Instant) -> (dropped: Dropped?, action: Action) {
        self.isSending = false
        let dropped = self.dropped.records > 0 ? self.dropped : nil
        self.dropped = Dropped()
        guard let due = self.due else { return (dropped, .nothing) }
        return (dropped, now >= due || self.isFlushing ? self.send() : .armTimer(at: due))
    }

    /// From now on nothing waits: an input ended, or the environment does.
    package mutating func flushed() -> Action {
        self.isFlushing = true
        return self.isSending || self.events.isEmpty ? .nothing : self.send()
    }

    private mutating func send() -> Action {
        self.isSending = true
        defer { self.clear() }
        return .send(self.events)
    }

    private mutating func clear() {
        self.events = []
        self.bytes = 0
        self.due = nil
    }
}
