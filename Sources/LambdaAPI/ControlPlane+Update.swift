import LambdaCore
import LambdaShapes

extension ControlPlane {
    func updateFunctionCode(_ call: Call) async throws(APIError) -> Outcome {
        let (key, current) = try self.updatable(call)
        try UnavailableMembers.check(call.input)
        let architecture = try FunctionSettings.architecture(call.input)
        let zip = try CodeInput.zip(call.input, prefix: "")
        let revision = call.input["RevisionId"]?.stringValue
        if let revision, revision != current.revisionID { throw .revisionMismatch }
        let reference: CodeReference
        do { reference = try await self.code.add(zip: zip) } catch {
            throw self.codeFailure(error, call.request.requestID)
        }
        let now = self.time.wallTime
        let change: @Sendable (inout FunctionRecord) -> Void = { record in
            record.code = reference
            record.architecture = architecture ?? record.architecture
            record.lastModified = now
        }
        if call.input["DryRun"]?.boolValue == true {
            // The zip stays in the store until the next collection, since no record names it.
            var preview = current
            change(&preview)
            return Outcome(.json(FunctionShape.configuration(of: preview)))
        }
        return try await self.update(key, call, change: change)
    }

    func updateFunctionConfiguration(_ call: Call) async throws(APIError) -> Outcome {
        let (key, current) = try self.updatable(call)
        try UnavailableMembers.check(call.input)
        let settings = try FunctionSettings(call.input, runtimes: self.runtimes)
        // Whether the levels fit the format depends on what is stored, so it is tried on a copy that may be refused.
        var trial = current
        try settings.apply(to: &trial)
        let now = self.time.wallTime
        return try await self.update(key, call) { record in
            // Only one update runs at a time, so the record is the one that was tried, or its revision has changed.
            do { try settings.apply(to: &record) } catch { return }
            record.lastModified = now
        }
    }

    /// The stored function, if an update may begin now.
    private func updatable(_ call: Call) throws(APIError) -> (FunctionKey, FunctionRecord) {
        let (record, _) = try self.latest(for: call)
        try ControlPlane.requireSettled(record)
        return (record.key, record)
    }

    private static func requireSettled(_ record: FunctionRecord) throws(APIError) {
        guard record.state != .pending else { throw .wrongState(record.state) }
        guard record.updateStatus != .inProgress else { throw .updateInProgress(record.key) }
    }

    /// The first write of an update. The catalog keeps the old record until the second, so that invocations that come
    /// between the two run what they ran before.
    private func update(
        _ key: FunctionKey, _ call: Call, change: @escaping @Sendable (inout FunctionRecord) -> Void
    ) async throws(APIError) -> Outcome {
        let requestID = call.request.requestID
        let expected = call.input["RevisionId"]?.stringValue
        let written = try await self.change(requestID) { transaction in
            guard var record = try transaction.resource(LatestVersion.self, at: key.address)?.record else {
                throw APIError.functionNotFound(key)
            }
            try ControlPlane.requireSettled(record)
            if let expected, expected != record.revisionID { throw APIError.revisionMismatch }
            change(&record)
            record.updateStatus = .inProgress
            record.generation = try transaction.next(.generation)
            record.revisionID = try transaction.newRevisionID()
            try transaction.put(LatestVersion(record))
            return record
        }
        return Outcome(.json(FunctionShape.configuration(of: written))) {
            await self.finishTransition(of: key, requestID: requestID)
        }
    }

    func deleteFunction(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.subject(of: call)
        if qualifier == FunctionReference.latest { throw .latestCannotBeDeleted }
        if let qualifier {
            guard self.catalog.entry(key)?.latest != nil else { throw .functionNotFound(key) }
            guard qualifier.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw .aliasCannotBeDeleted }
            // A version that does not exist is deleted as often as one likes, as on AWS.
            return .noContent
        }
        try await self.change(call.request.requestID) { transaction in
            guard try transaction.remove(LatestVersion.self, at: key.address) else {
                throw APIError.functionNotFound(key)
            }
            try transaction.remove(FunctionProperties.self, at: key.address)
            try transaction.releaseUserSlot(of: key)
        }
        return .noContent
    }
}
