import LambdaCore
import LambdaShapes

extension ControlPlane {
    func deleteFunction(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.subject(of: call)
        if qualifier == FunctionReference.latest { throw .latestCannotBeDeleted }
        // Whoever names a version of a function that is not there is told of the function.
        guard self.catalog.entry(key)?.latest != nil else { throw .functionNotFound(key) }
        guard let qualifier else {
            try await self.deleteWholeFunction(key, call)
            return .noContent
        }
        guard qualifier.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw .aliasCannotBeDeleted }
        try await self.deleteVersion(qualifier, of: key, call)
        return .noContent
    }

    /// Everything that is the function's goes with it. Event source mappings stay, pointing at nothing, as on AWS.
    private func deleteWholeFunction(_ key: FunctionKey, _ call: Call) async throws(APIError) {
        try await self.change(call.requestID) { transaction in
            try Self.removeAll(PublishedVersion.self, of: key, in: transaction)
            guard try transaction.remove(LatestVersion.self, at: key.address) else {
                throw APIError.functionNotFound(key)
            }
            try transaction.remove(FunctionProperties.self, at: key.address)
            try Self.removeAll(AliasRecord.self, of: key, in: transaction)
            try Self.removeAll(FunctionURLRecord.self, of: key, in: transaction)
            try Self.removeAll(PolicyRecord.self, of: key, in: transaction)
            try Self.removeAll(EventInvokeConfigRecord.self, of: key, in: transaction)
            try Self.removeAll(ProvisionedConcurrencyRecord.self, of: key, in: transaction)
            try Self.removeAll(RuntimeManagementRecord.self, of: key, in: transaction)
            try transaction.releaseUserSlot(of: key)
        }
    }

    private static func removeAll<Resource: StoredResource>(
        _ type: Resource.Type, of key: FunctionKey, in transaction: any StoreTransaction
    ) throws {
        for resource in try transaction.resources(type, in: key.scope, name: key.name.text) {
            try transaction.remove(type, at: resource.address)
        }
    }

    /// A version that does not exist is deleted as often as one likes, as on AWS.
    private func deleteVersion(_ version: String, of key: FunctionKey, _ call: Call) async throws(APIError) {
        guard let number = Int(version), number > 0, String(number) == version else { return }
        try await self.change(call.requestID) { transaction in
            let address = key.address(part: ResourceAddress.number(number))
            guard let record = try transaction.resource(PublishedVersion.self, at: address)?.record else { return }
            let aliases = try transaction.resources(AliasRecord.self, in: key.scope, name: key.name.text)
                .filter { $0.version == version || $0.additionalWeights[version] != nil }
            guard aliases.isEmpty else { throw APIError.versionInUse(version, by: aliases.map { $0.arn }) }
            try transaction.remove(PublishedVersion.self, at: address)
            let part = key.address(part: version)
            try transaction.remove(PolicyRecord.self, at: part)
            try transaction.remove(EventInvokeConfigRecord.self, at: part)
            try transaction.remove(ProvisionedConcurrencyRecord.self, at: part)
            try transaction.remove(RuntimeManagementRecord.self, at: part)
            guard var properties = try transaction.resource(FunctionProperties.self, at: key.address) else { return }
            properties.codeStorage -= record.code.size
            try transaction.put(properties)
        }
    }
}
