internal import GRDB
package import LambdaCore
internal import Synchronization

/// The queue of asynchronous invocations in one SQLite file, with a write-ahead log and `synchronous = FULL`.
///
/// Commits that come while another is written share the next transaction, and so one `fsync`. There are never more of
/// them waiting than callers, and those the queue's own limits bound.
package final class SQLiteEventStore: EventStore {
    private struct Commit: Sendable {
        let changes: [EventChange]
        /// Of the payloads and bodies that come in.
        let bytes: Int
        let done: @Sendable (Result<Void, StoreError>) -> Void

        var removes: Bool { self.changes.contains(where: \.removes) }
    }

    private struct Waiting: Sendable {
        var commits: [Commit] = []
        var isWriting = false
        /// Of the commits that wait and those that are being written.
        var bytes = 0
        /// Commits of the next transaction. Fewer after one that failed: what is too much for the disk together may fit one by
        /// one.
        var limit = commitsPerTransaction
        /// Whether the files may hold what the disk could have back.
        var looksForSpace = false
    }

    /// What was done last, and so waits for the other now.
    private enum Turn { case commits, space }

    /// Commits of one transaction. A larger one would hold the first of them up for the last.
    private static let commitsPerTransaction = 256

    private let space: SpaceReturn
    private let disk: @Sendable (Int) -> Bool
    private let pool: DatabasePool
    private let waiting = Mutex(Waiting())
    private let written = Atomic<Int>(0)
    /// Bytes of the main file as they are once the log is emptied.
    private let mainBytes = Atomic<Int>(0)

    /// Opens the queue, and makes it where there is none. A file that cannot be used is left as it is.
    ///
    /// - Parameter diskReserve: Bytes of the disk that are left to outcomes, or an eighth of it where that is less.
    package convenience init(path: String, diskReserve: Int = Limits.eventDiskReserve) throws(StoreError) {
        try self.init(path: path) { DiskSpace.hasRoom(for: $0, at: path, reserve: diskReserve) }
    }

    /// - Parameter disk: Whether it has room for so many bytes.
    init(path: String, disk: @escaping @Sendable (_ bytes: Int) -> Bool) throws(StoreError) {
        self.space = SpaceReturn(path: path)
        self.disk = disk
        do {
            self.pool = try DatabaseFile.open(path, label: "events", busyTimeout: 5) { try EventSchema.check($0) }
            try EventSchema.migrations.migrate(self.pool)
            try self.pool.writeWithoutTransaction { try self.measure($0) }
        } catch { throw StoreError(opening: path, error) }
    }

    /// What is committed is in the log first and in the main file later, so it needs space twice. A log that has filled the
    /// disk could not be emptied any more, and nothing could leave the queue.
    package func hasRoom(for bytes: Int) -> Bool {
        let coming = self.waiting.withLock(\.bytes) + bytes
        return self.disk(self.owed + 2 * coming)
    }

    /// Bytes of the disk that the main file will take when the log is emptied.
    private var owed: Int { self.space.growth(to: self.mainBytes.load(ordering: .relaxed)) }

    private func measure(_ database: Database) throws {
        self.mainBytes.store(try self.space.space(of: database).mainBytes, ordering: .relaxed)
    }

    package func makeRoom() {
        let isFirst = self.waiting.withLock { waiting in
            waiting.looksForSpace = true
            defer { waiting.isWriting = true }
            return !waiting.isWriting
        }
        if isFirst { self.write(after: .commits) }
    }

    /// Transactions so far, for tests of their number.
    var transactionCount: Int { self.written.load(ordering: .relaxed) }

    /// Whether nothing is written and nothing given back, for tests that wait for it.
    var isIdle: Bool { self.waiting.withLock { !$0.isWriting } }

    package func commit(_ changes: [EventChange]) async throws(StoreError) {
        guard !changes.isEmpty else { return }
        let result: Result<Void, StoreError> = await withCheckedContinuation { continuation in
            let bytes = changes.reduce(0) { $0 + $1.bytes }
            let commit = Commit(changes: changes, bytes: bytes) { continuation.resume(returning: $0) }
            let isFirst = self.waiting.withLock { waiting in
                waiting.commits.append(commit)
                waiting.bytes += bytes
                defer { waiting.isWriting = true }
                return !waiting.isWriting
            }
            if isFirst { self.write(after: .space) }
        }
        try result.get()
    }

    /// Writes what waits, gives back what is not needed any more, and goes on until there is neither. The two take turns, so
    /// that a file which shrinks holds nobody up for longer than one step.
    private func write(after last: Turn) {
        let (commits, looks) = self.waiting.withLock { waiting -> ([Commit], Bool) in
            let looks = waiting.looksForSpace && (last == .commits || waiting.commits.isEmpty)
            let next = looks ? [] : Array(waiting.commits.prefix(waiting.limit))
            waiting.commits.removeFirst(next.count)
            if looks { waiting.looksForSpace = false }
            waiting.isWriting = looks || !next.isEmpty
            return (next, looks)
        }
        if looks { return self.returnSpace() }
        guard !commits.isEmpty else { return }
        self.written.add(1, ordering: .relaxed)
        self.pool.asyncWrite { database in
            for commit in commits {
                for change in commit.changes { try EventRows.apply(change, to: database) }
            }
        } completion: { database, result in
            // An older figure is good enough where this fails: the next commit tells.
            try? self.measure(database)
            self.waiting.withLock { waiting in
                waiting.bytes -= commits.reduce(0) { $0 + $1.bytes }
                waiting.limit =
                    result.isFailure
                    ? max(1, waiting.limit / 2) : min(Self.commitsPerTransaction, waiting.limit * 2)
                // After a failure, for what the disk did not take it may have room for then.
                if result.isFailure || commits.contains(where: \.removes) { waiting.looksForSpace = true }
            }
            // On the queue that writes: the next transaction is asked for before anybody is woken.
            self.write(after: .commits)
            let outcome = result.mapError { error in
                (error as? DatabaseError).map { StoreError($0) } ?? StoreError.failed("\(error)")
            }
            for commit in commits { commit.done(outcome) }
        }
    }

    private func returnSpace() {
        self.pool.asyncWriteWithoutTransaction { database in
            let isBusy = self.waiting.withLock { !$0.commits.isEmpty }
            // What could not be given back is asked for again after the next removal.
            let hasRoom = self.disk(self.owed)
            let hasMore = (try? self.space.step(in: database, hasRoom: hasRoom, isBusy: isBusy)) ?? false
            try? self.measure(database)
            if hasMore { self.waiting.withLock { $0.looksForSpace = true } }
            self.write(after: .space)
        }
    }

    package func payload(of sequence: Int64) async throws(StoreError) -> [UInt8]? {
        try await self.read { database in
            let data = try Row.fetchOne(
                database, sql: "SELECT payload FROM event WHERE sequence = ?", arguments: [sequence])
            return try data.map { try EventRows.bytes($0, "payload") }
        }
    }

    package func backlog() async throws(StoreError) -> EventBacklog {
        try await self.read { database in
            EventBacklog(
                events: try EventRows.events(in: database), deliveries: try EventRows.deliveries(in: database))
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do { return try await self.pool.read(body) } catch let error as DatabaseError { throw StoreError(error) } catch
        {
            throw error as? StoreError ?? .failed("\(error)")
        }
    }
}

extension EventChange {
    /// Of what comes in and is large.
    fileprivate var bytes: Int {
        switch self {
        case .add(let event): event.payloadBytes
        case .addDelivery(let delivery): delivery.body.count
        case .remove, .removeDelivery, .postpone, .postponeDelivery: 0
        }
    }

    /// Whether less is in the queue afterwards.
    fileprivate var removes: Bool {
        switch self {
        case .remove, .removeDelivery: true
        case .add, .postpone, .addDelivery, .postponeDelivery: false
        }
    }
}

extension Result {
    fileprivate var isFailure: Bool {
        switch self {
        case .success: false
        case .failure: true
        }
    }
}
