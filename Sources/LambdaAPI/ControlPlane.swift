import LambdaCore
import LambdaShapes
import Logging
import NIOHTTP1
import SigV4

/// One control-plane request, read whole, not yet verified.
struct ControlRequest: Sendable {
    enum Subject: Sendable {
        case operation(Operation, labels: [String: String])
        /// A zip behind a signed link.
        case code
        /// An Invoke of type Event, verified and checked by the ``Invoker``.
        case event(AcceptedEvent)
        /// An operation of another service, as `X-Amz-Target` names it.
        case targeted(String)
    }

    let requestID: RequestID
    let subject: Subject
    let method: String
    let target: RequestTarget
    let headers: HTTPHeaders
    let body: [UInt8]
    let arrival: WallTime
    /// Given back once the request is done with.
    let share: BodyBudget.Share?
}

/// The operations that read and write functions. They may be slow, and run away from the event loops.
struct ControlPlane: Sendable {
    /// An answer, and what remains to be done once it was given.
    struct Outcome: Sendable {
        let response: APIResponse
        var afterwards: (@Sendable () async -> Void)?
        /// The answer instead of ``response``, where it goes on.
        var events: (any TargetedEvents)?

        init(_ response: APIResponse, afterwards: (@Sendable () async -> Void)? = nil) {
            self.response = response
            self.afterwards = afterwards
        }
    }

    /// A verified request with its members read.
    struct Call: Sendable {
        let request: ControlRequest
        let caller: Caller
        let input: JSONObject

        var scope: Scope { Scope(account: self.caller.account, region: self.caller.region) }
        var requestID: RequestID { self.request.requestID }
    }

    /// Performs one operation.
    typealias Handler = @Sendable (ControlPlane, Call) async throws(APIError) -> Outcome

    let store: any ResourceStore
    let code: any CodeStore
    let sink: any InvocationSink
    let runtimes: any RuntimeDirectory
    let catalog: FunctionCatalog
    let authenticator: Authenticator
    let links: CodeLinks
    let time: any TimeSource
    let log: Logger
    let configuration: APIConfiguration
    /// `nil` where this server takes no asynchronous invocations.
    var events: (any EventAcceptor)?
    let provisionedStatus: any ProvisionedStatusSource
    let targets: TargetedServices
    let traces: TraceHeaders
    /// `nil` where versions need no preparation.
    var preparer: (any VersionPreparer)?
    let preparations = VersionPreparations()
    let gate = SerialGate()

    func answer(_ request: ControlRequest) async -> Outcome {
        do {
            switch request.subject {
            case .code: return Outcome(try await self.download(request))
            case .event(let event):
                return Outcome(try await self.accept(event, answer: .accepted(trace: event.traceHeader)))
            case .targeted(let name): return await self.targets.answer(name, request)
            case .operation(let operation, let labels):
                return try await self.perform(operation, labels: labels, request)
            }
        } catch {
            return Outcome(APIResponse(error))
        }
    }

    private func perform(
        _ operation: Operation, labels: [String: String], _ request: ControlRequest
    ) async throws(APIError) -> Outcome {
        let caller = try self.authenticator.caller(
            method: request.method, target: request.target, headers: request.headers, body: request.body,
            arrival: request.arrival)
        // The model is asked first: a request that is wrong is told so, also where the operation is not here yet.
        let call = Call(request: request, caller: caller, input: try self.input(operation, labels: labels, request))
        guard let handler = ControlPlane.handlers[operation] else { throw .notImplemented(operation) }
        return try await handler(self, call)
    }

    /// Every operation that this server has; one table a group, in the group's own file.
    private static let handlers: [Operation: Handler] = {
        let groups = [
            functionOperations, versionOperations, aliasOperations, concurrencyOperations, provisionedOperations,
            eventInvokeOperations, functionSettingOperations, accountOperations, layerOperations, policyOperations,
            tagOperations, codeSigningOperations, eventSourceOperations, urlOperations,
        ]
        return groups.reduce(into: [:]) { all, group in all.merge(group) { first, _ in first } }
    }()

    /// Reads the members from path, query, headers and body, by the model's rules.
    private func input(
        _ operation: Operation, labels: [String: String], _ request: ControlRequest
    ) throws(APIError) -> JSONObject {
        guard let query = request.target.pairs else {
            throw APIError(.serialization, "The query holds a broken percent escape.")
        }
        var body: JSONValue?
        // A raw payload is judged by its operation, in that operation's words.
        if !request.body.isEmpty, operation != .InvokeAsync {
            do { body = try JSONValue.parse(request.body) } catch { throw APIError(.serialization, error.description) }
        }
        // The model's list of runtimes is AWS's of one day. This server's is what its operator installed, so the name is
        // judged by RuntimeRule, and kept from the model.
        var runtime: String?
        if var members = body?.objectValue, let named = members["Runtime"]?.stringValue {
            runtime = named
            members["Runtime"] = nil
            body = .object(members)
        }
        do {
            var input = try InputReader.read(
                operation, labels: labels, query: query, header: { request.headers.first(name: $0) }, body: body)
            if let runtime { input["Runtime"] = .string(runtime) }
            return input
        } catch { throw APIError(error) }
    }

