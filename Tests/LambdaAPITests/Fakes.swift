import LambdaAPI
import LambdaCore
import Synchronization

/// A clock that stands until a test moves it.
final class ManualTime: TimeSource {
    private let state: Mutex<(Instant, WallTime)>

    /// 2026-01-02T03:04:05Z, the time of the published signature vectors.
    static let start = WallTime(milliseconds: 1_767_323_045_000)

    init(wallTime: WallTime = ManualTime.start) { self.state = Mutex((Instant(nanoseconds: 0), wallTime)) }

    var now: Instant { self.state.withLock { $0.0 } }
    var wallTime: WallTime { self.state.withLock { $0.1 } }

    func advance(by duration: Duration) {
        self.state.withLock { $0 = ($0.0.advanced(by: duration), $0.1.advanced(by: duration)) }
    }
}

/// Keeps zips by a digest made from their length; refuses what a test tells it to.
final class FakeCodeStore: CodeStore {
    private let state = Mutex<(zips: [String: [UInt8]], refusal: CodeError?)>(([:], nil))

    func refuse(with error: CodeError) { self.state.withLock { $0.refusal = error } }

    func add(zip: [UInt8]) async throws(CodeError) -> CodeReference {
        try self.state.withLock { (state) throws(CodeError) in
            if let refusal = state.refusal { throw refusal }
            let reference = FakeCodeStore.reference(to: zip)
            state.zips[reference.digest] = zip
            return reference
        }
    }

    func check(zip: [UInt8]) async throws(CodeError) -> CodeReference {
        try self.state.withLock { (state) throws(CodeError) in
            if let refusal = state.refusal { throw refusal }
            return FakeCodeStore.reference(to: zip)
        }
    }

    var digests: Set<String> { Set(self.state.withLock { $0.zips.keys }) }

    private static func reference(to zip: [UInt8]) -> CodeReference {
        CodeReference(digest: "digest\(zip.count)", base64: "sha\(zip.count)", size: zip.count, unzippedSize: zip.count)
    }

    func zip(digest: String) async throws(CodeError) -> [UInt8] {
        try self.state.withLock { (state) throws(CodeError) in
            guard let zip = state.zips[digest] else { throw .failed("no such code") }
            return zip
        }
    }

    func directory(of code: CodeReference) -> String { "/code/\(code.digest)" }

    func collect(keeping live: Set<String>) async throws(CodeError) -> Int { 0 }
}

/// Answers invocations as a test tells it to, and lets the test wait for what happens.
final class FakeSink: InvocationSink {
    typealias Answer = @Sendable (Result<InvocationAnswer, InvocationFailure>) -> Void

    struct Held: Sendable {
        let invocation: Invocation
        let answer: Answer
    }

    enum Event: Sendable, Equatable {
        case changed(FunctionRecord)
        case versionDeleted(VersionKey)
        case deleted(FunctionKey)
    }

    private let reply: @Sendable (Invocation) -> Result<InvocationAnswer, InvocationFailure>?
    let held: AsyncStream<Held>
    let events: AsyncStream<Event>
    private let heldSource: AsyncStream<Held>.Continuation
    private let eventSource: AsyncStream<Event>.Continuation
    private let count = Mutex(0)
    private let concurrency = Mutex<[FunctionConcurrency]>([])

    /// - Parameter reply: `nil` holds the invocation back, for the test to take from ``held``.
    init(reply: @escaping @Sendable (Invocation) -> Result<InvocationAnswer, InvocationFailure>?) {
        self.reply = reply
        (self.held, self.heldSource) = AsyncStream.makeStream()
        (self.events, self.eventSource) = AsyncStream.makeStream()
    }

    /// Gives the payload back.
    static func echo() -> FakeSink {
        FakeSink { .success(InvocationAnswer(payload: $0.payload, executedVersion: "$LATEST")) }
    }

    static func holding() -> FakeSink { FakeSink { _ in nil } }

    var submissions: Int { self.count.withLock { $0 } }

    func submit(_ invocation: Invocation, answer: @escaping Answer) {
        self.count.withLock { $0 += 1 }
        guard let result = self.reply(invocation) else {
            self.heldSource.yield(Held(invocation: invocation, answer: answer))
            return
        }
        answer(result)
    }

    func functionChanged(_ record: FunctionRecord) { self.eventSource.yield(.changed(record)) }
    func versionDeleted(_ version: VersionKey) { self.eventSource.yield(.versionDeleted(version)) }
    func functionDeleted(_ key: FunctionKey) { self.eventSource.yield(.deleted(key)) }

    func concurrencyChanged(_ concurrency: FunctionConcurrency) {
        self.concurrency.withLock { $0.append(concurrency) }
    }

    /// What it was told of concurrency, in order.
    var concurrencies: [FunctionConcurrency] { self.concurrency.withLock { $0 } }

    func nextEvent() async -> Event? {
        var iterator = self.events.makeAsyncIterator()
        return await iterator.next()
    }

    func nextHeld() async -> Held? {
        var iterator = self.held.makeAsyncIterator()
        return await iterator.next()
    }
}

/// Says of every provisioned configuration what a test tells it to.
struct FixedProvisionedStatus: ProvisionedStatusSource {
    var answer = ProvisionedStatus(allocated: 0, available: 0, state: .inProgress)
    func status(of configuration: ProvisionedConcurrencyRecord) -> ProvisionedStatus { self.answer }
}

/// Has `python3.11` and `python3.13`, and nothing else.
struct FakeRuntimes: RuntimeDirectory {
    func manifest(for id: String) -> RuntimeManifest? { nil }

    func refusal(of id: String) -> String? {
        ["python3.11", "python3.13"].contains(id) ? nil : "The runtime \(id) is not installed on this server."
    }
}
