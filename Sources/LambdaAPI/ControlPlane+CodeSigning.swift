import LambdaCore
import LambdaShapes

/// Operations on code signing configurations.
extension ControlPlane {
    static let codeSigningOperations: [Operation: Handler] = [
        .CreateCodeSigningConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.createCodeSigningConfig(call))
        },
        .GetCodeSigningConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.getCodeSigningConfig(call))
        },
        .UpdateCodeSigningConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.updateCodeSigningConfig(call))
        },
        .DeleteCodeSigningConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.deleteCodeSigningConfig(call))
        },
        .ListCodeSigningConfigs: { (plane, call) throws(APIError) in
            Outcome(try await plane.listCodeSigningConfigs(call))
        },
        .ListFunctionsByCodeSigningConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.listFunctionsByCodeSigningConfig(call))
        },
        .PutFunctionCodeSigningConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.putFunctionCodeSigningConfig(call))
        },
        .GetFunctionCodeSigningConfig: { (plane, call) throws(APIError) in
            Outcome(try plane.getFunctionCodeSigningConfig(call))
        },
        .DeleteFunctionCodeSigningConfig: { (plane, call) throws(APIError) in
            Outcome(try await plane.deleteFunctionCodeSigningConfig(call))
        },
    ]

    func createCodeSigningConfig(_ call: Call) async throws(APIError) -> APIResponse {
        let settings = CodeSigningSettings(call.input)
        var config = CodeSigningConfigRecord(
            scope: call.scope, id: CodeSigningSettings.newID(), summary: "", publishers: [],
            untrustedArtifact: CodeSigningSettings.defaultPolicy, tags: try FunctionSettings.tags(call.input),
            modified: self.time.wallTime)
        settings.apply(to: &config)
        let created = config
        try await self.change(call.requestID) { try $0.put(created) }
        return .json(CodeSigningSettings.answer(created), status: Operation.CreateCodeSigningConfig.successStatus)
    }

    func getCodeSigningConfig(_ call: Call) async throws(APIError) -> APIResponse {
        let (arn, address) = try self.codeSigningConfig(of: call)
        let config = try await self.read(call.requestID) { try $0.resource(CodeSigningConfigRecord.self, at: address) }
        guard let config else { throw .codeSigningConfigNotFound(arn: arn) }
        return .json(CodeSigningSettings.answer(config))
    }

    func updateCodeSigningConfig(_ call: Call) async throws(APIError) -> APIResponse {
        let (arn, address) = try self.codeSigningConfig(of: call)
        let settings = CodeSigningSettings(call.input)
        let now = self.time.wallTime
        let updated = try await self.change(call.requestID) { transaction in
            guard var config = try transaction.resource(CodeSigningConfigRecord.self, at: address) else {
                throw APIError.codeSigningConfigNotFound(arn: arn)
            }
            settings.apply(to: &config)
            config.modified = now
            try transaction.put(config)
            return config
        }
        return .json(CodeSigningSettings.answer(updated))
    }

    func deleteCodeSigningConfig(_ call: Call) async throws(APIError) -> APIResponse {
        let (arn, address) = try self.codeSigningConfig(of: call)
        try await self.change(call.requestID) { transaction in
            guard try transaction.remove(CodeSigningConfigRecord.self, at: address) else {
                throw APIError.codeSigningConfigNotFound(arn: arn)
            }
            // Every function of the scope is looked at: a configuration is deleted once in its life.
            let functions = try transaction.resources(FunctionProperties.self, in: address.scope)
            guard !functions.contains(where: { $0.codeSigningConfigARN == arn }) else {
                throw APIError.codeSigningConfigInUse(arn: arn)
            }
        }
        return .noContent
    }

    func listCodeSigningConfigs(_ call: Call) async throws(APIError) -> APIResponse {
        let page = try Paging(call.input)
        let scope = call.scope
        let found = try await self.read(call.requestID) { store in
            try store.resources(
                CodeSigningConfigRecord.self, in: scope, name: nil,
                after: page.after.map { ResourceAddress(scope: scope, name: $0) }, limit: page.limit + 1)
        }
        return .json(page.answer(found, as: "CodeSigningConfigs", key: \.id) { CodeSigningSettings.shape($0) })
    }

    func listFunctionsByCodeSigningConfig(_ call: Call) async throws(APIError) -> APIResponse {
        let (arn, address) = try self.codeSigningConfig(of: call)
        let page = try Paging(call.input)
        let config = try await self.read(call.requestID) { try $0.resource(CodeSigningConfigRecord.self, at: address) }
        guard config != nil else { throw .codeSigningConfigNotFound(arn: arn) }
        var found: [FunctionKey] = []
        var last = page.after.flatMap { FunctionName($0) }
        while found.count <= page.limit {
            let entries = self.catalog.page(of: call.scope, after: last, limit: CodeSigningSettings.scannedAtOnce)
            guard let end = entries.last?.latest?.key.name else { break }
            found += entries.filter { $0.properties?.codeSigningConfigARN == arn }.compactMap { $0.latest?.key }
            last = end
        }
        var answer = JSONObject()
        if found.count > page.limit {
            answer["NextMarker"] = .string(Paging.marker(after: found[page.limit - 1].name.text))
        }
        answer["FunctionArns"] = .array(found.prefix(page.limit).map { .string($0.arn) })
        return .json(answer)
    }

    func putFunctionCodeSigningConfig(_ call: Call) async throws(APIError) -> APIResponse {
        let arn = call.input["CodeSigningConfigArn"]?.stringValue ?? ""
        let address = CodeSigningSettings.address(arn: arn, in: call.scope)
        // The configuration is looked for first, so that it is the one missed where both are missing.
        let config = try await self.read(call.requestID) { store in
            try address.flatMap { try store.resource(CodeSigningConfigRecord.self, at: $0) }
        }
        guard let config else { throw .codeSigningConfigMissing(arn) }
        let key = try self.signedFunction(of: call)
        try await self.change(call.requestID) { transaction in
            guard try transaction.resource(CodeSigningConfigRecord.self, at: config.address) != nil else {
                throw APIError.codeSigningConfigMissing(arn)
            }
            try ControlPlane.setCodeSigning(of: key, to: arn, transaction)
        }
        return .json(CodeSigningSettings.association(arn, key))
    }

    func getFunctionCodeSigningConfig(_ call: Call) throws(APIError) -> APIResponse {
        let key = try self.signedFunction(of: call)
        // A function without one is an empty object.
        guard let arn = self.catalog.entry(key)?.properties?.codeSigningConfigARN else { return .json(JSONObject()) }
        return .json(CodeSigningSettings.association(arn, key))
    }

    func deleteFunctionCodeSigningConfig(_ call: Call) async throws(APIError) -> APIResponse {
        let key = try self.signedFunction(of: call)
        try await self.change(call.requestID) { try ControlPlane.setCodeSigning(of: key, to: nil, $0) }
        return .noContent
    }

    private static func setCodeSigning(
        of key: FunctionKey, to arn: String?, _ transaction: any StoreTransaction
    ) throws {
        guard var properties = try transaction.resource(FunctionProperties.self, at: key.address) else {
            throw APIError.functionNotFound(key)
        }
        properties.codeSigningConfigARN = arn
        try transaction.put(properties)
    }

    /// The function whose association the call is about. A configuration belongs to all versions of a function at once.
    private func signedFunction(of call: Call) throws(APIError) -> FunctionKey {
        let (key, qualifier, entry) = try self.function(of: call)
        guard qualifier == nil else { throw .functionsOnly }
        if entry.latest?.packageType == .image { throw .codeSigningOfImage }
        return key
    }

    /// The configuration that the path names. One of another account or region is as unknown as one that is gone.
    private func codeSigningConfig(of call: Call) throws(APIError) -> (arn: String, address: ResourceAddress) {
        let arn = call.input["CodeSigningConfigArn"]?.stringValue ?? ""
        guard let address = CodeSigningSettings.address(arn: arn, in: call.scope) else {
            throw .codeSigningConfigNotFound(arn: arn)
        }
        return (arn, address)
    }
}
