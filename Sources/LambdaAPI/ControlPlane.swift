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
    }

    let store: any FunctionStore
    let code: any CodeStore
    let sink: any InvocationSink
    let runtimes: any RuntimeDirectory
    let catalog: FunctionCatalog
    let authenticator: Authenticator
    let links: CodeLinks
    let time: any TimeSource
    let log: Logger
    let gate = SerialGate()

    func answer(_ request: ControlRequest) async -> Outcome {
        do {
            switch request.subject {
            case .code: return Outcome(try await self.download(request))
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
        guard ControlPlane.isAvailable(operation) else { throw .notImplemented(operation) }
        let call = Call(request: request, caller: caller, input: try self.input(operation, labels: labels, request))
        switch operation {
        case .CreateFunction: return try await self.createFunction(call)
        case .GetFunction: return Outcome(try await self.getFunction(call))
        case .GetFunctionConfiguration: return Outcome(try await self.getFunctionConfiguration(call))
        case .ListFunctions: return Outcome(try await self.listFunctions(call))
        case .UpdateFunctionCode: return try await self.updateFunctionCode(call)
        case .UpdateFunctionConfiguration: return try await self.updateFunctionConfiguration(call)
        case .DeleteFunction: return Outcome(try await self.deleteFunction(call))
        default: throw .notImplemented(operation)
        }
    }

    private static func isAvailable(_ operation: Operation) -> Bool {
        switch operation {
        case .CreateFunction, .GetFunction, .GetFunctionConfiguration, .ListFunctions, .UpdateFunctionCode,
            .UpdateFunctionConfiguration, .DeleteFunction:
            true
        default: false
        }
    }

    /// Reads the members from path, query, headers and body, by the model's rules.
    private func input(
        _ operation: Operation, labels: [String: String], _ request: ControlRequest
    ) throws(APIError) -> JSONObject {
        guard let query = request.target.pairs else {
            throw APIError(.serialization, "The query holds a broken percent escape.")
        }
        var body: JSONValue?
        if !request.body.isEmpty {
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

    /// The stored record that the call names. Versions and aliases do not exist yet, so `$LATEST` is the only qualifier.
    func record(for call: Call) async throws(APIError) -> (record: FunctionRecord, qualifier: String?) {
        let (key, qualifier) = try self.subject(of: call)
        guard qualifier == nil || qualifier == FunctionReference.latest, let record = try await self.stored(key, call)
        else { throw .functionNotFound(key, qualifier: qualifier) }
        return (record, qualifier)
    }

    func stored(_ key: FunctionKey, _ call: Call) async throws(APIError) -> FunctionRecord? {
        do { return try await self.store.function(key) } catch {
            throw self.storeFailure(error, call.request.requestID)
        }
    }

    /// The answer to an error of the store; what the caller need not know goes to the log.
    func storeFailure(_ error: StoreError, _ requestID: RequestID) -> APIError {
        switch error {
        case .alreadyExists(let key): return .alreadyExists(key)
        case .notFound(let key): return .functionNotFound(key)
        case .revisionMismatch: return .revisionMismatch
        case .userSlotsExhausted: return .noUserLeft
        case .failed(let reason):
            self.log.error("the function store failed", metadata: ["request": "\(requestID)", "reason": "\(reason)"])
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
        case .tooLargeUnzipped(let limit): return .invalid("Unzipped size must be smaller than \(limit) bytes")
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
