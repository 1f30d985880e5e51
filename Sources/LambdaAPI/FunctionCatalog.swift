package import LambdaCore
import Synchronization

/// The records that Invoke runs, in memory: the invocation path never waits for the database.
///
/// Loaded from the store at start and changed after each write. During an update it holds the old record until the
/// update is done, for that is what AWS invokes meanwhile.
package final class FunctionCatalog: Sendable {
    private let records = Mutex<[FunctionKey: FunctionRecord]>([:])

    package init() {}

    package func load(_ records: [FunctionRecord]) {
        let table = Dictionary(records.map { ($0.key, $0) }) { _, last in last }
        self.records.withLock { $0 = table }
    }

    package func record(_ key: FunctionKey) -> FunctionRecord? { self.records.withLock { $0[key] } }

    package func update(_ record: FunctionRecord) { self.records.withLock { $0[record.key] = record } }

    package func remove(_ key: FunctionKey) { _ = self.records.withLock { $0.removeValue(forKey: key) } }

    package var count: Int { self.records.withLock { $0.count } }
}
