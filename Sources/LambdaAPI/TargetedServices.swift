import LambdaCore
import NIOHTTP1
import SigV4

/// Services beside the Lambda API, at the same address: requests to `/` whose header `X-Amz-Target` names them.
struct TargetedServices: Sendable {
    private struct Entry {
        let service: any TargetedService
        let authenticator: Authenticator
    }

    private static let contentType = "application/x-amz-json-1.1"
    private let entries: [Substring: Entry]

    init(
        _ services: [any TargetedService], authenticator: (_ signingName: String) -> Authenticator
    ) {
        self.entries = services.reduce(into: [:]) { entries, service in
            entries[service.targetPrefix[...]] = Entry(
                service: service, authenticator: authenticator(service.signingName))
        }
    }

    /// The value of the header, where the request is one to such a service.
    static func name(in head: HTTPRequestHead, _ target: RequestTarget) -> String? {
        guard head.method == .POST, target.path == "/" else { return nil }
        return head.headers.first(name: HeaderName.target)
    }

    /// Refuses strangers before a large body is taken.
    func precheck(_ name: String, target: RequestTarget, headers: HTTPHeaders, arrival: WallTime) throws(APIError) {
        try self.resolve(name)?.entry.authenticator.precheck(target: target, headers: headers, arrival: arrival)
    }

    func answer(_ name: String, _ request: ControlRequest) async -> ControlPlane.Outcome {
        guard let (entry, operation) = self.resolve(name) else {
            // Whoever sends all of AWS's services here learns which one it was.
            let message = "The operation '\(name)' is not served here."
            return TargetedServices.outcome(TargetedAnswer(error: "UnknownOperationException", message: message))
        }
        do {
            let caller = try entry.authenticator.caller(
                method: request.method, target: request.target, headers: request.headers, body: request.body,
                arrival: request.arrival)
            let call = TargetedCall(
                operation: operation, scope: Scope(account: caller.account, region: caller.region),
                body: request.body, requestID: request.requestID)
            switch await entry.service.reply(call) {
            case .answer(let answer): return TargetedServices.outcome(answer)
            case .events(let events):
                var outcome = ControlPlane.Outcome(APIResponse(status: 200))
                outcome.events = events
                return outcome
            }
        } catch {
            // In this protocol, whatever is wrong about a request, its signature included, is a 400.
            return TargetedServices.outcome(TargetedAnswer(error: error.code.rawValue, message: error.message))
        }
    }

    private func resolve(_ name: String) -> (entry: Entry, operation: String)? {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let entry = self.entries[parts[0]] else { return nil }
        return (entry, String(parts[1]))
    }

    private static func outcome(_ answer: TargetedAnswer) -> ControlPlane.Outcome {
        ControlPlane.Outcome(
            APIResponse(
                status: UInt(answer.status), headers: [.init(name: HeaderName.contentType, value: self.contentType)],
                body: JSONValue.object(answer.body).serialized))
    }
}
