/// Why a write or read of function metadata was not done. Nothing was changed when one of these is thrown.
package enum StoreError: Error, Equatable {
    case alreadyExists(FunctionKey)
    case notFound(FunctionKey)
    /// The caller's `RevisionId` is not the stored one.
    case revisionMismatch
    /// Every user id of the executor's range belongs to a function.
    case userSlotsExhausted
    /// The database said no; the text is its own.
    case failed(String)
}

/// Function metadata, durable before a call returns. Nothing here may assume that it is the only process.
package protocol FunctionStore: Sendable {
    /// Stores a new function. The store sets `revisionID`, `generation` and `userSlot`.
    func create(_ record: FunctionRecord) async throws(StoreError) -> FunctionRecord

    func function(_ key: FunctionKey) async throws(StoreError) -> FunctionRecord?

    /// Applies `change` to the stored record in one transaction and gives it a new revision id.
    ///
    /// - Parameters:
    ///   - expectedRevision: Where given, must equal the stored revision id.
    ///   - newGeneration: Whether environments made from the old record are out of date from now on.
    func update(
        _ key: FunctionKey, expectedRevision: String?, newGeneration: Bool,
        change: @escaping @Sendable (inout FunctionRecord) -> Void
    ) async throws(StoreError) -> FunctionRecord

    /// Removes the function and gives back what was stored.
    func delete(_ key: FunctionKey) async throws(StoreError) -> FunctionRecord

    /// Functions of one account and region in the order of their names, after `after`, at most `limit`.
    func list(account: AccountID, region: Region, after: FunctionName?, limit: Int) async throws(StoreError)
        -> [FunctionRecord]

    /// Every function of every account; read once, at start.
    func everything() async throws(StoreError) -> [FunctionRecord]
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

/// Code, kept by the hash of its zip, extracted once, never changed.
package protocol CodeStore: Sendable {
    /// Stores and extracts a zip; both are on disk before it returns. The same bytes are stored once.
    func add(zip: [UInt8]) async throws(CodeError) -> CodeReference

    /// The bytes of a stored zip.
    func zip(digest: String) async throws(CodeError) -> [UInt8]

    /// The absolute path of the extracted code.
    func directory(of code: CodeReference) -> String

    /// Removes code that no digest in `live` names and that no environment holds. Returns how many were removed.
    func collect(keeping live: Set<String>) async throws(CodeError) -> Int
}
