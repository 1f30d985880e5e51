import LambdaCore
import TestSupport
import Testing

/// The suite that every engine is run through.
@Suite struct `A resource store` {
    static let engines = StoreEngine.all
    private let directory: TemporaryDirectory
    private let samples: StoreSamples

    init() throws {
        self.directory = try TemporaryDirectory()
        self.samples = try StoreSamples()
    }

    private func make(_ engine: StoreEngine, userSlots: Int = 100) throws -> any ResourceStore {
        try engine.make(self.directory, userSlots, ManualClock())
    }

    private struct Stop: Error, Equatable {}

    @Test(arguments: ResourceKind.allCases) func `is tried with something in every member`(_ kind: ResourceKind) {
        let sample = self.samples.sample(kind)
        #expect(StoreSamples.emptyMember(of: sample) == nil)
        #expect(type(of: sample).kind == kind)
    }

    @Test(arguments: engines, ResourceKind.allCases)
    func `gives back every kind as it was put`(_ engine: StoreEngine, _ kind: ResourceKind) async throws {
        let store = try self.make(engine)
        func check<Resource: StoredResource>(_ resource: Resource) async throws {
            #expect(try await store.stored(like: resource) == nil)
            try await store.put([resource])
            #expect(try await store.stored(like: resource) == resource)
            #expect(try await store.everything(Resource.self) == [resource])
            let found = try await store.read { store in
                try store.resources(Resource.self, in: resource.address.scope, name: resource.address.name)
            }
            #expect(found == [resource])
        }
        try await check(self.samples.sample(kind))
    }

    @Test(arguments: engines, StoreSamples.texts)
    func `changes no text`(_ engine: StoreEngine, _ text: String) async throws {
        let store = try self.make(engine)
        let samples = try StoreSamples(text: text)
        try await store.put([samples.layerVersion(text), samples.alias(text), LatestVersion(samples.record())])
        let layer = try #require(try await store.stored(like: samples.layerVersion(text)))
        let alias = try #require(try await store.stored(like: samples.alias(text)))
        let record = try #require(try await store.stored(like: LatestVersion(samples.record()))).record
        // Swift's own comparison of texts would not see a change of their normal form.
        for found in [layer.layer, layer.summary, alias.name, record.role, record.environment?[text] ?? "gone"] {
            #expect(Array(found.utf8) == Array(text.utf8))
        }
    }

