import LambdaCore
import NIOHTTP1
import SigV4
import Synchronization

/// Decides about requests for function URLs: who may call, and what is called with which event.
struct FunctionURLs: Sendable {
    enum Decision: Sendable {
        case answer(APIResponse)
        case run(Invocation, FunctionURLCall)
    }

    let configuration: APIConfiguration
    let authenticator: Authenticator
    let catalog: FunctionCatalog
    let time: any TimeSource
    let traces: TraceHeaders
    /// See ``AliasRouting/version(draw:)``.
    let draw: @Sendable () -> Double
    private let policies = ParsedPolicies()

    init(
        configuration: APIConfiguration, authenticator: Authenticator, catalog: FunctionCatalog, time: any TimeSource,
        traces: TraceHeaders, draw: @escaping @Sendable () -> Double
    ) {
        self.configuration = configuration
        self.authenticator = authenticator
        self.catalog = catalog
        self.time = time
        self.traces = traces
        self.draw = draw
    }

    func decide(_ request: FunctionURLRequest) -> Decision {
        let receivedAt = self.time.now
        guard let (url, entry) = self.find(request.address) else {
            return .answer(APIResponse(APIError.unknownFunctionURL))
        }
        let cors = url.cors.map { FunctionURLCORS($0) }
        let origin = request.headers.first(name: "Origin")
        if request.isPreflight, let cors {
            // Browsers cannot sign it, so it comes before the question who asks.
            return .answer(APIResponse(status: 200, headers: cors.preflight(origin: origin ?? "")))
        }
        let call = FunctionURLCall(
            mode: url.invokeMode ?? .buffered, isHead: request.method == "HEAD",
            added: cors?.added(origin: origin) ?? [])
        do {
            let caller = try self.caller(of: request, url)
            let record = try self.callee(of: url, entry, caller)
            return .run(self.invocation(of: record, request, url, caller, receivedAt), call)
        } catch { return .answer(call.finished(APIResponse(error))) }
    }

    /// Why a large body is not taken, if it is not: what can be known before it is there.
    func refusal(
        of address: FunctionURLAddress, target: RequestTarget, headers: HTTPHeaders, arrival: WallTime
    ) -> APIError? {
        guard let (url, entry) = self.find(address) else { return .unknownFunctionURL }
        do throws(APIError) {
            switch url.authType {
            case .iam: try self.authenticator.precheck(target: target, headers: headers, arrival: arrival)
            case .none: _ = try self.callee(of: url, entry, nil)
            }
            return nil
        } catch { return FunctionURLs.refusal(for: error) }
    }

    /// The URL and its function, where there are such.
    private func find(_ address: FunctionURLAddress) -> (FunctionURLRecord, FunctionCatalog.Entry)? {
        guard let url = self.catalog.url(id: address.id), let entry = self.catalog.entry(url.function),
            entry.latest != nil, address.region.map({ $0 == url.function.region.name }) ?? true
        else { return nil }
        return (url, entry)
    }

    /// Who signed the request; `nil` where the URL asks for no signature.
    private func caller(of request: FunctionURLRequest, _ url: FunctionURLRecord) throws(APIError) -> Caller? {
        guard url.authType == .iam else { return nil }
        let caller: Caller
        do {
            caller = try self.authenticator.caller(
                method: request.method, target: request.target, headers: request.headers, body: request.body,
                arrival: request.arrival)
        } catch { throw FunctionURLs.refusal(for: error) }
        if self.configuration.authentication == .sigV4, caller.region != url.function.region {
            throw APIError(.invalidSignature, "Credential should be scoped to a valid region. ")
        }
        return caller
    }

    /// Where there is no signature at all, AWS speaks of the permission that is missing with it.
    private static func refusal(for error: APIError) -> APIError {
        error.code == .missingAuthenticationToken ? .functionURLForbidden : error
    }

    /// What is to be run, if the caller may run it and it can.
    private func callee(
        of url: FunctionURLRecord, _ entry: FunctionCatalog.Entry, _ caller: Caller?
    ) throws(APIError) -> FunctionRecord {
        let policy = entry.policies[url.qualifier].map { self.policies.policy($0) }
        let access = FunctionURLAccess(
            url: url, policy: policy, needsInvokePermission: self.configuration.functionURLsNeedInvokePermission)
        guard access.allows(caller) else { throw .functionURLForbidden }
        do {
            let record = try self.catalog.runnable(
                url.function, qualifier: url.qualifier.isEmpty ? nil : url.qualifier, draw: self.draw)
            try TenancyRule.check(nil, for: record)
            return record
        } catch {
            // The alias is gone: its URL outlives it.
            throw error.code == .resourceNotFound ? .functionURLForbidden : error
        }
    }

    private func invocation(
        of record: FunctionRecord, _ request: FunctionURLRequest, _ url: FunctionURLRecord, _ caller: Caller?,
        _ receivedAt: Instant
    ) -> Invocation {
        let trace = self.traces.complete(
            request.headers.first(name: HeaderName.traceID), for: record, now: request.arrival
        ).text
        let event = FunctionURLEvent(
            request: request, url: url, caller: caller, trace: trace,
            domain: self.configuration.functionURLDomain ?? "localhost")
        return Invocation(
            requestID: request.requestID, function: record, invokedARN: url.arn, payload: event.json,
            traceHeader: trace, receivedAt: receivedAt)
    }
}

/// One call under way: how its answer is to be sent.
struct FunctionURLCall: Sendable {
    let mode: FunctionURLRecord.InvokeMode
    let isHead: Bool
    /// The CORS headers of the platform.
    let added: [APIResponse.Header]

    func response(
        to result: Result<InvocationAnswer, InvocationFailure>, of invocation: Invocation
    ) -> APIResponse {
        var response: APIResponse
        switch result {
        case .success(let answer): response = FunctionURLResponse.make(answer, mode: self.mode)
        case .failure(let failure):
            let error = APIError.failure(failure, of: invocation)
            switch error.code {
            case .tooManyRequests, .serviceUnavailable: response = APIResponse(error)
            case .resourceNotFound: response = APIResponse(APIError.unknownFunctionURL)
            default: response = FunctionURLResponse.failure
            }
        }
        response.headers.append(.init(name: HeaderName.traceID, value: invocation.traceHeader))
        return self.finished(response)
    }

    func finished(_ response: APIResponse) -> APIResponse {
        var response = response
        response.headers += self.added
        response.isHead = self.isHead
        return response
    }
}

/// Policies that were asked for lately, parsed.
private final class ParsedPolicies: Sendable {
    private struct Parsed {
        let record: PolicyRecord
        let policy: ResourcePolicy
    }

    /// Policies of so many URLs are kept; a policy has at most 20 KB.
    private static let limit = 1_024

    private let parsed = Mutex<[ResourceAddress: Parsed]>([:])

    func policy(_ record: PolicyRecord) -> ResourcePolicy {
        if let found = self.parsed.withLock({ $0[record.address] }), found.record == record { return found.policy }
        let policy = ResourcePolicy(record)
        self.parsed.withLock { parsed in
            if parsed.count >= ParsedPolicies.limit { parsed.removeAll() }
            parsed[record.address] = Parsed(record: record, policy: policy)
        }
        return policy
    }
}
