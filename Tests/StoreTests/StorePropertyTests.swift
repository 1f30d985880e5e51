import LambdaCore
import TestSupport
import Testing

@Suite struct `Any sequence of transactions` {
    private struct Stop: Error {}

    /// What a store must be like, in the plainest form.
    private struct Model: Equatable {
        var aliases: [Place: AliasRecord] = [:]
        var functions: [Place: FunctionProperties] = [:]
        var counter = 0

        struct Place: Hashable, Comparable {
            let name: String
            let part: String

            static func < (left: Place, right: Place) -> Bool {
                ResourceAddress.precedes((left.name, left.part), (right.name, right.part))
            }
        }
    }

    private enum Step {
        case put(AliasRecord), remove(ResourceAddress), putFunction(FunctionProperties), removeFunction(FunctionKey)
        case count, page(name: String?, after: ResourceAddress?, limit: Int)
    }

    private static let names = ["a", "A", "a-", "a_", "b", "0"]
    private static let parts = ["", "$LATEST", "x", "X", "-", "1"]

    @Test(arguments: StoreEngine.all, [1, 2, 3, 4] as [UInt64])
    func `leaves what the plain model holds`(_ engine: StoreEngine, _ seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let store = try engine.make(directory, 10, ManualClock())
        var generator = SplitMix64(seed: seed)
        var model = Model()
        for _ in 0..<60 {
            let steps = try (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                try Self.step(using: &generator)
            }
            let fails = Int.random(in: 0..<3, using: &generator) == 0
            let before = model
            do {
                model = try await store.write { [model] transaction in
                    var model = model
                    for step in steps { try Self.perform(step, in: transaction, &model) }
                    if fails { throw Stop() }
                    return model
                }
                #expect(!fails)
            } catch is Stop { #expect(model == before) }
            try await store.read { [model] store in try Self.compare(store, model) }
        }
        #expect(!model.aliases.isEmpty && model.counter > 0, "the test tried something")
    }

    private static func step(using generator: inout SplitMix64) throws -> Step {
        let name = Self.names[Int.random(in: 0..<Self.names.count, using: &generator)]
        let part = Self.parts[Int.random(in: 0..<Self.parts.count, using: &generator)]
        let samples = try StoreSamples(name)
        let address = samples.function.address(part: part)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<4: return .put(samples.alias(part, version: "\(generator.next() % 100)"))
        case 4: return .remove(address)
        case 5:
            var properties = samples.properties()
            properties.lastVersion = Int(generator.next() % 100)
            return .putFunction(properties)
        case 6: return .removeFunction(samples.function)
        case 7: return .count
        default:
            return .page(
                name: Bool.random(using: &generator) ? name : nil,
                after: Bool.random(using: &generator) ? address : nil,
                limit: Int.random(in: 0...40, using: &generator))
        }
    }

    private static func perform(_ step: Step, in transaction: any StoreTransaction, _ model: inout Model) throws {
        switch step {
        case .put(let alias):
            try transaction.put(alias)
            model.aliases[Self.place(alias.address)] = alias
        case .remove(let address):
            let wasThere = try transaction.remove(AliasRecord.self, at: address)
            #expect(wasThere == (model.aliases.removeValue(forKey: Self.place(address)) != nil))
        case .putFunction(let properties):
            try transaction.put(properties)
            model.functions[Self.place(properties.address)] = properties
        case .removeFunction(let key):
            let wasThere = try transaction.remove(FunctionProperties.self, at: key.address)
            #expect(wasThere == (model.functions.removeValue(forKey: Self.place(key.address)) != nil))
        case .count:
            model.counter += 1
            #expect(try transaction.next(.generation) == model.counter)
        case .page(let name, let after, let limit):
            let scope = try StoreSamples().scope
            let found = try transaction.resources(AliasRecord.self, in: scope, name: name, after: after, limit: limit)
            let expected = model.aliases.keys.sorted()
                .filter { place in (name ?? place.name) == place.name && after.map { Self.place($0) < place } ?? true }
                .prefix(limit).compactMap { model.aliases[$0] }
            #expect(found == expected)
        }
    }

    private static func compare(_ store: any StoreReading, _ model: Model) throws {
        let aliases = model.aliases.sorted { $0.key < $1.key }.map(\.value)
        #expect(try store.everything(AliasRecord.self) == aliases)
        #expect(
            try store.everything(FunctionProperties.self)
                == model.functions.sorted { $0.key < $1.key }.map(\.value))
    }

    private static func place(_ address: ResourceAddress) -> Model.Place {
        Model.Place(name: address.name, part: address.part)
    }
}
