import LambdaCore
import LambdaShapes
import NIOHTTP1

/// Whether a request's body is taken: decided from the head and the bytes that are there.
extension APIConnection {
    /// Why a large body is not taken now, if it is not. Small ones cost less than the question.
    func admit(_ request: IncomingRequest, bodyOf length: Int) -> APIError? {
        // Chunks do not say how many they are, so they count as the most that is allowed.
        let isChunked = request.head.headers.contains(name: "Transfer-Encoding")
        guard isChunked || length > BodyBudget.freeBytes else { return nil }
        let (limit, needsSignature) =
            switch request.subject {
            case .invoke, .invokeStream: (self.server.configuration.payloads.synchronous, true)
            case .operation(let operation, _): (APIConnection.limit(of: operation, self.server.configuration), true)
            case .code, .health, .unknown, .url: (self.server.configuration.payloads.synchronous, false)
            case .targeted: (Limits.logRequestBytes, false)
            }
        if case .url(let address) = request.subject,
            let error = self.server.urls.refusal(
                of: address, target: request.target, headers: request.head.headers, arrival: request.arrival)
        {
            return error
        }
        if case .targeted(let name) = request.subject {
            do {
                try self.server.targets.precheck(
                    name, target: request.target, headers: request.head.headers, arrival: request.arrival)
            } catch { return error }
        }
        if needsSignature {
            do {
                try self.server.invoker.authenticator.precheck(
                    target: request.target, headers: request.head.headers, arrival: request.arrival)
            } catch { return error }
        }
        guard let share = self.server.bodies.share(of: isChunked ? limit : length) else { return .bodiesFull }
        request.share = share
        return nil
    }

    private static func limit(of operation: Operation, _ configuration: APIConfiguration) -> Int {
        [.CreateFunction, .PublishLayerVersion, .UpdateFunctionCode].contains(operation)
            ? configuration.codeSizes.request : Limits.synchronousPayloadBytes
    }

    func refusal(of length: Int, for subject: RequestSubject, headers: @autoclosure () -> HTTPHeaders) -> APIError? {
        APIConnection.refusal(
            of: length, for: subject, self.server.configuration, headers: headers())
    }

    /// Why a body of `length` bytes is too much, if it is.
    ///
    /// - Parameter headers: Looked at only where it matters which type of invocation it is.
    private static func refusal(
        of length: Int, for subject: RequestSubject, _ configuration: APIConfiguration,
        headers: @autoclosure () -> HTTPHeaders
    ) -> APIError? {
        let limits = configuration.payloads
        let whole = limits.synchronous
        switch subject {
        case .invoke:
            guard length > min(limits.event, whole) else { return nil }
            if length > limits.event, Invoker.isEvent(headers()) {
                return .eventPayloadTooLarge(length, limit: limits.event)
            }
            return length > whole ? .payloadTooLarge(length, limit: whole) : nil
        case .invokeStream: return length > whole ? .payloadTooLarge(length, limit: whole) : nil
        case .operation(let operation, _):
            let limit = self.limit(of: operation, configuration)
            return length >= limit ? .requestTooLarge(operation, limit: limit) : nil
        case .url: return length > whole ? .functionURLBodyTooLarge(limit: whole) : nil
        case .targeted:
            return length > Limits.logRequestBytes
                ? APIError(.requestEntityTooLarge, "The request is too large.") : nil
        case .code, .health, .unknown:
            return length > whole
                ? APIError(.requestEntityTooLarge, "The request is too large.") : nil
        }
    }
}