    @Test(arguments: engines) func `keeps one resource at an address`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        try await store.put([self.samples.alias(version: "1"), self.samples.alias(version: "2")])
        try await store.put([self.samples.alias(version: "3")])
        #expect(try await store.everything(AliasRecord.self).map(\.version) == ["3"])
    }

    @Test(arguments: engines) func `keeps kinds apart that share an address`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        let (record, properties) = (LatestVersion(self.samples.record()), self.samples.properties())
        try await store.put([record, properties])
        let wasThere = try await store.write { try $0.remove(LatestVersion.self, at: record.address) }
        #expect(wasThere)
        #expect(try await store.stored(like: record) == nil)
        #expect(try await store.stored(like: properties) == properties)
    }

    @Test(arguments: engines) func `says whether there was something to remove`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        let alias = self.samples.alias()
        try await store.put([alias])
        let answers = try await store.write { transaction in
            try [
                transaction.remove(AliasRecord.self, at: self.samples.function.address(part: "other")),
                transaction.remove(AliasRecord.self, at: alias.address),
                transaction.remove(AliasRecord.self, at: alias.address),
            ]
        }
        #expect(answers == [false, true, false])
    }

    @Test(arguments: engines) func `never mixes accounts and regions`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        let others = try [
            StoreSamples(account: "000000000001"), StoreSamples(region: "eu-west-2"), StoreSamples(region: "eu-west"),
            self.samples,
        ]
        try await store.put(others.map { $0.alias() })
        for one in others {
            let page = try await store.read { try $0.resources(AliasRecord.self, in: one.scope) }
            #expect(page == [one.alias()])
        }
        _ = try await store.write { try $0.remove(AliasRecord.self, at: self.samples.alias().address) }
        #expect(try await store.everything(AliasRecord.self).count == 3)
    }

    @Test(arguments: engines)
    func `undoes everything that a failed transaction did`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        let (old, new) = (self.samples.alias("old"), self.samples.alias("new"))
        let key = self.samples.function
        try await store.put([old])
        let first = try await store.write { try $0.next(.generation) }
        await #expect(throws: Stop()) {
            try await store.write { transaction in
                try transaction.put(new)
                try transaction.put(self.samples.alias("old", version: "99"))
                try transaction.remove(AliasRecord.self, at: old.address)
                _ = try transaction.next(.generation)
                _ = try transaction.takeUserSlot(for: key)
                throw Stop()
            }
        }
        #expect(try await store.everything(AliasRecord.self) == [old])
        let (next, slot) = try await store.write { try ($0.next(.generation), $0.takeUserSlot(for: key)) }
        #expect(next == first + 1)
        #expect(slot == 0)
    }

    @Test(arguments: engines) func `shows a transaction what it wrote itself`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        let (one, two) = (self.samples.alias("one"), self.samples.alias("two"))
        try await store.put([one])
        try await store.write { transaction in
            try transaction.put(two)
            try transaction.remove(AliasRecord.self, at: one.address)
            #expect(try transaction.resource(AliasRecord.self, at: two.address) == two)
            #expect(try transaction.resource(AliasRecord.self, at: one.address) == nil)
            #expect(try transaction.resources(AliasRecord.self, in: one.address.scope) == [two])
            #expect(try transaction.everything(AliasRecord.self) == [two])
        }
    }

    @Test(arguments: engines) func `counts each counter by itself, from 1`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        let other = try StoreSamples(region: "eu-west-2").scope
        let counters: [StoreCounter] = [
            .generation, .layerVersion(self.samples.scope, layer: "l"), .layerVersion(self.samples.scope, layer: "L"),
            .layerVersion(other, layer: "l"),
        ]
        for expected in 1...3 {
            for counter in counters { #expect(try await store.write { try $0.next(counter) } == expected) }
        }
    }

    @Test(arguments: engines) func `never gives a number or a revision id twice`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        let given = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for _ in 0..<40 {
                group.addTask { try await store.write { try ($0.next(.generation), $0.newRevisionID()) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(given.map(\.0).sorted() == Array(1...40))
        #expect(Set(given.map(\.1)).count == 40)
    }

    @Test(arguments: engines) func `loses no write of many at one time`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        var properties = self.samples.properties()
        properties.lastVersion = 0
        let address = properties.address
        try await store.put([properties])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await store.write { transaction in
                        var stored = try #require(try transaction.resource(FunctionProperties.self, at: address))
                        stored.lastVersion += 1
                        try transaction.put(stored)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.stored(like: properties)?.lastVersion == 40)
    }

    @Test(arguments: engines) func `shows readers whole transactions`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine)
        let names = ["a", "b", "c"]
        @Sendable func aliases(_ number: Int) -> [AliasRecord] {
            names.map { self.samples.alias($0, version: "\(number)") }
        }
        try await store.put(aliases(0))
        let torn = try await withThrowingTaskGroup(of: [[String]].self) { group in
            group.addTask {
                for number in 1...60 { try await store.put(aliases(number)) }
                return []
            }
            for _ in 0..<3 {
                group.addTask {
                    var torn: [[String]] = []
                    var last: [String] = []
                    while last.first != "60" {
                        last = try await store.read { store in
                            // One by one, so that a write has every chance to come between.
                            try names.map { name in
                                try store.resource(
                                    AliasRecord.self, at: self.samples.function.address(part: name))?.version ?? ""
                            }
                        }
                        if Set(last).count != 1 { torn.append(last) }
                    }
                    return torn
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(torn.isEmpty)
    }
}
