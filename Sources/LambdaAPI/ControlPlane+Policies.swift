import LambdaCore
import LambdaShapes

/// Operations on resource policies of functions.
extension ControlPlane {
    static let policyOperations: [Operation: Handler] = [
        .AddPermission: { (plane, call) throws(APIError) in Outcome(try await plane.addPermission(call)) },
        .GetPolicy: { (plane, call) throws(APIError) in Outcome(try plane.getPolicy(call)) },
        .RemovePermission: { (plane, call) throws(APIError) in Outcome(try await plane.removePermission(call)) },
    ]

    func addPermission(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.subject(of: call)
        guard qualifier != FunctionReference.latest else { throw .noPolicyForLatest }
        let statement = try PermissionStatement.function(
            call.input, resource: qualifier.map { "\(key.arn):\($0)" } ?? key.arn)
        let expected = call.input["RevisionId"]?.stringValue
        try await self.change(call.requestID) { transaction in
            let holder = try PolicyHolder.find(key, qualifier: qualifier, in: transaction)
            let stored = try transaction.resource(PolicyRecord.self, at: key.address(part: qualifier ?? ""))
            // A policy that is yet to be made has the revision of what it will belong to.
            if let expected, expected != stored?.revisionID ?? holder.revisionID {
                throw APIError.policyRevisionMismatch
            }
            var document = PolicyDocument(stored?.statements ?? [])
            try document.add(statement)
            try ControlPlane.store(document, of: holder, key, qualifier, in: transaction)
        }
        return .json(["Statement": .string(statement.json)], status: Operation.AddPermission.successStatus)
    }

    func getPolicy(_ call: Call) throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.subject(of: call)
        guard let policy = self.catalog.entry(key)?.policies[qualifier ?? ""] else { throw .noSuchResource }
        return .json([
            "Policy": .string(PolicyDocument(policy.statements).json), "RevisionId": .string(policy.revisionID),
        ])
    }

    func removePermission(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.subject(of: call)
        let id = call.input["StatementId"]?.stringValue ?? ""
        let expected = call.input["RevisionId"]?.stringValue
        if self.catalog.entry(key)?.latest == nil { throw .noPolicyFound(key) }
        try await self.change(call.requestID) { transaction in
            // A policy for $LATEST cannot be made, so there is none.
            guard qualifier != FunctionReference.latest else { throw APIError.noPolicy }
            let holder = try PolicyHolder.find(key, qualifier: qualifier, in: transaction)
            guard let stored = try transaction.resource(PolicyRecord.self, at: key.address(part: qualifier ?? ""))
            else { throw APIError.noPolicy }
            var document = PolicyDocument(stored.statements)
            try document.remove(id)
            if let expected, expected != stored.revisionID { throw APIError.policyRevisionMismatch }
            try ControlPlane.store(document, of: holder, key, qualifier, in: transaction)
        }
        return .noContent
    }

    /// Policy and holder get the same new revision. A policy without statements is none.
    private static func store(
        _ document: PolicyDocument, of holder: PolicyHolder, _ key: FunctionKey, _ qualifier: String?,
        in transaction: any StoreTransaction
    ) throws {
        let policy = PolicyRecord(
            function: key, qualifier: qualifier ?? "", statements: document.statements,
            revisionID: try transaction.newRevisionID())
        if document.isEmpty {
            try transaction.remove(PolicyRecord.self, at: policy.address)
        } else {
            try transaction.put(policy)
        }
        try holder.store(revisionID: policy.revisionID, in: transaction)
    }
}
