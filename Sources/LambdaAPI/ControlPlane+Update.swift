import LambdaCore
import LambdaShapes
import SigV4

extension ControlPlane {
    /// Changes a record inside the transaction of an update; throws ``APIError`` to refuse.
    private typealias Change = @Sendable (inout FunctionRecord, FunctionProperties, any StoreReading) throws -> Void

    func updateFunctionCode(_ call: Call) async throws(APIError) -> Outcome {
        let (key, current) = try self.updatable(call)
        try UnavailableMembers.check(call.input)
        let architecture = try FunctionSettings.architecture(call.input)
        let source = try self.sourceOfCode(call, for: current)
        if let revision = call.input["RevisionId"]?.stringValue, revision != current.revisionID {
            throw .revisionMismatch
        }
        // Asked once before the code is brought here, and again in the transaction that counts.
        let signing = self.catalog.entry(key)?.properties?.codeSigningConfigARN
        if let signing, current.packageType == .zip {
            try await self.read(call.requestID) { try DeploymentRule.checkSigning(signing, of: key, in: $0) }
        }
        let isDryRun = call.input["DryRun"]?.boolValue == true
        let placed = try await self.place(source, isDryRun: isDryRun, call)
        let now = self.time.wallTime
        let change: Change = { record, properties, store in
            if record.packageType == .zip {
                try DeploymentRule.checkSigning(properties.codeSigningConfigARN, of: key, in: store)
            }
            record.place(placed)
            record.architecture = architecture ?? record.architecture
            record.lastModified = now
            try DeploymentRule.checkSize(of: record, limit: self.configuration.codeSizes.unzipped)
        }
        guard !isDryRun else { return Outcome(try await self.preview(key, call, change: change)) }
        return try await self.update(
            key, call, publishes: call.input["Publish"]?.boolValue == true, change: change)
    }

    private func sourceOfCode(_ call: Call, for record: FunctionRecord) throws(APIError) -> CodeSource {
        let source = try CodeInput.source(
            call.input, prefix: "", self.configuration)
        switch (record.packageType, source) {
        case (.zip, .image): throw .imageNotAllowed("updating")
        case (.image, .zip), (.image, .object), (.image, .hotReload): throw .imageMissing("updating")
        case (.zip, _), (.image, .image): return source
        }
    }

    func updateFunctionConfiguration(_ call: Call) async throws(APIError) -> Outcome {
        let (key, _) = try self.updatable(call)
        try UnavailableMembers.check(call.input)
        let settings = try FunctionSettings(
            call.input, runtimes: self.runtimes, environmentBytes: self.configuration.environmentBytes,
            fileSystems: self.configuration.fileSystems)
        let now = self.time.wallTime
        return try await self.update(key, call) { record, properties, store in
            try settings.apply(to: &record)
            try TenancyRule.check(record)
            if let layers = settings.layers {
                record.layers = try LayerResolution.resolve(
                    layers, for: key, caller: (call.caller.account, call.caller.arn), in: store)
                // Layers are code, too, and as unsigned.
                if !layers.isEmpty {
                    try DeploymentRule.checkSigning(properties.codeSigningConfigARN, of: key, in: store)
                }
                try DeploymentRule.checkSize(of: record, limit: self.configuration.codeSizes.unzipped)
            }
            record.lastModified = now
        }
    }

    /// The stored function, if an update may begin now.
    private func updatable(_ call: Call) throws(APIError) -> (FunctionKey, FunctionRecord) {
        let (key, qualifier, entry) = try self.function(of: call)
        guard qualifier == nil || qualifier == FunctionReference.latest, let record = entry.latest else {
            throw .functionNotFound(key, qualifier: qualifier)
        }
        try FunctionTransition.requireSettled(record)
        return (key, record)
    }

    /// What an update would make of `$LATEST`.
    private func preview(
        _ key: FunctionKey, _ call: Call, change: @escaping Change
    ) async throws(APIError) -> APIResponse {
        let preview = try await self.read(call.requestID) { store in
            guard var record = try store.resource(LatestVersion.self, at: key.address)?.record,
                let properties = try store.resource(FunctionProperties.self, at: key.address)
            else { throw APIError.functionNotFound(key) }
            let size = record.code.size
            try change(&record, properties, store)
            try self.requireCodeStorage(for: record.code.size - size, in: key.scope)
            return record
        }
        return .json(bytes: FunctionShape.configuration(of: preview))
    }

    /// The first write of an update. The catalog keeps the old record until the second, so that invocations that come
    /// between the two run what they ran before.
    private func update(
        _ key: FunctionKey, _ call: Call, publishes: Bool = false, change: @escaping Change
    ) async throws(APIError) -> Outcome {
        let requestID = call.requestID
        let expected = call.input["RevisionId"]?.stringValue
        let shown = try await self.change(requestID) { transaction in
            guard var record = try transaction.resource(LatestVersion.self, at: key.address)?.record,
                var properties = try transaction.resource(FunctionProperties.self, at: key.address)
            else { throw APIError.functionNotFound(key) }
            try FunctionTransition.requireSettled(record)
            if let expected, expected != record.revisionID { throw APIError.revisionMismatch }
            let before = (size: record.code.size, properties: properties)
            try change(&record, properties, transaction)
            properties.codeStorage += record.code.size - before.size
            record.updateStatus = .inProgress
            record.updateReason = nil
            record.generation = try transaction.next(.generation)
            record.revisionID = try transaction.newRevisionID()
            var shown = record
            if publishes {
                shown = try Publication.publish(record, into: &properties, summary: nil, in: transaction)
            }
            try self.requireCodeStorage(for: properties.codeStorage - before.properties.codeStorage, in: key.scope)
            if properties != before.properties { try transaction.put(properties) }
            try transaction.put(LatestVersion(record))
            return shown
        }
        let qualifier = shown.isLatest ? nil : shown.version
        return Outcome(.json(bytes: FunctionShape.configuration(of: shown, qualifier: qualifier))) {
            await self.settle(key, requestID: requestID)
        }
    }
}
