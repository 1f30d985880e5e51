import LambdaCore
import LambdaShapes

/// Operations on provisioned concurrency.
extension ControlPlane {
    static let provisionedOperations: [Operation: Handler] = [
        .DeleteProvisionedConcurrencyConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.deleteProvisionedConcurrency(call))
        },
        .GetProvisionedConcurrencyConfig: { (plane, call) throws(APIError) in
            Outcome(try plane.getProvisionedConcurrency(call))
        },
        .ListProvisionedConcurrencyConfigs: { (plane, call) throws(APIError) in
            Outcome(try plane.listProvisionedConcurrency(call))
        },
        .PutProvisionedConcurrencyConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.putProvisionedConcurrency(call))
        },
    ]

    func putProvisionedConcurrency(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.provisionedPlace(call)
        guard let qualifier, qualifier != FunctionRecord.latest else { throw .provisionedLatest }
        guard let requested = call.input["ProvisionedConcurrentExecutions"]?.intValue else { throw .internalError }
        let now = self.time.wallTime
        let stored = try await self.change(call.requestID) { transaction in
            let record = ProvisionedConcurrencyRecord(
                function: key, qualifier: qualifier, requested: requested, modified: now)
            try ProvisionedRule.check(record, in: transaction)
            try self.concurrencyAccount(of: key.scope, in: transaction)
                .checkProvisioning(requested, for: key, qualifier: qualifier)
            try transaction.put(record)
            return record
        }
        let status = self.provisionedStatus.status(of: stored)
        return .json(
            ProvisionedShape.configuration(of: stored, status),
            status: Operation.PutProvisionedConcurrencyConfig.successStatus)
    }

    func getProvisionedConcurrency(_ call: Call) throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.publishedQualifier(of: call)
        guard let record = self.catalog.entry(key)?.provisioned[qualifier] else { throw .provisionedConfigMissing }
        return .json(ProvisionedShape.configuration(of: record, self.provisionedStatus.status(of: record)))
    }

    func listProvisionedConcurrency(_ call: Call) throws(APIError) -> APIResponse {
        let key = try self.subject(of: call).key
        guard let entry = self.catalog.entry(key), entry.latest != nil else { throw .functionNotFound(key) }
        let page = try Paging(call.input).page(of: entry.provisioned.values, by: \.qualifier)
        return .json(
            page.answer("ProvisionedConcurrencyConfigs") { record in
                ProvisionedShape.listed(record, self.provisionedStatus.status(of: record))
            })
    }

    func deleteProvisionedConcurrency(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.publishedQualifier(of: call)
        try await self.change(call.requestID) { transaction in
            // One that does not exist is deleted as often as one likes, as on AWS.
            _ = try transaction.remove(ProvisionedConcurrencyRecord.self, at: key.address(part: qualifier))
        }
        return .noContent
    }

    /// An empty qualifier, which the model allows, is none.
    private func provisionedPlace(_ call: Call) throws(APIError) -> (key: FunctionKey, qualifier: String?) {
        let (key, qualifier) = try self.subject(of: call)
        return (key, qualifier?.isEmpty == true ? nil : qualifier)
    }

    /// The version or alias that a call names, which exists.
    private func publishedQualifier(of call: Call) throws(APIError) -> (key: FunctionKey, qualifier: String) {
        let (key, qualifier) = try self.provisionedPlace(call)
        guard let qualifier, qualifier != FunctionRecord.latest else { throw .neitherAliasNorVersion }
        let entry = self.catalog.entry(key)
        switch QualifierKind(qualifier) {
        case .alias: guard entry?.aliases[qualifier] != nil else { throw .aliasMissing(qualifier, of: key) }
        case .version, .latest:
            guard entry?.versions[qualifier] != nil else { throw .functionNotFound(key, qualifier: qualifier) }
        }
        return (key, qualifier)
    }
}

/// What provisioned concurrency may be put on.
enum ProvisionedRule {
    /// - Throws: ``APIError``, or what the store throws.
    static func check(_ record: ProvisionedConcurrencyRecord, in store: any StoreReading) throws {
        let version =
            switch QualifierKind(record.qualifier) {
            case .alias: try self.version(of: record, in: store)
            case .version, .latest: record.qualifier
            }
        guard let target = try store.record(ofVersion: version, of: record.function) else {
            throw APIError.functionNotFound(record.function, qualifier: version)
        }
        guard target.snapStart == .none else { throw APIError.provisionedWith("SnapStart") }
        guard target.tenantIsolation == nil else { throw APIError.provisionedWith("tenant isolation") }
        guard version == record.qualifier else { return }
        let others = try store.resources(
            ProvisionedConcurrencyRecord.self, in: record.function.scope, name: record.function.name.text)
        for other in others where other.qualifier != version {
            guard try store.alias(other.qualifier, of: record.function)?.version != version else {
                throw APIError.versionOfProvisionedAlias
            }
        }
    }

    /// The version of the alias that the configuration is for.
    private static func version(of record: ProvisionedConcurrencyRecord, in store: any StoreReading) throws -> String {
        let key = record.function
        guard let alias = try store.alias(record.qualifier, of: key) else {
            throw APIError.aliasMissing(record.qualifier, of: key)
        }
        guard alias.version != FunctionRecord.latest else { throw APIError.provisionedLatest }
        let address = key.address(part: alias.version)
        guard try store.resource(ProvisionedConcurrencyRecord.self, at: address) == nil else {
            throw APIError.aliasOfProvisionedVersion
        }
        return alias.version
    }
}

/// Provisioned concurrency as the API shows it.
enum ProvisionedShape {
    static func configuration(of record: ProvisionedConcurrencyRecord, _ status: ProvisionedStatus) -> JSONObject {
        var shape: JSONObject = [
            "RequestedProvisionedConcurrentExecutions": .number(String(record.requested)),
            "AvailableProvisionedConcurrentExecutions": .number(String(status.available)),
            "AllocatedProvisionedConcurrentExecutions": .number(String(status.allocated)),
            "Status": .string(status.state.rawValue),
        ]
        if let reason = status.reason { shape["StatusReason"] = .string(reason) }
        // In seconds, where functions have milliseconds.
        shape["LastModified"] = .string("\(record.modified.lastModifiedText.prefix(19))+0000")
        return shape
    }

    static func listed(_ record: ProvisionedConcurrencyRecord, _ status: ProvisionedStatus) -> JSONObject {
        var shape: JSONObject = ["FunctionArn": .string("\(record.function.arn):\(record.qualifier)")]
        for member in self.configuration(of: record, status) { shape[member.key] = member.value }
        return shape
    }
}
