internal import Engine
internal import LambdaCore
internal import NIOCore
internal import NIOHTTP1

/// Responses that the runtime streams.
extension RuntimeAPIHandler: RuntimeConnection {
    private static let streaming = "streaming"

    /// From the head on the body may go to the caller as it comes.
    func beginStream(_ request: Request) {
        guard case .response(let requestID) = request.route, let session = self.session.session,
            request.head.headers.first(name: HeaderName.runtimeResponseMode) == Self.streaming
        else { return }
        let headers = request.head.headers
        let acceptance = session.beginStream(
            requestID: requestID, invocationID: headers.first(name: HeaderName.runtimeInvocationID),
            contentType: headers.first(name: HeaderName.contentType), connection: self)
        switch acceptance {
        case .collect: break
        case .forward(let stream): request.stream = stream
        case .refused(let reply): request.refusal = reply
        }
    }

    /// The answer to a response whose body was not kept; `nil` for one that was.
    func endStream(_ request: Request, _ trailers: HTTPHeaders?) -> RuntimeReply? {
        if let refusal = request.refusal { return refusal }
        return request.stream?.ended(error: Self.error(in: trailers))
    }

    static func error(in trailers: HTTPHeaders?) -> (type: String, body: String)? {
        guard let type = trailers?.first(name: HeaderName.runtimeErrorType) else { return nil }
        return (type, trailers?.first(name: HeaderName.runtimeErrorBody) ?? "")
    }

    func setReading(_ isReading: Bool) {
        // Fails on a connection that has closed, where nothing is read any more.
        try? self.context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}
