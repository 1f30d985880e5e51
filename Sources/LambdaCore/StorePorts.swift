/// Why a transaction was not done. Nothing was changed when one of these is thrown.
package enum StoreError: Error, Equatable {
    /// Every user id of the executor's range belongs to a function, or did a short while ago.
    case userSlotsExhausted
    /// The database said no; the text is its own.
    case failed(String)
}

/// Numbers that are given once, and never again even where what they were given to is gone.
package enum StoreCounter: Hashable, Sendable {
    /// Counts the writes that change what environments are made from; one row for all functions.
    case generation
    /// Numbers of a layer's versions.
    case layerVersion(Scope, layer: String)
}

/// Reads inside one transaction: everything is seen as it was at one moment.
///
/// Used only inside the closure that it was given to, on that closure's thread.
package protocol StoreReading {
    func resource<Resource: StoredResource>(
        _ type: Resource.Type, at address: ResourceAddress
    ) throws -> Resource?

    /// Resources of one kind and scope in the order of (name, part).
    ///
    /// - Parameters:
    ///   - name: Only those of this name, where given.
    ///   - after: Only those that come after this address, where given; it need not exist.
    ///   - limit: At most so many.
    func resources<Resource: StoredResource>(
        _ type: Resource.Type, in scope: Scope, name: String?, after: ResourceAddress?, limit: Int
    ) throws -> [Resource]

    /// Every resource of one kind, of every scope: for the start, and for collecting what nothing refers to.
    func everything<Resource: StoredResource>(_ type: Resource.Type) throws -> [Resource]
}

extension StoreReading {
    /// All of one kind and name. What is kept in parts is limited by the rules of its kind.
    package func resources<Resource: StoredResource>(
        _ type: Resource.Type, in scope: Scope, name: String? = nil
    ) throws -> [Resource] {
        try self.resources(type, in: scope, name: name, after: nil, limit: Int.max)
    }
}

/// Reads and writes inside one transaction.
package protocol StoreTransaction: StoreReading {
    /// Stores a resource whole, in the place of what was at its address.
    func put<Resource: StoredResource>(_ resource: Resource) throws

    /// Removes what is at an address; says whether there was something.
    @discardableResult
    func remove<Resource: StoredResource>(_ type: Resource.Type, at address: ResourceAddress) throws -> Bool

    /// The next number of a counter, from 1. It is given once, unless the transaction fails.
    func next(_ counter: StoreCounter) throws -> Int

    /// An id that no revision of anything had before, in the form of a UUID.
    func newRevisionID() throws -> String

    /// A place in the executor's range of user ids, which belongs to `function` until it is released.
    ///
    /// The lowest that was never given; once all were, the one that was released first, but none that was released less
    /// than ``Limits/userSlotRest`` ago: an environment of its last function may still run.
    ///
    /// - Throws: ``StoreError/userSlotsExhausted``
    func takeUserSlot(for function: FunctionKey) throws -> Int

    func releaseUserSlot(of function: FunctionKey) throws
}

/// The control plane's state, durable before a call returns. Nothing here may assume that it is the only process.
///
/// Whatever a closure throws undoes its transaction and comes out as it was thrown; the store's own failures come out as
/// ``StoreError``.
package protocol ResourceStore: Sendable {
    func read<Value: Sendable>(_ body: @escaping @Sendable (any StoreReading) throws -> Value) async throws -> Value

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws -> Value
}

extension ResourceStore {
    /// Digests of all code that functions, versions and layers refer to.
    package func codeDigests() async throws -> Set<String> {
        try await self.read { store in
            var records = try store.everything(LatestVersion.self).map(\.record)
            records += try store.everything(PublishedVersion.self).map(\.record)
            let layers = try store.everything(LayerVersionRecord.self).map(\.code.digest)
            return Set(records.flatMap { [$0.code.digest] + $0.layers.map(\.code.digest) } + layers)
        }
    }
}

/// Why a zip was refused. Nothing of it is kept.
package enum CodeError: Error, Equatable {
    /// Not a zip, or a broken one. The text names what was found, for the log.
    case unreadable(String)
    /// An entry escapes the root, links out of it, or is a device, socket or FIFO.
    case unsafeEntry(name: String, reason: String)
    case tooLargeUnzipped(limit: Int)
    case tooManyEntries(limit: Int)
    /// The disk said no; nothing is kept.
    case failed(String)
}

/// Code, kept by the hash of its zip, extracted once, never changed. Functions' code and layers' content alike.
package protocol CodeStore: Sendable {
    /// Stores and extracts a zip; it is on disk before this returns, and outlives whatever happens. The same bytes are
    /// stored once.
    func add(zip: [UInt8]) async throws(CodeError) -> CodeReference

    /// Refuses what ``add(zip:)`` would refuse, and gives what it would give, but keeps nothing.
    func check(zip: [UInt8]) async throws(CodeError) -> CodeReference

    /// The bytes of a stored zip.
    func zip(digest: String) async throws(CodeError) -> [UInt8]

    /// The absolute path of the extracted code.
    func directory(of code: CodeReference) -> String

    /// Removes code that no digest in `live` names and that no environment holds. Returns how many were removed.
    func collect(keeping live: Set<String>) async throws(CodeError) -> Int
}
