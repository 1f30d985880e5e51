import LambdaCore
import LambdaShapes

/// Operations on versions of functions.
extension ControlPlane {
    static let versionOperations: [Operation: Handler] = [
        .PublishVersion: { (plane, call) throws(APIError) in try await plane.publishVersion(call) },
        .ListVersionsByFunction: { (plane, call) throws(APIError) in Outcome(try plane.listVersions(call)) },
    ]

    func publishVersion(_ call: Call) async throws(APIError) -> Outcome {
        let (key, _, _) = try self.function(of: call)
        try UnavailableMembers.check(call.input)
        let hash = call.input["CodeSha256"]?.stringValue
        let revision = call.input["RevisionId"]?.stringValue
        let summary = call.input["Description"]?.stringValue
        let version = try await self.change(call.requestID) { transaction in
            guard var latest = try transaction.resource(LatestVersion.self, at: key.address)?.record,
                var properties = try transaction.resource(FunctionProperties.self, at: key.address)
            else { throw APIError.functionNotFound(key) }
            try FunctionTransition.requireSettled(latest)
            guard latest.state == .active else { throw APIError.wrongState(latest.state) }
            if let revision, revision != latest.revisionID { throw APIError.revisionMismatch }
            // A directory of the host has no hash.
            if let hash, !hash.isEmpty, latest.hotReloadPath == nil, hash != latest.code.base64 {
                throw APIError.codeHashMismatch(given: hash, actual: latest.code.base64)
            }
            let before = properties
            let version = try Publication.publish(latest, into: &properties, summary: summary, in: transaction)
            guard properties != before else { return version }
            try self.requireCodeStorage(for: properties.codeStorage - before.codeStorage, in: key.scope)
            try transaction.put(properties)
            latest.revisionID = try transaction.newRevisionID()
            try transaction.put(LatestVersion(latest))
            return version
        }
        let answer = APIResponse.json(
            bytes: FunctionShape.configuration(of: version, qualifier: version.version),
            status: Operation.PublishVersion.successStatus)
        guard version.isRestored, version.state == .pending else { return Outcome(answer) }
        return Outcome(answer) { await self.prepareVersions(of: key, requestID: call.requestID) }
    }

    func listVersions(_ call: Call) throws(APIError) -> APIResponse {
        let (_, _, entry) = try self.function(of: call)
        let paging = try Paging(call.input)
        var after = -1
        if let marker = paging.after {
            guard let number = Int(marker) else { throw .badMarker }
            after = number
        }
        let found = entry.allVersions.filter { $0.versionNumber > after }
        var writer = JSONWriter(capacity: 65_536)
        writer.beginObject()
        if found.count > paging.limit {
            writer.member("NextMarker", Paging.marker(after: String(found[paging.limit - 1].versionNumber)))
        }
        writer.key("Versions")
        writer.beginArray()
        for record in found.prefix(paging.limit) {
            FunctionShape.write(record, qualifier: record.version, isListed: true, to: &writer)
        }
        writer.endArray()
        writer.endObject()
        return .json(bytes: writer.bytes)
    }
}
