import LambdaCore

/// What a function's policy is attached to. Each has a policy of its own: publishing copies none.
enum PolicyHolder: Sendable {
    case function(FunctionRecord)
    case version(FunctionRecord)
    case alias(AliasRecord)

    /// What a name and a qualifier stand for.
    ///
    /// - Throws: ``APIError`` that the function, the version or the alias is not there, and what the store throws.
    static func find(_ key: FunctionKey, qualifier: String?, in store: any StoreReading) throws -> PolicyHolder {
        guard let latest = try store.resource(LatestVersion.self, at: key.address)?.record else {
            throw APIError.functionNotFound(key, qualifier: qualifier)
        }
        guard let qualifier else { return .function(latest) }
        if qualifier.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            // `01` is no version: a version has one name.
            guard let number = Int(qualifier), String(number) == qualifier,
                let version = try store.resource(
                    PublishedVersion.self, at: key.address(part: ResourceAddress.number(number)))
            else { throw APIError.functionNotFound(key, qualifier: qualifier) }
            return .version(version.record)
        }
        // With a dollar sign it cannot be an alias: AWS speaks of a function then.
        guard !qualifier.utf8.contains(0x24) else { throw APIError.functionNotFound(key, qualifier: qualifier) }
        guard let alias = try store.resource(AliasRecord.self, at: key.address(part: qualifier)) else {
            throw APIError.aliasMissing(qualifier, of: key)
        }
        return .alias(alias)
    }

    var revisionID: String {
        switch self {
        case .function(let record), .version(let record): record.revisionID
        case .alias(let alias): alias.revisionID
        }
    }

    /// Stores the holder with a new revision: a change of its policy is a change of itself.
    func store(revisionID: String, in transaction: any StoreTransaction) throws {
        switch self {
        case .function(var record):
            record.revisionID = revisionID
            try transaction.put(LatestVersion(record))
        case .version(var record):
            record.revisionID = revisionID
            try transaction.put(PublishedVersion(record))
        case .alias(var alias):
            alias.revisionID = revisionID
            try transaction.put(alias)
        }
    }
}
