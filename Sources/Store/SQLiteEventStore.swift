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
    }

    private struct Waiting: Sendable {
        var commits: [Commit] = []
        var isWriting = false
    }

    /// Commits of one transaction. A larger one would hold the first of them up for the last.
    private static let commitsPerTransaction = 256

    private let path: String
    private let pool: DatabasePool
    private let waiting = Mutex(Waiting())
    private let written = Atomic<Int>(0)

    /// Opens the queue, and makes it where there is none. A file that cannot be used is left as it is.
    package init(path: String) throws(StoreError) {
        self.path = path
        do {
            self.pool = try DatabaseFile.open(path, label: "events", busyTimeout: 5) { try EventSchema.check($0) }
            try EventSchema.migrations.migrate(self.pool)
        } catch { throw StoreError(opening: path, error) }
    }

    package var hasRoom: Bool {
        // A disk that does not tell has room: what it cannot take it refuses itself.
        guard let space = try? DiskSpace(at: self.path) else { return true }
        return space.available >= min(Limits.eventDiskReserve, space.total / Limits.eventDiskReserveShare)
    }

    /// Transactions so far, for tests of their number.
    var transactionCount: Int { self.written.load(ordering: .relaxed) }

    package func commit(_ changes: [EventChange]) async throws(StoreError) {
        guard !changes.isEmpty else { return }
        let result: Result<Void, StoreError> = await withCheckedContinuation { continuation in
            let commit = Commit(changes: changes) { continuation.resume(returning: $0) }
            let isFirst = self.waiting.withLock { waiting in
                waiting.commits.append(commit)
                defer { waiting.isWriting = true }
                return !waiting.isWriting
            }
            if isFirst { self.write() }
        }
        try result.get()
    }

    /// Writes what waits, and goes on until nothing does.
    private func write() {
        let commits = self.waiting.withLock { waiting -> [Commit] in
            let next = Array(waiting.commits.prefix(Self.commitsPerTransaction))
            waiting.commits.removeFirst(next.count)
            waiting.isWriting = !next.isEmpty
            return next
        }
        guard !commits.isEmpty else { return }
        self.written.add(1, ordering: .relaxed)
        self.pool.asyncWrite { database in
            for commit in commits {
                for change in commit.changes { try EventRows.apply(change, to: database) }
            }
        } completion: { _, result in
            // On the queue that writes: the next transaction is asked for before anybody is woken.
            self.write()
            let outcome = result.mapError { error in
                (error as? DatabaseError).map { StoreError($0) } ?? StoreError.failed("\(error)")
            }
            for commit in commits { commit.done(outcome) }
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
