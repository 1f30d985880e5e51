import LambdaCore
import TestSupport
import Testing

@Suite struct `Pages of a resource store` {
    private static let engines = StoreEngine.all
    /// In the order of their bytes.
    private static let names = ["0", "A", "Z", "_", "a", "a-", "a-1", "a0", "aB", "a_1", "ab", "b", "b0"]
    private static let parts = ["", "$LATEST", "-", "0", "000000000010", "000000000009"].sorted()

    private let directory: TemporaryDirectory
    private let scope: Scope

    init() throws {
        self.directory = try TemporaryDirectory()
        self.scope = try StoreSamples().scope
    }

    /// A store with every name, each with every part, put in a different order.
    private func make(_ engine: StoreEngine) async throws -> any ResourceStore {
        let store = try engine.make(self.directory, 10, ManualClock())
        for name in Self.names.reversed() {
            let samples = try StoreSamples(name)
            try await store.put(Self.parts.reversed().map { samples.alias($0) })
        }
        // Neighbours in the order of scopes must not show.
        try await store.put([
            StoreSamples("a", region: "eu-west-0").alias("x"), StoreSamples("a", region: "eu-west-3").alias("y"),
        ])
        return store
    }

    private func page(
        of store: any ResourceStore, name: String? = nil, after: (String, String)?, in other: Scope? = nil,
        limit: Int = .max
    ) async throws -> [[String]] {
        let scope = self.scope
        let after = after.map { ResourceAddress(scope: other ?? scope, name: $0.0, part: $0.1) }
        return try await store.read { store in
            try store.resources(AliasRecord.self, in: scope, name: name, after: after, limit: limit)
        }.map { [$0.address.name, $0.address.part] }
    }

    private static func all(after: (String, String) = ("", "")) -> [[String]] {
        names.flatMap { name in parts.map { (name, $0) } }
            .filter { ResourceAddress.precedes(after, $0) }.map { [$0.0, $0.1] }
    }

    @Test(arguments: engines, [1, 2, 5, 7, 77, 78, 79])
    func `follow each other in the order of bytes, without a gap`(_ engine: StoreEngine, _ limit: Int) async throws {
        let store = try await self.make(engine)
        var seen: [[String]] = []
        while true {
            let page = try await self.page(of: store, after: seen.last.map { ($0[0], $0[1]) }, limit: limit)
            #expect(page.count <= limit)
            if page.isEmpty { break }
            seen += page
        }
        #expect(seen == Self.all())
    }

    @Test(arguments: engines) func `begin after an address that need not be there`(_ engine: StoreEngine) async throws {
        let store = try await self.make(engine)
        let places = [
            ("", ""), ("a", "zzz"), ("a", "!"), ("a-0", "x"), ("aa", ""), ("ZZ", "$"), ("b0", "000000000011"),
            ("b0", "0"), ("zzz", ""), ("\u{10FFFF}", ""), ("a", "\u{E9}"),
        ]
        for place in places {
            #expect(try await self.page(of: store, after: place) == Self.all(after: place), "after \(place)")
        }
    }

    @Test(arguments: engines) func `of one name begin after any address`(_ engine: StoreEngine) async throws {
        let store = try await self.make(engine)
        let places = [("a", ""), ("a", "0"), ("a", "zz"), ("Z", "zz"), ("a-", ""), ("b", ""), ("", "")]
        for place in places {
            let expected = Self.all(after: place).filter { $0[0] == "a" }
            #expect(try await self.page(of: store, name: "a", after: place) == expected, "after \(place)")
        }
        #expect(try await self.page(of: store, name: "nobody", after: nil).isEmpty)
        #expect(try await self.page(of: store, name: "a", after: ("a", "0"), limit: 1).count == 1)
    }

    @Test(arguments: engines) func `begin after an address of another scope`(_ engine: StoreEngine) async throws {
        let store = try await self.make(engine)
        let (before, behind) = try (StoreSamples(region: "eu-west-0").scope, StoreSamples(region: "eu-west-3").scope)
        #expect(try await self.page(of: store, after: ("a", "x"), in: before) == Self.all())
        #expect(try await self.page(of: store, after: ("a", "x"), in: behind).isEmpty)
        #expect(try await self.page(of: store, name: "a", after: ("zz", "x"), in: before).count == Self.parts.count)
        #expect(try await self.page(of: store, name: "a", after: ("", ""), in: behind).isEmpty)
    }

    @Test(arguments: engines, [Int.min, -1, 0])
    func `of no length are empty`(_ engine: StoreEngine, _ limit: Int) async throws {
        let store = try await self.make(engine)
        #expect(try await self.page(of: store, after: nil, limit: limit).isEmpty)
    }

    @Test(arguments: engines) func `sort version numbers as numbers`(_ engine: StoreEngine) async throws {
        let store = try engine.make(self.directory, 10, ManualClock())
        let samples = try StoreSamples()
        let numbers = [1, 2, 9, 10, 11, 99, 100, 1_000, 999_999_999]
        try await store.put(numbers.shuffled().map { samples.layerVersion(number: $0) })
        let found = try await store.read { try $0.resources(LayerVersionRecord.self, in: samples.scope, name: "l") }
        #expect(found.map(\.number) == numbers)
    }
}
