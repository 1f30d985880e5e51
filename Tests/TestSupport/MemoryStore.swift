package import LambdaCore
internal import Synchronization

/// The store's promises kept in a dictionary: for tests of what stands on a store, and the second engine that the
/// conformance suite is run through.
///
/// Resources are kept encoded, so that what cannot be stored fails here, too.
package final class MemoryStore: ResourceStore {
    struct Place: Hashable {
        let kind: ResourceKind
        let address: ResourceAddress
    }

    /// Whose a place is, or was until it was released.
    struct SlotUse {
        var function: FunctionKey
        var released: WallTime?
    }

    struct State {
        var resources: [Place: [UInt8]] = [:]
        var counters: [StoreCounter: Int] = [:]
        /// By place: every one that was ever given.
        var slots: [SlotUse] = []
        var revisions = 0
        var failure: StoreError?
    }

    private let state = Mutex(State())
    private let userSlots: Int
    private let now: @Sendable () -> WallTime

    /// - Parameter now: The wall clock; one that stands still where nothing else is said.
    package init(
        userSlots: Int = 1_000, now: @escaping @Sendable () -> WallTime = { WallTime(milliseconds: 1_543_331_445_123) }
    ) {
        self.userSlots = userSlots
        self.now = now
    }

    /// Makes every later call fail, until `nil` is given.
    package func fail(with error: StoreError?) { self.state.withLock { $0.failure = error } }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReading) throws -> Value
    ) async throws -> Value {
        let before = try self.usableState()
        return try body(MemoryTransaction(state: before, userSlots: self.userSlots, time: self.now()))
    }

    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value {
        try self.state.withLock { state in
            if let failure = state.failure { throw failure }
            let transaction = MemoryTransaction(state: state, userSlots: self.userSlots, time: self.now())
            let value = try body(transaction)
            state = transaction.state
            return value
        }
    }

    private func usableState() throws -> State {
        let state = self.state.withLock { $0 }
        if let failure = state.failure { throw failure }
        return state
    }
}

/// A copy of the state that takes the changes; the store keeps it only where the closure returns.
private final class MemoryTransaction: StoreTransaction {
    var state: MemoryStore.State
    private let userSlots: Int
    private let time: WallTime

    init(state: MemoryStore.State, userSlots: Int, time: WallTime) {
        self.state = state
        self.userSlots = userSlots
        self.time = time
    }

    func resource<Resource: StoredResource>(
        _ type: Resource.Type, at address: ResourceAddress
    ) throws -> Resource? {
        try self.state.resources[MemoryStore.Place(kind: Resource.kind, address: address)]
            .map { try RecordDecoder.decode(Resource.self, from: $0) }
    }

    func resources<Resource: StoredResource>(
        _ type: Resource.Type, in scope: Scope, name: String?, after: ResourceAddress?, limit: Int
    ) throws -> [Resource] {
        let places = self.state.resources.keys
            .filter { place in
                place.kind == Resource.kind && place.address.scope == scope
                    && (name.map { $0 == place.address.name } ?? true)
                    && (after.map { $0 < place.address } ?? true)
            }
            .sorted { $0.address < $1.address }
        return try places.prefix(max(0, limit)).compactMap { try self.resource(type, at: $0.address) }
    }

    func everything<Resource: StoredResource>(_ type: Resource.Type) throws -> [Resource] {
        try self.state.resources.keys.filter { $0.kind == Resource.kind }.sorted { $0.address < $1.address }
            .compactMap { try self.resource(type, at: $0.address) }
    }

    func put<Resource: StoredResource>(_ resource: Resource) throws {
        let place = MemoryStore.Place(kind: Resource.kind, address: resource.address)
        self.state.resources[place] = try RecordEncoder.encode(resource)
    }

    func remove<Resource: StoredResource>(_ type: Resource.Type, at address: ResourceAddress) throws -> Bool {
        self.state.resources.removeValue(forKey: MemoryStore.Place(kind: Resource.kind, address: address)) != nil
    }

    func next(_ counter: StoreCounter) throws -> Int {
        let number = (self.state.counters[counter] ?? 0) + 1
        self.state.counters[counter] = number
        return number
    }

    /// Numbered, so that a test can name them.
    func newRevisionID() throws -> String {
        self.state.revisions += 1
        return "revision-\(self.state.revisions)"
    }

    func takeUserSlot(for function: FunctionKey) throws -> Int {
        let use = MemoryStore.SlotUse(function: function)
        guard self.state.slots.count >= self.userSlots else {
            self.state.slots.append(use)
            return self.state.slots.count - 1
        }
        let rested = self.state.slots.prefix(self.userSlots).enumerated().filter { slot in
            slot.element.released.map { $0.advanced(by: Limits.userSlotRest) <= self.time } ?? false
        }
        // Of two that were released at one time, the lower comes first: `min` gives the first of equals.
        guard let slot = rested.min(by: { ($0.element.released ?? self.time) < ($1.element.released ?? self.time) })
        else { throw StoreError.userSlotsExhausted }
        self.state.slots[slot.offset] = use
        return slot.offset
    }

    func releaseUserSlot(of function: FunctionKey) throws {
        for (slot, use) in self.state.slots.enumerated() where use.function == function && use.released == nil {
            self.state.slots[slot].released = self.time
        }
    }
}
