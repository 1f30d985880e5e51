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

    func createFunction(_ call: Call) async throws(APIError) -> Outcome {
        let key = try self.newKey(call)
        try UnavailableMembers.check(call.input)
        let settings = try FunctionSettings(call.input, runtimes: self.runtimes)
        guard let runtime = settings.runtime, let handler = settings.handler, let role = settings.role else {
            throw .runtimeAndHandlerMissing
        }
        let architecture = try FunctionSettings.architecture(call.input)
        let tags = try FunctionSettings.tags(call.input)
        let zip = try CodeInput.zip(call.input["Code"]?.objectValue ?? JSONObject(), prefix: "Code.")
        if self.catalog.entry(key)?.latest != nil { throw .alreadyExists(key) }

        let reference: CodeReference
        do { reference = try await self.code.add(zip: zip) } catch {
            throw self.codeFailure(error, call.request.requestID)
        }
        var proposal = FunctionRecord(
            key: key, role: role, runtime: runtime, handler: handler, code: reference, lastModified: self.time.wallTime)
        try settings.apply(to: &proposal)
        proposal.architecture = architecture ?? Architecture.ofThisMachine
        let created = try await self.store(new: proposal, tags: tags, call)
        return Outcome(.json(FunctionShape.configuration(of: created), status: Operation.CreateFunction.successStatus))
        {
            await self.finishTransition(of: key, requestID: call.request.requestID)
        }
    }

    /// The first write of a creation.
    private func store(
        new proposal: FunctionRecord, tags: [String: String], _ call: Call
    ) async throws(APIError) -> FunctionRecord {
        try await self.change(call.request.requestID) { transaction in
            let key = proposal.key
            guard try transaction.resource(LatestVersion.self, at: key.address) == nil else {
                throw APIError.alreadyExists(key)
            }
            var created = proposal
            created.userSlot = try transaction.takeUserSlot(for: key)
            created.generation = try transaction.next(.generation)
            created.revisionID = try transaction.newRevisionID()
            var properties = FunctionProperties(key: key, userSlot: created.userSlot)
            properties.tags = tags
            properties.codeStorage = created.code.size
            try transaction.put(properties)
            try transaction.put(LatestVersion(created))
            return created
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
    /// invocations run what the record says.
    func finishTransition(of key: FunctionKey, requestID: RequestID) async {
        do {
            try await self.change(requestID) { transaction in
                guard var record = try transaction.resource(LatestVersion.self, at: key.address)?.record else {
                    // Deleted between the answer and now: there is nothing left to finish.
                    return
                }
                if record.state == .pending { record.state = .active }
                record.updateStatus = .successful
                record.revisionID = try transaction.newRevisionID()
                try transaction.put(LatestVersion(record))
            }
        } catch {
            self.log.error(
                "a function stays in transition until the next start",
                metadata: ["request": "\(requestID)", "function": "\(key.arn)"])
        }
    }
}

/// The processor that functions run on. There is no emulation.
enum Architecture {
    #if arch(arm64)
        static let ofThisMachine = "arm64"
    #else
        static let ofThisMachine = "x86_64"
    #endif
}
