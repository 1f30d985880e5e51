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

    let server: APIServer
    let loop: any EventLoop
    var context: ChannelHandlerContext?
    private var machine: ConnectionMachine
    private(set) var request: IncomingRequest?
    private var date = HTTPDate()

    func dateText() -> String { self.date.text(at: self.server.time.wallTime) }

    /// Looks at the time.
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
        self.machine = ConnectionMachine(until: loop.now + server.configuration.idleTimeout)
    }

    // MARK: Events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        let interval = self.server.configuration.deadlineInterval
        self.tick = self.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.lookAtTime()
        }
        if self.server.isDraining { self.waitForFirstRequest() }
    }

    /// The server stops. A connection between two requests ends at once; one that is new still has its first on the way,
    /// and closing it would be a reset where a restart shall refuse nobody.
    func drainBegan() {
        guard self.hasBegun else { return self.waitForFirstRequest() }
        if self.machine.awaitsHead { self.context?.close(promise: nil) }
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
        self.machine.headBegan(until: self.loop.now + self.server.configuration.headTimeout)
    }

    func read(context: ChannelHandlerContext) {
        if self.machine.isAnswering, !self.input.isEmpty {
            self.isReadHeld = true
        } else {
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            self.isInputClosed = true
            if self.machine.takesInput { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Anything but bad HTTP is the connection itself: there is nobody left to answer.
        guard let parserError = error as? HTTPParserError, !self.machine.isDiscarding else {
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
        taking: while self.machine.takesInput {
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
        guard self.machine.takesInput else { return }
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
        self.machine.decodingFailed()
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
        self.machine.headEnded(until: self.loop.now + self.server.configuration.bodyTimeout)
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
        guard self.machine.isReadingBody, let request = self.request else { return }
        let length = request.body.count + bytes.readableBytes
        if let error = self.refusal(of: length, for: request.subject, headers: request.head.headers) {
            return self.refuse(error)
        }
        request.body.append(bytes)
    }

    private func requestEnded() {
        switch self.machine.requestEnded() {
        case .answer: self.dispatch()
        case .close: self.context?.close(promise: nil)
        case .nothing: break
        }
    }

    /// Answers before the body is read. What still comes is thrown away for a while, so that the client sees the answer
    /// instead of a reset.
    private func refuse(_ error: APIError) {
        let requestID = self.request?.requestID ?? .random()
        self.request = nil
        self.machine.bodyRefused(until: self.loop.now + self.server.configuration.discardTimeout)
        self.write(APIResponse(error), requestID: requestID, closing: false, announcesClose: true)
    }

    // MARK: Answering

    private func dispatch() {
        guard let request = self.request else { return }
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
        guard self.machine.isAnswering, let request = self.request else { return }
        let closing = self.closes(after: request)
        self.conclude(closing: closing) { self.write(response, requestID: request.requestID, closing: closing) }
    }

    /// Whether the connection ends with the answer of `request`.
    func closes(after request: IncomingRequest) -> Bool {
        let isLast = self.isInputClosed && self.input.isEmpty
        return isLast || !request.head.isKeepAlive || self.server.isDraining
    }

    /// Whether the answer of `request` is still waited for.
    func awaitsAnswer(of request: IncomingRequest) -> Bool { self.isAnswering && self.request === request }

    /// `write` writes the end of the present request's answer.
    func conclude(closing: Bool, _ write: () -> Void) {
        self.request = nil
        self.machine.answerEnded(
            isLast: closing, until: self.loop.now + self.server.configuration.idleTimeout)
        write()
        self.takeInput()
    }

    var isAnswering: Bool { self.machine.isAnswering }

    /// The last bytes of an answer that went on are being written; nothing follows on this connection.
    func endAnswer() {
        self.request = nil
        self.machine.answerEnded(isLast: true, until: self.loop.now + self.server.configuration.idleTimeout)
    }

    // MARK: Time

    private func lookAtTime() {
        let pace = ConnectionMachine.Pace(
            time: self.server.configuration.bodyTimeout, bytes: self.server.configuration.minimumBodyProgress)
        let received = self.request?.body.count ?? 0
        switch self.machine.timeLooked(at: self.loop.now, received: received, pace: pace) {
        case .close: self.context?.close(promise: nil)
        case .refuse: self.refuse(.tooSlow)
        case .nothing: break
        }
    }

    private func end() {
        self.machine.closed()
        self.request = nil
        self.context = nil
        self.tick?.cancel()
        self.tick = nil
    }
}
