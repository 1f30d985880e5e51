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

/// Functions in a dictionary, with the store's promises: revisions, generations, preconditions.
final class FakeFunctionStore: FunctionStore {
    private struct State {
        var records: [FunctionKey: FunctionRecord] = [:]
        var writes = 0
        var failure: StoreError?

        mutating func stamp(_ record: inout FunctionRecord, newGeneration: Bool) {
            self.writes += 1
            record.revisionID = "revision-\(self.writes)"
            if newGeneration { record.generation += 1 }
        }
    }

    private let state = Mutex(State())

    /// Makes every later call fail.
    func fail(with error: StoreError) { self.state.withLock { $0.failure = error } }

    func put(_ record: FunctionRecord) { self.state.withLock { $0.records[record.key] = record } }

    func create(_ record: FunctionRecord) async throws(StoreError) -> FunctionRecord {
        try self.locked { (state) throws(StoreError) in
            guard state.records[record.key] == nil else { throw .alreadyExists(record.key) }
            var stored = record
            state.stamp(&stored, newGeneration: true)
            stored.userSlot = state.records.count
            state.records[record.key] = stored
            return stored
        }
    }

    func function(_ key: FunctionKey) async throws(StoreError) -> FunctionRecord? {
        try self.locked { (state) throws(StoreError) in state.records[key] }
    }

    func update(
        _ key: FunctionKey, expectedRevision: String?, newGeneration: Bool,
        change: @escaping @Sendable (inout FunctionRecord) -> Void
    ) async throws(StoreError) -> FunctionRecord {
        try self.locked { (state) throws(StoreError) in
            guard var record = state.records[key] else { throw .notFound(key) }
            if let expectedRevision, expectedRevision != record.revisionID { throw .revisionMismatch }
            change(&record)
            state.stamp(&record, newGeneration: newGeneration)
            state.records[key] = record
            return record
        }
    }

    func delete(_ key: FunctionKey) async throws(StoreError) -> FunctionRecord {
        try self.locked { (state) throws(StoreError) in
            guard let record = state.records.removeValue(forKey: key) else { throw .notFound(key) }
            return record
        }
    }

    func list(
        account: AccountID, region: Region, after: FunctionName?, limit: Int
    ) async throws(StoreError) -> [FunctionRecord] {
        try self.locked { (state) throws(StoreError) in
            let mine = state.records.values.filter { $0.key.account == account && $0.key.region == region }
                .sorted { $0.key.name < $1.key.name }
            return Array(mine.filter { record in after.map { $0 < record.key.name } ?? true }.prefix(limit))
        }
    }

    func everything() async throws(StoreError) -> [FunctionRecord] {
        try self.locked { (state) throws(StoreError) in Array(state.records.values) }
    }

    private func locked<Value: Sendable>(
        _ body: (inout State) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        try self.state.withLock { (state) throws(StoreError) in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }
}

/// Keeps zips by a digest made from their length; refuses what a test tells it to.
final class FakeCodeStore: CodeStore {
    private let state = Mutex<(zips: [String: [UInt8]], refusal: CodeError?)>(([:], nil))

    func refuse(with error: CodeError) { self.state.withLock { $0.refusal = error } }

    func add(zip: [UInt8]) async throws(CodeError) -> CodeReference {
        try self.state.withLock { (state) throws(CodeError) in
            if let refusal = state.refusal { throw refusal }
            let digest = "digest\(zip.count)"
            state.zips[digest] = zip
            return CodeReference(digest: digest, base64: "sha\(zip.count)", size: zip.count)
        }
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
        case deleted(FunctionKey)
    }

    private let reply: @Sendable (Invocation) -> Result<InvocationAnswer, InvocationFailure>?
    let held: AsyncStream<Held>
    let events: AsyncStream<Event>
    private let heldSource: AsyncStream<Held>.Continuation
    private let eventSource: AsyncStream<Event>.Continuation
    private let count = Mutex(0)

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
    func functionDeleted(_ key: FunctionKey) { self.eventSource.yield(.deleted(key)) }

    func nextEvent() async -> Event? {
        var iterator = self.events.makeAsyncIterator()
        return await iterator.next()
    }

    func nextHeld() async -> Held? {
        var iterator = self.held.makeAsyncIterator()
        return await iterator.next()
    }
}

/// Has `python3.11` and nothing else.
struct FakeRuntimes: RuntimeDirectory {
    func manifest(for id: String) -> RuntimeManifest? { nil }

    func refusal(of id: String) -> String? {
        id == "python3.11" ? nil : "The runtime \(id) is not installed on this server."
    }
}
