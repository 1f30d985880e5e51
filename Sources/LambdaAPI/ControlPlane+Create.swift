import LambdaCore
import LambdaShapes
import Logging
import SigV4

extension ControlPlane {
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
        if try await self.stored(key, call) != nil { throw .alreadyExists(key) }

        let reference: CodeReference
        do { reference = try await self.code.add(zip: zip) } catch {
            throw self.codeFailure(error, call.request.requestID)
        }
        var record = FunctionRecord(
            key: key, role: role, runtime: runtime, handler: handler, code: reference, lastModified: self.time.wallTime)
        try settings.apply(to: &record)
        record.architecture = architecture ?? Architecture.ofThisMachine
        record.tags = tags

        let proposal = record
        let created = try await self.gate.pass { () async throws(APIError) -> FunctionRecord in
            let created: FunctionRecord
            do throws(StoreError) { created = try await self.store.create(proposal) } catch {
                throw self.storeFailure(error, call.request.requestID)
            }
            self.catalog.update(created)
            return created
        }
        return Outcome(.json(FunctionShape.configuration(of: created), status: Operation.CreateFunction.successStatus))
        {
            await self.finishTransition(of: key, requestID: call.request.requestID)
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
        await self.gate.pass {
            do throws(StoreError) {
                let record = try await self.store.update(key, expectedRevision: nil, newGeneration: false) { record in
                    if record.state == .pending { record.state = .active }
                    record.updateStatus = .successful
                }
                self.catalog.update(record)
                self.sink.functionChanged(record)
            } catch .notFound {
                // Deleted between the answer and now: there is nothing left to finish.
            } catch {
                self.log.error(
                    "a function stays in transition until the next start",
                    metadata: ["request": "\(requestID)", "function": "\(key.arn)", "reason": "\(error)"])
            }
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
