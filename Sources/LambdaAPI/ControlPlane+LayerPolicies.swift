import LambdaCore
import LambdaShapes

/// Operations on the policies of layer versions. Only the owner has them.
extension ControlPlane {
    func addLayerVersionPermission(_ call: Call) async throws(APIError) -> APIResponse {
        let version = try self.ownedLayerVersion(of: call, "AddLayerVersionPermission")
        let statement = try PermissionStatement.layer(call.input, resource: version.arn)
        let expected = call.input["RevisionId"]?.stringValue
        let revision = try await self.change(call.requestID) { transaction in
            var record = try Self.stored(version, in: transaction)
            if let expected, expected != record.policyRevisionID { throw APIError.layerPolicyRevisionMismatch }
            var document = PolicyDocument(record.policy)
            try document.add(statement)
            return try Self.store(document, in: &record, transaction)
        }
        return .json(
            ["Statement": .string(statement.json), "RevisionId": .string(revision)],
            status: Operation.AddLayerVersionPermission.successStatus)
    }

    func getLayerVersionPolicy(_ call: Call) async throws(APIError) -> APIResponse {
        let version = try self.ownedLayerVersion(of: call, "GetLayerVersionPolicy")
        let record = try await self.read(call.requestID) { store in try Self.stored(version, in: store) }
        guard !record.policy.isEmpty else { throw .noPolicy }
        return .json([
            "Policy": .string(PolicyDocument(record.policy).json), "RevisionId": .string(record.policyRevisionID),
        ])
    }

    func removeLayerVersionPermission(_ call: Call) async throws(APIError) -> APIResponse {
        let version = try self.ownedLayerVersion(of: call, "RemoveLayerVersionPermission")
        let id = call.input["StatementId"]?.stringValue ?? ""
        let expected = call.input["RevisionId"]?.stringValue
        try await self.change(call.requestID) { transaction in
            var record = try Self.stored(version, in: transaction)
            guard !record.policy.isEmpty else { throw APIError.noPolicy }
            var document = PolicyDocument(record.policy)
            try document.remove(id)
            if let expected, expected != record.policyRevisionID { throw APIError.layerPolicyRevisionMismatch }
            _ = try Self.store(document, in: &record, transaction)
        }
        return .noContent
    }

    private func ownedLayerVersion(of call: Call, _ action: String) throws(APIError) -> LayerVersionReference {
        let version = try self.layerVersion(of: call)
        try call.requireOwner(of: version.scope, action, on: version.arn)
        return version
    }

    private static func stored(
        _ version: LayerVersionReference, in store: any StoreReading
    ) throws -> LayerVersionRecord {
        guard let record = try store.resource(LayerVersionRecord.self, at: version.address) else {
            throw APIError.layerVersionNotFound(version.arn)
        }
        return record
    }

    /// Gives the policy a new revision, which is returned.
    private static func store(
        _ document: PolicyDocument, in record: inout LayerVersionRecord, _ transaction: any StoreTransaction
    ) throws -> String {
        let revision = try transaction.newRevisionID()
        record.policy = document.statements
        record.policyRevisionID = document.isEmpty ? "" : revision
        try transaction.put(record)
        return revision
    }
}
