import LambdaCore
import Store
import TestSupport
import Testing

/// An engine to run the conformance suites through. Another engine is another element of ``all``.
struct StoreEngine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// A new, empty store with `userSlots` places for functions.
    let make:
        @Sendable (_ directory: TemporaryDirectory, _ userSlots: Int, _ clock: ManualClock) throws ->
            any ResourceStore

    static let all = [
        StoreEngine(testDescription: "SQLite") { directory, userSlots, clock in
            try SQLiteResourceStore(
                path: directory.path("functions.sqlite"), userSlots: userSlots, now: { clock.wallTime })
        },
        StoreEngine(testDescription: "memory") { _, userSlots, clock in
            MemoryStore(userSlots: userSlots, now: { clock.wallTime })
        },
    ]
}

extension ResourceStore {
    func put(_ resources: [any StoredResource]) async throws {
        try await self.write { transaction in
            for resource in resources { try transaction.put(resource) }
        }
    }

    /// All that is at the place of `resource`.
    func stored<Resource: StoredResource>(like resource: Resource) async throws -> Resource? {
        try await self.read { try $0.resource(Resource.self, at: resource.address) }
    }

    func everything<Resource: StoredResource>(_ type: Resource.Type) async throws -> [Resource] {
        try await self.read { try $0.everything(type) }
    }
}

extension StoreError {
    var text: String? {
        if case .failed(let text) = self { text } else { nil }
    }
}
