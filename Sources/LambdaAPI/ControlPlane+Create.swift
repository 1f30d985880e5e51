import LambdaCore
import LambdaShapes
import Logging
import SigV4

extension ControlPlane {
    static let functionOperations: [Operation: Handler] = [
        .CreateFunction: { (plane, call) throws(APIError) in try await plane.createFunction(call) },
        .GetFunction: { (plane, call) throws(APIError) in Outcome(try plane.getFunction(call)) },
        .GetFunctionConfiguration: { (plane, call) throws(APIError) in Outcome(try plane.getFunctionConfiguration(call))
        },
        .ListFunctions: { (plane, call) throws(APIError) in Outcome(try plane.listFunctions(call)) },
        .UpdateFunctionCode: { (plane, call) throws(APIError) in try await plane.updateFunctionCode(call) },
        .UpdateFunctionConfiguration: { (plane, call) throws(APIError) in
            try await plane.updateFunctionConfiguration(call)
        },
        .DeleteFunction: { (plane, call) throws(APIError) in Outcome(try await plane.deleteFunction(call)) },
    ]

    /// A function to be made, checked as far as it can be without the store.
    private struct Proposal: Sendable {
        var record: FunctionRecord
        let layers: [String]
        let tags: [String: String]
        let codeSigningConfigARN: String?
        let publishes: Bool
    }

    func createFunction(_ call: Call) async throws(APIError) -> Outcome {
        let key = try self.newKey(call)
        var proposal = try self.proposal(key, call)
        let source = try self.sourceOfCode(call)
        if self.catalog.entry(key)?.latest != nil { throw .alreadyExists(key) }
        // Asked once before the code is brought here, which may be long, and again in the transaction that counts.
        try await self.precheck(proposal, call)
        let placed = try await self.place(source, call)
        proposal.record.place(placed)
        let created = try await self.store(proposal, call)
        let status = Operation.CreateFunction.successStatus
        guard !self.configuration.synchronousCreate else {
            await self.settle(key, requestID: call.requestID)
            // Whoever deletes the function at the same moment leaves the first answer as the true one.
            let finished = self.catalog.entry(key)?.shown(created.version) ?? created
            return Outcome(.json(bytes: FunctionShape.configuration(of: finished), status: status))
        }
        return Outcome(.json(bytes: FunctionShape.configuration(of: created), status: status)) {
            await self.settle(key, requestID: call.requestID)
        }
    }

    private func proposal(_ key: FunctionKey, _ call: Call) throws(APIError) -> Proposal {
        try UnavailableMembers.check(call.input)
        let settings = try FunctionSettings(
            call.input, runtimes: self.runtimes, environmentBytes: self.configuration.environmentBytes,
            fileSystems: self.configuration.fileSystems)
        let packageType = call.packageType
        guard packageType == .image || (settings.runtime != nil && settings.handler != nil), let role = settings.role
        else { throw .runtimeAndHandlerMissing }
        let architecture = try FunctionSettings.architecture(call.input)
        // The code is put in once it is there.
        var record = FunctionRecord(
            key: key, role: role, runtime: "", handler: "", code: .hotReload, lastModified: self.time.wallTime)
        record.packageType = packageType
        record.architecture = architecture ?? Architecture.ofThisMachine
        record.tenantIsolation = call.input["TenancyConfig"]?.objectValue?["TenantIsolationMode"]?.stringValue
        try settings.apply(to: &record)
        try TenancyRule.check(record)
        let signing = call.input["CodeSigningConfigArn"]?.stringValue ?? ""
        return Proposal(
            record: record, layers: settings.layers ?? [], tags: try FunctionSettings.tags(call.input),
            codeSigningConfigARN: signing.isEmpty ? nil : signing,
            publishes: call.input["Publish"]?.boolValue == true)
    }

    private func sourceOfCode(_ call: Call) throws(APIError) -> CodeSource {
        let source = try CodeInput.source(
            call.input["Code"]?.objectValue ?? JSONObject(), prefix: "Code.",
            self.configuration)
        switch (call.packageType, source) {
        case (.zip, .image): throw .imageNotAllowed("creating")
        case (.image, .zip), (.image, .object), (.image, .hotReload): throw .imageMissing("creating")
        case (.zip, _), (.image, .image): return source
        }
    }

    private func precheck(_ proposal: Proposal, _ call: Call) async throws(APIError) {
        guard !proposal.layers.isEmpty || proposal.codeSigningConfigARN != nil else { return }
        try await self.read(call.requestID) { store in _ = try Self.resolved(proposal, call, in: store) }
    }

