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
        let done: @Sendable (Result<Void, StoreError>) -> Void

        var removes: Bool { self.changes.contains(where: \.removes) }
    }

    private struct Waiting: Sendable {
        var commits: [Commit] = []
        var isWriting = false
        /// Whether the files may hold what the disk could have back.
        var looksForSpace = false
    }

    /// What was done last, and so waits for the other now.
    private enum Turn { case commits, space }

    /// Commits of one transaction. A larger one would hold the first of them up for the last.
    private static let commitsPerTransaction = 256

    private let space: SpaceReturn
    private let pool: DatabasePool
    private let waiting = Mutex(Waiting())
    private let written = Atomic<Int>(0)

    /// Opens the queue, and makes it where there is none. A file that cannot be used is left as it is.
    ///
    /// - Parameter diskReserve: Bytes of the disk that are left to outcomes, or an eighth of it where that is less.
    package convenience init(path: String, diskReserve: Int = Limits.eventDiskReserve) throws(StoreError) {
        try self.init(path: path) { DiskSpace.hasRoom(at: path, reserve: diskReserve) }
    }

    init(path: String, hasRoom: @escaping @Sendable () -> Bool) throws(StoreError) {
        self.space = SpaceReturn(path: path, hasRoom: hasRoom)
        do {
            self.pool = try DatabaseFile.open(path, label: "events", busyTimeout: 5) { try EventSchema.check($0) }
            try EventSchema.migrations.migrate(self.pool)
        } catch { throw StoreError(opening: path, error) }
    }

    package var hasRoom: Bool { self.space.hasRoom() }

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
            let commit = Commit(changes: changes) { continuation.resume(returning: $0) }
            let isFirst = self.waiting.withLock { waiting in
                waiting.commits.append(commit)
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
            let next = looks ? [] : Array(waiting.commits.prefix(Self.commitsPerTransaction))
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
        } completion: { _, result in
            // After a failure, for what the disk did not take it may have room for then.
            if result.isFailure || commits.contains(where: \.removes) {
                self.waiting.withLock { $0.looksForSpace = true }
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
            let hasMore = (try? self.space.step(in: database, isBusy: isBusy)) ?? false
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
