import LambdaCore
import TestSupport
import Testing

@Suite struct `The user slots of a store` {
    private static let engines = StoreEngine.all
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws { self.directory = try TemporaryDirectory() }

    private func make(_ engine: StoreEngine, userSlots: Int) throws -> any ResourceStore {
        try engine.make(self.directory, userSlots, self.clock)
    }

    private func key(_ name: String) throws -> FunctionKey { try StoreSamples(name).function }

    private func take(_ name: String, in store: any ResourceStore) async throws -> Int {
        let key = try self.key(name)
        return try await store.write { try $0.takeUserSlot(for: key) }
    }

    private func release(_ name: String, in store: any ResourceStore) async throws {
        let key = try self.key(name)
        try await store.write { try $0.releaseUserSlot(of: key) }
    }

    @Test(arguments: engines) func `are given from the lowest on, and end`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine, userSlots: 3)
        for (slot, name) in ["a", "b", "c"].enumerated() { #expect(try await self.take(name, in: store) == slot) }
        await #expect(throws: StoreError.userSlotsExhausted) { try await self.take("d", in: store) }
        // The refusal took nothing.
        try await self.release("b", in: store)
        self.clock.advance(by: Limits.userSlotRest)
        #expect(try await self.take("d", in: store) == 1)
    }

    @Test(arguments: engines) func `are given for the first time as long as there are new ones`(
        _ engine: StoreEngine
    ) async throws {
        let store = try self.make(engine, userSlots: 3)
        for slot in 0..<3 {
            #expect(try await self.take("a", in: store) == slot)
            try await self.release("a", in: store)
            self.clock.advance(by: Limits.userSlotRest * 2)
        }
        #expect(try await self.take("a", in: store) == 0)
    }

    @Test(arguments: engines) func `rest after their function was deleted`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine, userSlots: 2)
        _ = try await self.take("a", in: store)
        _ = try await self.take("b", in: store)
        try await self.release("b", in: store)
        self.clock.advance(by: Limits.userSlotRest - .milliseconds(1))
        await #expect(throws: StoreError.userSlotsExhausted) { try await self.take("c", in: store) }
        self.clock.advance(by: .milliseconds(1))
        #expect(try await self.take("c", in: store) == 1)
        await #expect(throws: StoreError.userSlotsExhausted) { try await self.take("d", in: store) }
    }

    @Test(arguments: engines) func `come back in the order in which they were released`(
        _ engine: StoreEngine
    ) async throws {
        let store = try self.make(engine, userSlots: 4)
        for name in ["a", "b", "c", "d"] { _ = try await self.take(name, in: store) }
        for name in ["c", "a", "d", "b"] {
            try await self.release(name, in: store)
            self.clock.advance(by: .seconds(1))
        }
        self.clock.advance(by: Limits.userSlotRest)
        var slots: [Int] = []
        for name in ["e", "f", "g", "h"] { slots.append(try await self.take(name, in: store)) }
        #expect(slots == [2, 0, 3, 1])
    }

    @Test(arguments: engines) func `are released by their own function only`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine, userSlots: 1)
        _ = try await self.take("a", in: store)
        try await self.release("b", in: store)
        self.clock.advance(by: Limits.userSlotRest)
        await #expect(throws: StoreError.userSlotsExhausted) { try await self.take("b", in: store) }
        // Released twice, it rests from the first time on.
        try await self.release("a", in: store)
        self.clock.advance(by: Limits.userSlotRest - .seconds(1))
        try await self.release("a", in: store)
        self.clock.advance(by: .seconds(1))
        #expect(try await self.take("b", in: store) == 0)
    }

    @Test(arguments: engines) func `are given to one of many takers each`(_ engine: StoreEngine) async throws {
        let store = try self.make(engine, userSlots: 40)
        let slots = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<40 { group.addTask { try await self.take("f\(number)", in: store) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(slots.sorted() == Array(0..<40))
    }
}
