internal import Glibc
internal import LambdaCore
internal import Store

/// Writes numbered transactions to a store until it is killed, and prints the number of each once it is committed.
///
///     store-writer FILE FIRST
///
/// The test that kills it then looks whether every number that was printed is there, whole.
@main
struct StoreWriter {
    /// Transactions at one time, so that a kill also meets those that wait for the lock.
    private static let writers = 3

    static func main() async throws {
        guard CommandLine.arguments.count == 3, let first = Int(CommandLine.arguments[2]) else { exit(2) }
        let store = try SQLiteResourceStore(path: CommandLine.arguments[1], userSlots: 1_000_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    for round in 0... {
                        let number = first + round * Self.writers + writer
                        try await Self.write(number, to: store)
                        Self.print(number)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// One transaction with every kind of change in it. What is kept of number N is removed with N + 100.
    private static func write(_ number: Int, to store: SQLiteResourceStore) async throws {
        guard let name = FunctionName("f\(number)"), let old = FunctionName("f\(number - 100)") else { exit(3) }
        let key = FunctionKey(account: .standard, region: .standard, name: name)
        let oldKey = FunctionKey(account: .standard, region: .standard, name: old)
        try await store.write { transaction in
            var properties = FunctionProperties(key: key, userSlot: try transaction.takeUserSlot(for: key))
            properties.lastVersion = number
            try transaction.put(properties)
            var record = FunctionRecord(
                key: key, role: "r", runtime: "x", handler: "h",
                code: CodeReference(digest: "", base64: "", size: number), lastModified: WallTime(milliseconds: 0))
            record.generation = try transaction.next(.generation)
            record.summary = String(repeating: "\(number) ", count: number % 700)
            try transaction.put(LatestVersion(record))
            let alias = AliasRecord(
                function: key, name: "a", version: "\(number)", summary: "", additionalWeights: [:],
                revisionID: try transaction.newRevisionID())
            try transaction.put(alias)
            if try transaction.remove(LatestVersion.self, at: oldKey.address) {
                try transaction.remove(FunctionProperties.self, at: oldKey.address)
                try transaction.remove(AliasRecord.self, at: oldKey.address(part: "a"))
                try transaction.releaseUserSlot(of: oldKey)
            }
        }
    }

    /// One write call: a line is out whole, or not at all.
    private static func print(_ number: Int) {
        let line = Array("\(number)\n".utf8)
        // Safety: the bytes live for the call.
        guard unsafe Glibc.write(1, line, line.count) == line.count else { exit(4) }
    }
}
