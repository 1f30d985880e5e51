import Engine
import LambdaCore
import Logging
import Synchronization
import TestSupport

/// Hands invocations to the test, which answers them.
final class HeldInvocations: InvocationSink {
    struct Held: Sendable {
        let invocation: Invocation
        let answer: @Sendable (Result<InvocationAnswer, InvocationFailure>) -> Void
    }

    private let held: AsyncStream<Held>
    private let source: AsyncStream<Held>.Continuation

    init() { (self.held, self.source) = AsyncStream.makeStream() }

    func submit(
        _ invocation: Invocation, answer: @escaping @Sendable (Result<InvocationAnswer, InvocationFailure>) -> Void
    ) { self.source.yield(Held(invocation: invocation, answer: answer)) }

    func functionChanged(_ record: FunctionRecord) {}
    func versionDeleted(_ version: VersionKey) {}
    func functionDeleted(_ key: FunctionKey) {}
    func concurrencyChanged(_ concurrency: FunctionConcurrency) {}

    /// The next invocation, unanswered.
    func next() async -> Held? {
        var iterator = self.held.makeAsyncIterator()
        return await iterator.next()
    }

    /// The next invocation, answered.
    @discardableResult
    func answer(_ result: Result<InvocationAnswer, InvocationFailure>) async -> Invocation? {
        let next = await self.next()
        next?.answer(result)
        return next?.invocation
    }
}

extension Result<InvocationAnswer, InvocationFailure> {
    static func answered(_ payload: String, isError: Bool = false) -> Self {
        .success(
            InvocationAnswer(payload: Array(payload.utf8), isFunctionError: isError, executedVersion: "$LATEST"))
    }
}

/// Functions that the test writes and deletes.
final class FixedLookup: FunctionLookup {
    private let targets = Mutex<[String: EventTarget]>([:])

    func set(_ target: EventTarget?, _ name: String, qualifier: String? = nil) {
        self.targets.withLock { $0["\(name):\(qualifier ?? "")"] = target }
    }

    func target(of function: FunctionKey, qualifier: String?) -> EventTarget? {
        self.targets.withLock { $0["\(function.name):\(qualifier ?? "")"] }
    }
}

/// Rings when the test moves the clock.
final class ManualAlarm: Alarm {
    private struct Ring: Sendable {
        let due: Instant
        let body: @Sendable () -> Void
    }

    let clock: ManualClock
    private let rings = Mutex<[Ring]>([])
    private let (set, setting) = AsyncStream.makeStream(of: Duration.self)

    init(clock: ManualClock) { self.clock = clock }

    func ring(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        self.rings.withLock { $0.append(Ring(due: self.clock.now.advanced(by: delay), body: body)) }
        self.setting.yield(delay)
    }

    /// Waits until a timer is set, and gives its delay.
    func nextSetting() async -> Duration? {
        var iterator = self.set.makeAsyncIterator()
        return await iterator.next()
    }

    func advance(by duration: Duration) {
        self.clock.advance(by: duration)
        let now = self.clock.now
        let due = self.rings.withLock { rings in
            defer { rings.removeAll { $0.due <= now } }
            return rings.filter { $0.due <= now }
        }
        for ring in due { ring.body() }
    }
}

/// Hands deliveries to the test.
final class HeldDeliveries: DeliverySender {
    private let sent: AsyncStream<EventDelivery>
    private let source: AsyncStream<EventDelivery>.Continuation
    private let failure = Mutex<DeliveryError?>(nil)

    init() { (self.sent, self.source) = AsyncStream.makeStream() }

    func fail(with error: DeliveryError?) { self.failure.withLock { $0 = error } }

    func send(_ delivery: EventDelivery) async throws(DeliveryError) {
        self.source.yield(delivery)
        if let failure = self.failure.withLock({ $0 }) { throw failure }
    }

    func next() async -> EventDelivery? {
        var iterator = self.sent.makeAsyncIterator()
        return await iterator.next()
    }
}

/// An event plane on a manual clock, whose functions and services are played by the test.
struct EventPlaneFixture: Sendable {
    let store: MemoryEventStore
    let sink = HeldInvocations()
    let lookup = FixedLookup()
    let sender = HeldDeliveries()
    let alarm: ManualAlarm
    let plane: EventPlane

    init(store: MemoryEventStore = .init(), clock: ManualClock = .init(), settings: EventSettings = .init()) {
        self.store = store
        self.alarm = ManualAlarm(clock: clock)
        self.plane = EventPlane(
            parts: EventParts(
                store: store, sink: self.sink, lookup: self.lookup, sender: self.sender, time: clock,
                moments: ManualMoments(clock: clock), alarm: self.alarm, settings: { settings },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        self.lookup.set(Self.target(), "f")
    }

    static func target(
        onSuccess: String? = nil, onFailure: String? = nil, retries: Int? = nil, age: Int? = nil,
        deadLetter: String? = nil, isSwitchedOff: Bool = false, version: String = FunctionRecord.latest,
        endsLoops: Bool = true
    ) -> EventTarget {
        var record = FunctionRecord(
            key: .named("f"), role: "arn:aws:iam::000000000000:role/r", runtime: "test", handler: "app.handler",
            code: CodeReference(digest: "d", base64: "", size: 1), lastModified: WallTime(milliseconds: 0))
        record.state = .active
        record.version = version
        record.deadLetterTarget = deadLetter
        var config = EventInvokeConfigRecord(
            function: .named("f"), qualifier: FunctionRecord.latest, modified: WallTime(milliseconds: 0))
        config.onSuccess = onSuccess
        config.onFailure = onFailure
        config.maximumRetryAttempts = retries
        config.maximumEventAge = age
        return EventTarget(function: record, config: config, isSwitchedOff: isSwitchedOff, endsLoops: endsLoops)
    }

    /// Runs the plane beside `body`.
    func run(_ body: () async throws -> Void) async throws {
        try await self.plane.recover()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await self.plane.run() }
            defer { self.plane.close() }
            try await body()
        }
    }
}
