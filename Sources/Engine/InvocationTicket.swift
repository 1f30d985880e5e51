internal import LambdaCore

/// An invocation and the one answer it gets. Bound to the event loop of its function's pool.
final class InvocationTicket {
    /// Who gets it.
    enum Reply: Sendable {
        case whole(@Sendable (Result<InvocationAnswer, InvocationFailure>) -> Void)
        /// Takes it while the function makes it.
        case streamed(any AnswerReceiver)

        func give(_ result: Result<InvocationAnswer, InvocationFailure>) {
            switch self {
            case .whole(let answer): answer(result)
            case .streamed(let receiver): receiver.answered(result)
            }
        }
    }

    private enum Outcome {
        case answer(InvocationAnswer)
        /// Of a stream.
        case end(AnswerEnd)
    }

    let invocation: Invocation
    /// From its admission until its environment is done with it.
    private var lease: ConcurrencyLease?
    private var reply: Reply?
    /// What the caller gets once the log's tail is whole, where it asked for one.
    private var held: Outcome?
    private var tail = LogTail()
    /// Once the answer is on its way, piece by piece.
    private(set) var stream: ResponseStream?

    init(invocation: Invocation, reply: Reply) {
        self.invocation = invocation
        self.reply = reply
    }

    /// However an invocation ends: when nobody has it any more, it holds nothing.
    deinit { self.lease?.end() }

    var id: RequestID { self.invocation.requestID }

    func hold(_ lease: ConcurrencyLease) { self.lease = lease }

    /// See ``ConcurrencyLease/answered()``.
    func answered() { self.lease?.answered() }

    /// Its environment is done with it, or it has one that counts anyway.
    func endLease() {
        self.lease?.end()
        self.lease = nil
    }

    func appendToTail(_ line: [UInt8]) {
        guard self.invocation.wantsLogTail, self.reply != nil else { return }
        self.tail.append(line: line)
    }

    /// Who takes the answer piece by piece, if somebody does.
    var receiver: (any AnswerReceiver)? {
        guard case .streamed(let receiver)? = self.reply else { return nil }
        return receiver
    }

    /// The answer comes through `stream`; ``respond(_:contentType:isFunctionError:errorType:)`` ends it.
    func begin(_ stream: ResponseStream) { self.stream = stream }

    /// Answers at once; a caller that wants the log's tail waits until ``finish()``, for REPORT belongs to it.
    ///
    /// - Parameter errorType: What happened, where these are the platform's words.
    func respond(
        _ content: Payload, contentType: String = "application/json", isFunctionError: Bool, errorType: String? = nil
    ) {
        let outcome: Outcome
        if let stream = self.stream {
            stream.close()
            let failure =
                isFunctionError
                ? AnswerEnd.Failure(errorType: errorType ?? "Unhandled", details: content.bytes) : nil
            outcome = .end(AnswerEnd(failure: failure))
        } else {
            var answer = InvocationAnswer(
                content: content, contentType: contentType, isFunctionError: isFunctionError,
                executedVersion: self.invocation.function.version)
            answer.platformErrorType = errorType
            outcome = .answer(answer)
        }
        if self.invocation.wantsLogTail {
            self.held = outcome
        } else {
            self.send(outcome)
        }
    }

    /// The platform's words.
    func respond(_ words: FailureAnswer) {
        self.respond(Payload(words.body), isFunctionError: true, errorType: words.errorType)
    }

    /// The log is whole.
    func finish() {
        self.endLease()
        switch self.held {
        case nil: break
        case .answer(var answer)?:
            answer.logTail = self.tail.contents
            self.send(.answer(answer))
        case .end(var end)?:
            end.logTail = self.tail.contents
            self.send(.end(end))
        }
    }

    /// The platform cannot answer. A caller that has had a beginning is told so at its end.
    func fail(_ failure: InvocationFailure) {
        self.endLease()
        guard let stream = self.stream else {
            self.take()?.give(.failure(failure))
            return
        }
        stream.close()
        let words = FailureAnswer.plain(type: "Sandbox.Failure", request: self.id, text: "The platform ended it")
        self.send(.end(AnswerEnd(failure: .init(errorType: words.errorType, details: words.body))))
    }

    private func send(_ outcome: Outcome) {
        guard let reply = self.take() else { return }
        switch (outcome, reply) {
        case (.answer(let answer), _): reply.give(.success(answer))
        case (.end(let end), .streamed(let receiver)): receiver.ended(end)
        case (.end, .whole): preconditionFailure("a stream was begun for a caller that takes none")
        }
    }

    /// Taken out first: an answer is given once, whatever its receiver does.
    private func take() -> Reply? {
        defer {
            self.reply = nil
            self.held = nil
        }
        return self.reply
    }
}
