internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// Responses that the caller gets while the function makes them.
///
/// For the invocation's machine the function answers when the response is whole: until then its timeout and its crash end the
/// invocation, and with it the stream.
extension EnvironmentDriver {
    /// How long a response that broke off waits for the news that its runtime has ended, which comes another way.
    private static let truncationPatience = TimeAmount.milliseconds(100)

    func beginStream(
        requestID: String, invocationID: String?, contentType: String?, connection: any RuntimeConnection
    ) -> StreamAcceptance {
        self.loop.preconditionInEventLoop()
        let check = self.checkAnswer(requestID: requestID, invocationID: invocationID, isError: false)
        guard check == .accepted else { return .refused(check) }
        guard let ticket = self.current?.ticket, let receiver = ticket.receiver else { return .collect }
        do { try self.session.responseBegan(for: requestID) } catch { return .refused(Self.reply(error)) }
        let stream = ResponseStream(
            driver: self, receiver: receiver, connection: connection, settings: self.settings)
        ticket.begin(stream)
        self.current?.times.responseBegan = self.now
        stream.begin(
            AnswerHead(
                contentType: contentType ?? "application/octet-stream", executedVersion: self.function.version))
        return .forward(stream)
    }

    /// The body is whole; `error` is what its trailers say.
    func streamEnded(_ stream: ResponseStream, error: (type: String, body: String)?) {
        guard self.isCurrent(stream) else { return }
        self.session.responseEnded()
        self.runtimeAnswered(
            Payload(error.flatMap { Base64.decode($0.body) } ?? []), contentType: nil, isFunctionError: error != nil,
            errorType: error.map { RuntimeErrorType.streamed($0.type) })
    }

    /// There is no more of it, by the platform's words.
    func streamFailed(_ stream: ResponseStream, _ words: FailureAnswer) {
        guard self.isCurrent(stream) else { return }
        self.session.responseEnded()
        self.runtimeFailed(words)
    }

    func streamTruncated(_ stream: ResponseStream) {
        guard self.isCurrent(stream) else { return }
        self.session.responseEnded()
        self.loop.assumeIsolated().scheduleTask(in: Self.truncationPatience) {
            if self.isCurrent(stream) { self.settleTruncatedStream() }
        }
    }

    /// The runtime lives: it was the response that broke off.
    func settleTruncatedStream() {
        guard let ticket = self.current?.ticket, ticket.stream?.isTruncated ?? false else { return }
        self.runtimeFailed(
            FailureAnswer.plain(
                type: "Runtime.TruncatedResponse", request: ticket.id, text: "HTTP request detected as truncated"))
    }

    func runtimeFailed(_ words: FailureAnswer) {
        self.traceFailed(words)
        self.runtimeAnswered(
            Payload(words.body), contentType: nil, isFunctionError: true, errorType: words.errorType)
    }

    private func isCurrent(_ stream: ResponseStream) -> Bool { self.current?.ticket.stream === stream }
}

extension RuntimeReply {
    static func tooLarge(limit: Int) -> RuntimeReply {
        .refused(
            status: 413, errorType: "RequestEntityTooLarge",
            message: "Exceeded maximum allowed payload size (\(limit) bytes).")
    }
}
