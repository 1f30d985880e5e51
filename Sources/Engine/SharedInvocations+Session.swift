internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// The calls of a runtime that works on several invocations at one time.
extension SharedInvocations: RuntimeSession {
    var extensionSession: any ExtensionSession { self.driver.extensions }
    var responseLimit: Int { self.driver.responseLimit }
    /// Each worker has one connection for events, and may have another for answers.
    var connectionLimit: Int { 64 + 2 * self.session.slots }

    func next(
        connection: ObjectIdentifier, respond: @escaping (Result<RuntimeEvent, RuntimeRefusal>) -> Void
    ) {
        self.driver.loop.preconditionInEventLoop()
        do {
            let action = try self.session.nextRequested()
            self.waiting.append((connection, respond))
            switch action {
            case .initDone:
                let driver = self.driver
                driver.prefetchMemory()
                driver.loop.assumeIsolated().execute {
                    // What the init printed is in the pipe by now, and stands before START. See ``finish(_:_:)`` for the turn.
                    driver.drainLog()
                    driver.extensions.runtimeBecameReady()
                }
            case .offer: self.owner?.workerCame(self.driver)
            case .park: break
            }
        } catch {
            respond(
                .failure(RuntimeRefusal(status: error.status, errorType: error.errorType, message: error.message)))
        }
    }

    func nextAbandoned(_ connection: ObjectIdentifier) {
        let before = self.waiting.count
        self.waiting.removeAll { $0.connection == connection }
        // More than one, where calls were sent ahead.
        for _ in 0..<(before - self.waiting.count) where self.session.nextAbandoned() {
            self.owner?.workerLeft(self.driver)
        }
    }

    func checkAnswer(requestID: String, invocationID: String?, isError: Bool) -> RuntimeReply {
        do {
            let request = try self.session.canAnswer(requestID)
            guard let invocationID, let current = self.running[request] else { return .accepted }
            guard invocationID != current.invocationID.text else { return .accepted }
            return .refused(status: 400, errorType: "InvalidInvocationId", message: "Invalid invocation ID")
        } catch { return Self.reply(error) }
    }

    func response(requestID: String, contentType: String?, body: Payload) -> RuntimeReply {
        self.answer(requestID) { self.answered($0, body, contentType: contentType, isFunctionError: false) }
    }

    func responseTooLarge(requestID: String) -> RuntimeReply {
        let limit = self.responseLimit
        return self.answer(requestID, then: .tooLarge(limit: limit)) { request in
            self.platformAnswered(request, FailureAnswer.responseTooLarge(limit: limit))
        }
    }

    func responseModeInvalid(requestID: String) -> RuntimeReply {
        let message = "Invalid function response mode"
        let refusal = RuntimeReply.refused(status: 400, errorType: "InvalidFunctionResponseMode", message: message)
        return self.answer(requestID, then: refusal) { request in
            self.platformAnswered(
                request, .plain(type: "Runtime.InvalidResponseModeHeader", request: request, text: message))
        }
    }

    func responseTruncated(requestID: String) -> RuntimeReply {
        let message = "HTTP request detected as truncated"
        let refusal = RuntimeReply.refused(status: 400, errorType: "TruncatedHTTPRequest", message: message)
        return self.answer(requestID, then: refusal) { request in
            self.platformAnswered(request, .plain(type: "Runtime.TruncatedResponse", request: request, text: message))
        }
    }

    func invocationError(
        requestID: String, errorType: String?, contentType: String?, body: ByteBuffer
    ) -> RuntimeReply {
        let cause = self.nextCause
        self.nextCause = nil
        return self.answer(requestID) { request in
            let bytes = Array(body.readableBytesView)
            self.traceError(of: request, body: bytes, contentType: contentType, cause: cause)
            let answer = ErrorCause.answer(body: bytes, contentType: contentType)
            self.answered(request, Payload(answer.body), contentType: answer.contentType, isFunctionError: true)
        }
    }

    func errorCause(_ json: String) { self.nextCause = json }

    /// A streamed response is taken whole, whoever called.
    func beginStream(
        requestID: String, invocationID: String?, contentType: String?, connection: any RuntimeConnection
    ) -> StreamAcceptance {
        let check = self.checkAnswer(requestID: requestID, invocationID: invocationID, isError: false)
        return check == .accepted ? .collect : .refused(check)
    }

    func initError(errorType: String?, body: ByteBuffer) -> RuntimeReply {
        do { try self.session.initErrorReceived() } catch { return Self.reply(error) }
        let failure = StartFailure.initError(
            type: RuntimeErrorType.accepted(errorType), body: Array(body.readableBytesView))
        let driver = self.driver
        // After this turn, so that the runtime has its 202 before its sandbox goes.
        driver.loop.assumeIsolated().execute { driver.initFailed(failure) }
        return .accepted
    }

    private func answer(
        _ id: String, then reply: RuntimeReply = .accepted, _ take: (RequestID) -> Void
    ) -> RuntimeReply {
        do { take(try self.session.answered(id)) } catch { return Self.reply(error) }
        return reply
    }

    private func platformAnswered(_ request: RequestID, _ words: FailureAnswer) {
        self.answered(
            request, Payload(words.body), contentType: nil, isFunctionError: true, errorType: words.errorType)
    }

    private static func reply(_ refusal: SharedSessionMachine.Refusal) -> RuntimeReply {
        .refused(status: refusal.status, errorType: refusal.errorType, message: refusal.message)
    }
}
