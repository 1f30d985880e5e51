import LambdaCore

/// Makes published versions out of `$LATEST`.
enum Publication {
    /// Publishes `latest`, which holds what the version shall hold, or gives the last version back where nothing has
    /// changed since. Puts the version, but neither `latest` nor the properties.
    ///
    /// - Parameters:
    ///   - properties: Take the new number and the bytes that the version adds.
    ///   - summary: The version's own description, where it is to have one.
    static func publish(
        _ latest: FunctionRecord, into properties: inout FunctionProperties, summary: String?,
        in transaction: any StoreTransaction
    ) throws -> FunctionRecord {
        if let last = try self.lastVersion(properties, in: transaction), self.isCopy(last, of: latest) { return last }
        properties.lastVersion += 1
        properties.codeStorage += latest.code.size
        var version = latest
        version.version = String(properties.lastVersion)
        if let summary {
            version.latestSummary = latest.summary
            version.summary = summary
        }
        // A version is there at once, except where its function is being made or it is to be prepared; an update under way is of $LATEST alone.
        if version.state == .active { version.updateStatus = .successful }
        if version.isRestored {
            version.state = .pending
            version.updateStatus = nil
        }
        version.updateReason = nil
        version.generation = try transaction.next(.generation)
        version.revisionID = try transaction.newRevisionID()
        try transaction.put(PublishedVersion(version))
        return version
    }

    /// The version that was published last, if it has not been deleted.
    static func lastVersion(
        _ properties: FunctionProperties, in store: any StoreReading
    ) throws -> FunctionRecord? {
        guard properties.lastVersion > 0 else { return nil }
        let part = ResourceAddress.number(properties.lastVersion)
        return try store.resource(PublishedVersion.self, at: properties.key.address(part: part))?.record
    }

    /// Whether `version` was made from just this code and configuration. States, times and ids do not count, nor does a
    /// description that the version was given for itself.
    static func isCopy(_ version: FunctionRecord, of latest: FunctionRecord) -> Bool {
        var copy = version
        copy.version = latest.version
        copy.summary = version.latestSummary ?? version.summary
        copy.latestSummary = latest.latestSummary
        copy.state = latest.state
        copy.stateReason = latest.stateReason
        copy.updateStatus = latest.updateStatus
        copy.updateReason = latest.updateReason
        copy.lastModified = latest.lastModified
        copy.revisionID = latest.revisionID
        copy.generation = latest.generation
        return copy == latest
    }
}