    /// The function that the call names, in the caller's account and region.
    func subject(of call: Call) throws(APIError) -> (key: FunctionKey, qualifier: String?) {
        try FunctionReference(parsing: call.input["FunctionName"]?.stringValue ?? "").resolve(
            account: call.caller.account, region: call.caller.region,
            queryQualifier: call.input["Qualifier"]?.stringValue)
    }

    /// The function that the call names, its qualifier, and all that the catalog has of it.
    ///
    /// - Throws: That there is no such function. Whether the qualifier names something is the operation's own question.
    func function(
        of call: Call
    ) throws(APIError) -> (key: FunctionKey, qualifier: String?, entry: FunctionCatalog.Entry) {
        let (key, qualifier) = try self.subject(of: call)
        guard let entry = self.catalog.entry(key), entry.latest != nil else {
            throw .functionNotFound(key, qualifier: qualifier)
        }
        return (key, qualifier, entry)
    }

    /// The version that the call names, as the API shows it.
    func version(of call: Call) throws(APIError) -> (
        record: FunctionRecord, qualifier: String?, entry: FunctionCatalog.Entry
    ) {
        let (key, qualifier, entry) = try self.function(of: call)
        guard let record = entry.shown(qualifier) else { throw .functionNotFound(key, qualifier: qualifier) }
        return (record, qualifier, entry)
    }

    /// Writes in one transaction, then lets the catalog and the invocation plane know what was changed.
    ///
    /// One at a time: a change of the store and the change of the catalog that follows it must not mix with those of another
    /// request. Whoever reads the catalog sees all of a transaction or nothing of it.
    ///
    /// - Parameter body: Throws ``APIError`` to undo everything and answer with it. Blocks the database: no work in it that
    ///   could be done before.
    func change<Value: Sendable>(
        _ requestID: RequestID, _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws(APIError) -> Value {
        try await self.gate.pass { () async throws(APIError) -> Value in
            do {
                let (value, changes) = try await self.store.write { transaction in
                    let recorder = RecordingTransaction(transaction)
                    return (try body(recorder), recorder.changes)
                }
                self.tellSink(self.catalog.apply(changes))
                return value
            } catch { throw self.failure(error, requestID) }
        }
    }

    /// Reads in one transaction what the catalog does not have.
    func read<Value: Sendable>(
        _ requestID: RequestID, _ body: @escaping @Sendable (any StoreReading) throws -> Value
    ) async throws(APIError) -> Value {
        do { return try await self.store.read(body) } catch { throw self.failure(error, requestID) }
    }

    private func tellSink(_ effects: [FunctionCatalog.Effect]) {
        for effect in effects {
            switch effect {
            case .changed(let record): self.sink.functionChanged(record)
            case .concurrency(let concurrency): self.sink.concurrencyChanged(concurrency)
            case .versionDeleted(let version): self.sink.versionDeleted(version)
            case .functionDeleted(let key): self.sink.functionDeleted(key)
            }
        }
    }

    /// The answer to what a transaction threw; what the caller need not know goes to the log.
    private func failure(_ error: any Error, _ requestID: RequestID) -> APIError {
        switch error {
        case let error as APIError: return error
        case StoreError.userSlotsExhausted: return .noUserLeft
        default:
            self.log.error("the store failed", metadata: ["request": "\(requestID)", "reason": "\(error)"])
            return .internalError
        }
    }

    func codeFailure(_ error: CodeError, _ requestID: RequestID) -> APIError {
        switch error {
        case .unreadable(let reason):
            self.log.debug("a zip was refused", metadata: ["request": "\(requestID)", "reason": "\(reason)"])
            return .badZip
        case .unsafeEntry(let name, let reason):
            return .invalid("Could not unzip uploaded file. The entry '\(name)' \(reason).")
        case .tooLargeUnzipped(let limit): return .unzippedTooLarge(limit)
        case .tooManyEntries(let limit): return .invalid("The zip must have fewer than \(limit) entries.")
        case .failed(let reason):
            self.log.error("the code store failed", metadata: ["request": "\(requestID)", "reason": "\(reason)"])
            return .internalError
        }
    }

    private func download(_ request: ControlRequest) async throws(APIError) -> APIResponse {
        let digest = try self.links.digest(target: request.target, headers: request.headers)
        do {
            let zip = try await self.code.zip(digest: digest)
            return APIResponse(
                status: 200, headers: [.init(name: HeaderName.contentType, value: "application/zip")], body: zip)
        } catch {
            // The link was good, so the code has been removed since; whatever else happened is in the store's text.
            self.log.notice(
                "a linked zip could not be read", metadata: ["request": "\(request.requestID)", "reason": "\(error)"])
            throw APIError(.resourceNotFound, "The code behind this link is no longer there.")
        }
    }
}
