import LambdaCore
import LambdaShapes

/// Operations on aliases.
extension ControlPlane {
    static let aliasOperations: [Operation: Handler] = [
        .CreateAlias: { (plane, call) throws(APIError) in Outcome(try await plane.createAlias(call)) },
        .DeleteAlias: { (plane, call) throws(APIError) in Outcome(try await plane.deleteAlias(call)) },
        .GetAlias: { (plane, call) throws(APIError) in Outcome(try plane.getAlias(call)) },
        .ListAliases: { (plane, call) throws(APIError) in Outcome(try plane.listAliases(call)) },
        .UpdateAlias: { (plane, call) throws(APIError) in Outcome(try await plane.updateAlias(call)) },
    ]

    func createAlias(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, name) = try self.aliasPlace(call)
        let version = call.input["FunctionVersion"]?.stringValue ?? FunctionRecord.latest
        let summary = call.input["Description"]?.stringValue ?? ""
        let weights = ControlPlane.weights(call.input) ?? [:]
        let created = try await self.change(call.requestID) { transaction in
            let target = try transaction.record(ofVersion: version, of: key)
            guard let target else { throw APIError.functionNotFound(key, qualifier: version) }
            var alias = AliasRecord(
                function: key, name: name, version: version, summary: summary, additionalWeights: weights,
                revisionID: "")
            guard try transaction.alias(name, of: key) == nil else { throw APIError.aliasExists(alias) }
            try AliasRule.check(alias, target: target, in: transaction)
            alias.revisionID = try transaction.newRevisionID()
            try transaction.put(alias)
            return alias
        }
        return .json(AliasShape.configuration(of: created), status: Operation.CreateAlias.successStatus)
    }

    func getAlias(_ call: Call) throws(APIError) -> APIResponse {
        let (key, name) = try self.aliasPlace(call)
        guard let alias = self.catalog.entry(key)?.aliases[name] else { throw .aliasMissing(name, of: key) }
        return .json(AliasShape.configuration(of: alias))
    }

    func listAliases(_ call: Call) throws(APIError) -> APIResponse {
        let (_, _, entry) = try self.function(of: call)
        var aliases = Array(entry.aliases.values)
        if let version = call.input["FunctionVersion"]?.stringValue {
            // Those that may run the version, by their weights, too.
            aliases = aliases.filter { $0.version == version || $0.additionalWeights[version] != nil }
        }
        let page = try Paging(call.input).page(of: aliases, by: \.name)
        return .json(page.answer("Aliases", AliasShape.configuration))
    }

    /// Makes a new revision whatever is in the request, as AWS does.
    func updateAlias(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, name) = try self.aliasPlace(call)
        let input = call.input
        let updated = try await self.change(call.requestID) { transaction in
            guard var alias = try transaction.alias(name, of: key) else {
                throw APIError.aliasToUpdateMissing(name, of: key)
            }
            if let revision = input["RevisionId"]?.stringValue, revision != alias.revisionID {
                throw APIError.revisionMismatch
            }
            alias.version = input["FunctionVersion"]?.stringValue ?? alias.version
            alias.summary = input["Description"]?.stringValue ?? alias.summary
            alias.additionalWeights = ControlPlane.weights(input) ?? alias.additionalWeights
            guard let target = try transaction.record(ofVersion: alias.version, of: key) else {
                throw APIError.functionNotFound(key, qualifier: alias.version)
            }
            try AliasRule.check(alias, target: target, in: transaction)
            alias.revisionID = try transaction.newRevisionID()
            try transaction.put(alias)
            return alias
        }
        return .json(AliasShape.configuration(of: updated))
    }

    /// What stands on the alias goes with it, except its URL configuration, which AWS leaves.
    func deleteAlias(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, name) = try self.aliasPlace(call)
        // An alias that does not exist is deleted as often as one likes, as on AWS.
        guard self.catalog.entry(key)?.aliases[name] != nil else { return .noContent }
        try await self.change(call.requestID) { transaction in
            let address = key.address(part: name)
            try transaction.remove(AliasRecord.self, at: address)
            try transaction.remove(ProvisionedConcurrencyRecord.self, at: address)
            try transaction.remove(EventInvokeConfigRecord.self, at: address)
            // An alias made later under this name must not be open to whom this one was open.
            try transaction.remove(PolicyRecord.self, at: address)
        }
        return .noContent
    }

    /// The function and the alias's name. A qualifier of the function's name says nothing here.
    private func aliasPlace(_ call: Call) throws(APIError) -> (key: FunctionKey, name: String) {
        (try self.subject(of: call).key, call.input["Name"]?.stringValue ?? "")
    }

    /// The weights that were sent; `nil` where no routing was. An empty `RoutingConfig` ends the routing.
    private static func weights(_ input: JSONObject) -> [String: Double]? {
        guard let routing = input["RoutingConfig"]?.objectValue else { return nil }
        var weights: [String: Double] = [:]
        for member in routing["AdditionalVersionWeights"]?.objectValue ?? JSONObject() {
            weights[member.key] = member.value.doubleValue ?? 0
        }
        return weights
    }
}

/// What an alias may point to.
enum AliasRule {
    /// - Parameter target: The record of the alias's own version.
    /// - Throws: ``APIError``, or what the store throws.
    static func check(_ alias: AliasRecord, target: FunctionRecord, in store: any StoreReading) throws {
        guard alias.additionalWeights.count <= 1 else { throw APIError.tooManyWeights }
        guard let (version, _) = alias.additionalWeights.first else {
            return try self.checkProvisioned(alias, in: store)
        }
        guard version != alias.version else { throw APIError.versionRoutedTwice(version) }
        guard alias.version != FunctionRecord.latest else { throw APIError.latestWithWeights }
        guard let additional = try store.record(ofVersion: version, of: alias.function) else {
            throw APIError.functionNotFound(alias.function, qualifier: version)
        }
        guard additional.role == target.role else { throw APIError.routedVersionsDiffer("execution role") }
        guard additional.deadLetterTarget == target.deadLetterTarget else {
            throw APIError.routedVersionsDiffer("dead-letter queue configuration")
        }
        try self.checkProvisioned(alias, in: store)
    }

    /// An alias with provisioned concurrency cannot be moved to a version that has its own.
    private static func checkProvisioned(_ alias: AliasRecord, in store: any StoreReading) throws {
        guard try store.resource(ProvisionedConcurrencyRecord.self, at: alias.address) != nil else { return }
        guard alias.version != FunctionRecord.latest else { throw APIError.provisionedLatest }
        let version = alias.function.address(part: alias.version)
        guard try store.resource(ProvisionedConcurrencyRecord.self, at: version) == nil else {
            throw APIError.aliasOfProvisionedVersion
        }
    }
}

/// Aliases as the API shows them.
enum AliasShape {
    static func configuration(of alias: AliasRecord) -> JSONObject {
        var shape: JSONObject = [
            "AliasArn": .string(alias.arn), "Name": .string(alias.name), "FunctionVersion": .string(alias.version),
            "Description": .string(alias.summary),
        ]
        if !alias.additionalWeights.isEmpty {
            var weights = JSONObject()
            for (version, weight) in alias.additionalWeights { weights[version] = .number("\(weight)") }
            shape["RoutingConfig"] = .object(["AdditionalVersionWeights": .object(weights)])
        }
        shape["RevisionId"] = .string(alias.revisionID)
        return shape
    }
}