    /// The record with its layers.
    private static func resolved(
        _ proposal: Proposal, _ call: Call, in store: any StoreReading
    ) throws -> FunctionRecord {
        var record = proposal.record
        record.layers = try LayerResolution.resolve(
            proposal.layers, for: record.key, caller: (call.caller.account, call.caller.arn), in: store)
        if record.packageType == .zip {
            try DeploymentRule.checkSigning(proposal.codeSigningConfigARN, of: record.key, in: store)
        }
        return record
    }

    /// The first write of a creation. Gives what is to be shown: the version where one is published at once.
    private func store(_ proposal: Proposal, _ call: Call) async throws(APIError) -> FunctionRecord {
        try await self.change(call.requestID) { transaction in
            let key = proposal.record.key
            guard try transaction.resource(LatestVersion.self, at: key.address) == nil else {
                throw APIError.alreadyExists(key)
            }
            var created = try Self.resolved(proposal, call, in: transaction)
            try DeploymentRule.checkSize(of: created, limit: self.configuration.codeSizes.unzipped)
            try self.requireCodeStorage(for: created.code.size * (proposal.publishes ? 2 : 1), in: key.scope)
            created.userSlot = try transaction.takeUserSlot(for: key)
            created.generation = try transaction.next(.generation)
            created.revisionID = try transaction.newRevisionID()
            var properties = FunctionProperties(key: key, userSlot: created.userSlot)
            properties.tags = proposal.tags
            properties.codeSigningConfigARN = proposal.codeSigningConfigARN
            properties.codeStorage = created.code.size
            var shown = created
            if proposal.publishes {
                shown = try Publication.publish(created, into: &properties, summary: nil, in: transaction)
            }
            try transaction.put(properties)
            try transaction.put(LatestVersion(created))
            return shown
        }
    }

    /// The key of a function to be made. AWS's rules for names are stricter here than the model says.
    private func newKey(_ call: Call) throws(APIError) -> FunctionKey {
        let text = call.input["FunctionName"]?.stringValue ?? ""
        let reference = FunctionReference(parsing: text)
        if reference.name.utf8.count > Limits.functionNameLength {
            throw .constraint(
                .invalidParameterValue, value: reference.name, at: "functionName",
                "Member must have length less than or equal to \(Limits.functionNameLength)")
        }
        let (key, qualifier) = try reference.resolve(
            account: call.caller.account, region: call.caller.region, queryQualifier: nil)
        guard qualifier == nil || qualifier == FunctionReference.latest else {
            throw .invalid("The FunctionName of a new function cannot name a version or an alias: '\(text)'.")
        }
        return key
    }

    /// The second write of a creation or an update: Pending becomes Active, InProgress becomes Successful, and from now on
    /// invocations run what the record says. A version that was published with the creation goes the same way, except where it
    /// has to be prepared first.
    func finishTransition(of key: FunctionKey, requestID: RequestID) async {
        do {
            try await self.change(requestID) { transaction in
                guard var record = try transaction.resource(LatestVersion.self, at: key.address)?.record else {
                    // Deleted between the answer and now: there is nothing left to finish.
                    return
                }
                let isCreation = record.state == .pending
                FunctionTransition.finish(&record)
                record.revisionID = try transaction.newRevisionID()
                try transaction.put(LatestVersion(record))
                guard isCreation else { return }
                let versions = try transaction.resources(PublishedVersion.self, in: key.scope, name: key.name.text)
                for var version in versions where version.record.state == .pending && !version.record.isRestored {
                    FunctionTransition.finish(&version.record)
                    version.record.revisionID = try transaction.newRevisionID()
                    try transaction.put(version)
                }
            }
        } catch {
            self.log.error(
                "a function stays in transition until the next start",
                metadata: ["request": "\(requestID)", "function": "\(key.arn)"])
        }
    }
}

extension ControlPlane.Call {
    /// Zip where nothing else is asked for.
    fileprivate var packageType: FunctionRecord.PackageType {
        self.input["PackageType"]?.stringValue.flatMap { FunctionRecord.PackageType(rawValue: $0) } ?? .zip
    }
}

extension FunctionRecord {
    mutating func place(_ placed: PlacedCode) {
        self.code = placed.code
        self.hotReloadPath = placed.hotReloadPath
        self.imageURI = placed.imageURI
    }
}
