import LambdaCore
import NIOCore
import NIOHTTP1
import PlainHTTP

/// One connection: reads requests, has them answered, writes the answers. Lives on its event loop only.
///
/// While one is being answered, further ones stay in ``input`` and the channel is not read any more, so there is one at a
/// time.
final class APIConnection: ChannelDuplexHandler, RequestPartReceiver {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// Between two requests.
        case resting
        /// The first bytes of a head are there, its end is not.
        case head
        /// The head is there; the body is being read into `request`.
        case body
        /// Read whole; the answer is being made.
        case answering
        /// Refused with its body still coming. The answer is out; the rest is thrown away, and then the connection ends.
        case discarding
        /// The last answer is on its way out; what still comes is not looked at.
        case ending
        case closed

        var takesInput: Bool {
            switch self {
            case .resting, .head, .body, .discarding: true
            case .answering, .ending, .closed: false
            }
        }
    }

    let server: APIServer
    let loop: any EventLoop
    var context: ChannelHandlerContext?
    private var phase = Phase.resting
    private(set) var request: IncomingRequest?
    private var date = HTTPDate()

    func dateText() -> String { self.date.text(at: self.server.time.wallTime) }

    /// When the present phase is overdue; looked at by `tick`.
    private var deadline: NIODeadline
    private var bodyBytesAtCheck = 0
    private var tick: RepeatedTask?
    private var input = RequestInput()
    private var isTakingInput = false
    /// The channel wants to read, and shall not before ``input`` is taken.
    private var isReadHeld = false
    /// The decoder's last word; it comes after the answers to what it had read before.
    private var decodingError: HTTPParserError?
    /// The client has closed its sending side: the answer to what it has sent is the last.
    private var isInputClosed = false
    /// A byte of some request has been read.
    private var hasBegun = false

    init(server: APIServer, loop: any EventLoop) {
        self.server = server
        self.loop = loop
        self.deadline = loop.now + server.configuration.idleTimeout
    }

    // MARK: Events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        let interval = self.server.configuration.deadlineInterval
        self.tick = self.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.checkDeadline()
        }
        if self.server.isDraining { self.waitForFirstRequest() }
    }

    /// The server stops. A connection between two requests ends at once; one that is new still has its first on the way,
    /// and closing it would be a reset where a restart shall refuse nobody.
    func drainBegan() {
        guard self.hasBegun else { return self.waitForFirstRequest() }
        switch self.phase {
        case .resting, .head: self.context?.close(promise: nil)
        case .body, .answering, .discarding, .ending, .closed: break
        }
    }

    private func waitForFirstRequest() {
        self.loop.assumeIsolated().scheduleTask(in: self.server.configuration.firstRequestGrace) {
            if !self.hasBegun { self.context?.close(promise: nil) }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.end() }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.hasBegun = true
        self.input.append(self.unwrapInboundIn(data))
        self.takeInput()
    }

    func partArrived(_ part: HTTPServerRequestPart) {
        self.input.append(part)
        self.takeInput()
    }

    /// Bytes for the decoder, before they make a whole head.
    func bytesArrived() {
        self.hasBegun = true
        guard case .resting = self.phase else { return }
        self.phase = .head
        self.deadline = self.loop.now + self.server.configuration.headTimeout
    }

    func read(context: ChannelHandlerContext) {
        if self.phase == .answering, !self.input.isEmpty {
            self.isReadHeld = true
        } else {
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            self.isInputClosed = true
            switch self.phase {
            case .resting, .head, .body, .discarding: context.close(promise: nil)
            case .answering, .ending, .closed: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Anything but bad HTTP is the connection itself: there is nobody left to answer.
        guard let parserError = error as? HTTPParserError, self.phase != .discarding else {
            context.close(promise: nil)
            return
        }
        self.decodingError = parserError
        self.takeInput()
    }

    // MARK: Reading a request

    /// Takes what is here, up to the end of a request whose answer is not made at once.
    private func takeInput() {
        // Entered again by an answer that is made at once: the loop below goes on with what follows.
        guard !self.isTakingInput else { return }
        self.isTakingInput = true
        var undecoded: ByteBuffer?
        taking: while self.phase.takesInput {
            switch self.input.next() {
            case .part(.head(let head)): self.headArrived(head)
            case .part(.body(let bytes)): self.bodyArrived(bytes)
            case .part(.end): self.requestEnded()
            case .nothing: break taking
            case .notPlain(let bytes):
                undecoded = bytes
                break taking
            }
        }
        self.isTakingInput = false
        if let undecoded { self.decode(undecoded) }
        guard self.phase.takesInput else { return }
        if let error = self.decodingError { return self.refuse(error) }
        // What began as a request will never be whole.
        if self.isInputClosed { self.context?.close(promise: nil) }
        guard self.isReadHeld else { return }
        self.isReadHeld = false
        self.context?.read()
    }

    /// What is not plain goes to NIO's decoder, and so does all that this connection still brings.
    private func decode(_ bytes: ByteBuffer) {
        guard let context = self.context else { return }
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = Limits.httpHeadBytes
        do {
            try RequestDecoding.begin(
                with: bytes, for: self, context: context, limits: limits, watch: ArrivalWatch(connection: self))
        } catch { context.close(promise: nil) }
    }

    private func refuse(_ error: HTTPParserError) {
        self.decodingError = nil
        self.phase = .ending
        let isTooLarge = error == .headerOverflow
        self.write(
            APIResponse(
                APIError(
                    isTooLarge ? .headerFieldsTooLarge : .malformedRequest,
                    isTooLarge
                        ? "The request's header is larger than \(Limits.httpHeadBytes) bytes."
                        : "The request is not valid HTTP.")),
            requestID: .random(), closing: true)
    }

    private func headArrived(_ head: HTTPRequestHead) {
        let target = RequestTarget(uri: head.uri)
        let subject = RequestSubject(of: head, target)
        let given = head.headers.first(name: HeaderName.requestID)
        let requestID = given.flatMap { RequestID($0) } ?? .random()
        let request = IncomingRequest(
            head: head, target: target, subject: subject, requestID: requestID,
            arrival: self.server.time.wallTime)
        self.request = request
        self.phase = .body
        self.bodyBytesAtCheck = 0
        self.deadline = self.loop.now + self.server.configuration.bodyTimeout
        if given != nil, requestID.text != given?.lowercased(), case .invoke = subject {
            return self.refuse(.badRequestID)
        }
        let length = head.headers.first(name: HeaderName.contentLength).flatMap { Int($0) } ?? 0
        if let error = self.refusal(of: length, for: subject, headers: head.headers) {
            return self.refuse(error)
        }
        if let error = self.admit(request, bodyOf: length) { return self.refuse(error) }
        request.body = self.body(for: request, length: length)
        if head.headers.first(name: "Expect")?.lowercased() == "100-continue" { self.writeContinue() }
    }

    private func bodyArrived(_ bytes: ByteBuffer) {
        guard self.phase == .body, let request = self.request else { return }
        let length = request.body.count + bytes.readableBytes
        if let error = self.refusal(of: length, for: request.subject, headers: request.head.headers) {
            return self.refuse(error)
        }
        request.body.append(bytes)
    }

    private func requestEnded() {
        switch self.phase {
        case .body: self.dispatch()
        case .discarding: self.context?.close(promise: nil)
        case .resting, .head, .answering, .ending, .closed: break
        }
    }

    /// Answers before the body is read. What still comes is thrown away for a while, so that the client sees the answer
    /// instead of a reset.
    private func refuse(_ error: APIError) {
        let requestID = self.request?.requestID ?? .random()
        self.request = nil
        self.phase = .discarding
        self.deadline = self.loop.now + self.server.configuration.discardTimeout
        self.write(APIResponse(error), requestID: requestID, closing: false, announcesClose: true)
    }

    // MARK: Answering

    private func dispatch() {
        guard let request = self.request else { return }
        self.phase = .answering
        switch request.subject {
        case .invoke(let label): self.invoke(request, label: label, form: .whole)
        case .invokeStream(let label): self.invoke(request, label: label, form: .stream)
        case .url(let address): self.callURL(address, request)
        case .operation(let operation, let labels): self.submit(request, .operation(operation, labels: labels))
        case .code: self.submit(request, .code)
        case .targeted(let name): self.submit(request, .targeted(name))
        case .health: self.finish(self.server.health)
        case .unknown: self.finish(.unknownOperation)
        }
    }

    func submit(_ request: IncomingRequest, _ subject: ControlRequest.Subject) {
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        let whole = ControlRequest(
            requestID: request.requestID, subject: subject, method: request.head.method.rawValue,
            target: request.target,
            headers: request.head.headers, body: request.body.bytes, arrival: request.arrival, share: request.share)
        // Up to 70 MB; the job has it, and this connection may wait for long.
        request.body = RequestBody()
        request.share = nil
        self.server.submit(
            APIServer.Job(
                request: whole, respond: { response in loop.execute { bound.value.finish(response) } },
                follow: { events in await APIConnection.follow(events, on: bound, loop: loop) }))
    }

    /// The body has become part of something else, and the answer may be long in coming.
    func forgetBody() { self.request?.body = RequestBody() }

    /// Writes the answer of the present request; of a client that has gone, nothing is left to do.
    func finish(_ response: APIResponse) {
        guard self.phase == .answering, let request = self.request else { return }
        let closing = self.closes(after: request)
        self.conclude(closing: closing) { self.write(response, requestID: request.requestID, closing: closing) }
    }

    /// Whether the connection ends with the answer of `request`.
    func closes(after request: IncomingRequest) -> Bool {
        let isLast = self.isInputClosed && self.input.isEmpty
        return isLast || !request.head.isKeepAlive || self.server.isDraining
    }

    /// Whether the answer of `request` is still waited for.
    func awaitsAnswer(of request: IncomingRequest) -> Bool { self.phase == .answering && self.request === request }

    /// `write` writes the end of the present request's answer.
    func conclude(closing: Bool, _ write: () -> Void) {
        self.request = nil
        self.phase = closing ? .ending : .resting
        self.deadline = self.loop.now + self.server.configuration.idleTimeout
        write()
        self.takeInput()
    }

    var isAnswering: Bool { self.phase == .answering }

    /// The last bytes of an answer that went on are being written; nothing follows on this connection.
    func endAnswer() {
        self.request = nil
        self.phase = .ending
        self.deadline = self.loop.now + self.server.configuration.idleTimeout
    }

    // MARK: Time

    private func checkDeadline() {
        guard self.loop.now >= self.deadline else { return }
        switch self.phase {
        case .resting, .discarding, .ending:
            self.context?.close(promise: nil)
        case .head:
            // No request was parsed, so the pipeline takes no answer; the client has shown that it does not wait for one.
            self.context?.close(promise: nil)
        case .body:
            let received = self.request?.body.count ?? 0
            if received - self.bodyBytesAtCheck >= self.server.configuration.minimumBodyProgress {
                self.bodyBytesAtCheck = received
                self.deadline = self.loop.now + self.server.configuration.bodyTimeout
                return
            }
            self.refuse(.tooSlow)
        case .answering, .closed: break
        }
    }

    private func end() {
        self.phase = .closed
        self.request = nil
        self.context = nil
        self.tick?.cancel()
        self.tick = nil
    }
}
