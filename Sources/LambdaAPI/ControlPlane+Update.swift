import LambdaCore
import LambdaShapes

extension ControlPlane {
    func updateFunctionCode(_ call: Call) async throws(APIError) -> Outcome {
        let (key, current) = try await self.updatable(call)
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
        let (key, current) = try await self.updatable(call)
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
    private func updatable(_ call: Call) async throws(APIError) -> (FunctionKey, FunctionRecord) {
        let (record, _) = try await self.record(for: call)
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
        let written = try await self.gate.pass { () async throws(APIError) -> FunctionRecord in
            guard let current = try await self.stored(key, call) else { throw .functionNotFound(key) }
            try ControlPlane.requireSettled(current)
            let expected = call.input["RevisionId"]?.stringValue ?? current.revisionID
            do throws(StoreError) {
                return try await self.store.update(key, expectedRevision: expected, newGeneration: true) { record in
                    change(&record)
                    record.updateStatus = .inProgress
                }
            } catch { throw self.storeFailure(error, requestID) }
        }
        return Outcome(.json(FunctionShape.configuration(of: written))) {
            await self.finishTransition(of: key, requestID: requestID)
        }
    }

    func deleteFunction(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.subject(of: call)
        if qualifier == FunctionReference.latest { throw .latestCannotBeDeleted }
        if let qualifier {
            guard try await self.stored(key, call) != nil else { throw .functionNotFound(key) }
            guard qualifier.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw .aliasCannotBeDeleted }
            // A version that does not exist is deleted as often as one likes, as on AWS.
            return .noContent
        }
        try await self.gate.pass { () async throws(APIError) -> Void in
            do throws(StoreError) { _ = try await self.store.delete(key) } catch {
                throw self.storeFailure(error, call.request.requestID)
            }
            self.catalog.remove(key)
            self.sink.functionDeleted(key)
        }
        return .noContent
    }
}
