internal import Engine
internal import LambdaCore
internal import NIOCore
internal import NIOHTTP1
internal import PlainHTTP

/// One connection of a runtime: reads a request whole, asks the environment, answers.
///
/// A body over the limit is not kept: it is read to its end and answered with 413, so that the connection stays usable.
final class RuntimeAPIHandler: ChannelInboundHandler, RequestPartReceiver {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What is being read. A class, so that its body grows in place.
    final class Request {
        let head: HTTPRequestHead
        let route: RuntimeRoute
        let limit: Int
        var pieces = BodyPieces()
        var isTooLarge = false
        /// Where the body goes, if it is not kept.
        var stream: (any RuntimeResponseStream)?
        /// Said once the body is over, which nobody wants.
        var refusal: RuntimeReply?

        /// - Parameter limit: Bytes of the body.
        init(head: HTTPRequestHead, route: RuntimeRoute, limit: Int) {
            self.head = head
            self.route = route
            self.limit = limit
        }

        /// A copy, where it came in pieces.
        var body: ByteBuffer { self.pieces.joined }
    }

    let session: SessionReference
    private(set) var context: ChannelHandlerContext?
    private var input = RequestInput()
    private var request: Request?
    /// For one, or for its restore.
    var isWaitingForEvent = false
    var isWaitingForExtensionEvent = false
    var keepsAlive = true

    init(session: SessionReference) { self.session = session }

    var id: ObjectIdentifier { ObjectIdentifier(self) }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.input.append(self.unwrapInboundIn(data))
        while true {
            switch self.input.next() {
            case .part(let part): self.partArrived(part)
            case .nothing: return
            case .notPlain(let bytes):
                do { try RequestDecoding.begin(with: bytes, for: self, context: context) } catch {
                    context.close(promise: nil)
                }
                return
            }
        }
    }

    /// From the loop above, or from NIO's decoder once it is there.
    func partArrived(_ part: HTTPServerRequestPart) {
        guard let context = self.context else { return }
        switch part {
        case .head(let head):
            let route = RuntimeRoute(method: head.method.rawValue, uri: head.uri)
            if head.headers.first(name: "Expect")?.lowercased() == "100-continue" {
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: RuntimeResponse.goOn)), promise: nil)
            }
            let limit = self.session.session?.responseLimit ?? Limits.responsePayloadBytes
            let request = Request(head: head, route: route, limit: limit)
            self.request = request
            self.beginStream(request)
        case .body(let bytes):
            self.append(bytes)
        case .end(let trailers):
            guard let request = self.request else { return }
            self.request = nil
            self.keepsAlive = request.head.isKeepAlive
            self.handle(request, trailers: trailers, context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if self.isWaitingForEvent { self.session.session?.nextAbandoned(self.id) }
        if self.isWaitingForExtensionEvent { self.session.session?.extensionSession.nextEventAbandoned(self.id) }
        // The body of a response that ended early: the function's answer is not whole.
        if let stream = self.request?.stream {
            self.request = nil
            stream.truncated()
        } else if let request = self.request, request.refusal == nil, case .response(let requestID) = request.route {
            _ = self.session.session?.responseTruncated(requestID: requestID)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Not HTTP, or a reset connection. The runtime's exit is told by its init, not by this.
        context.close(promise: nil)
    }

    private func append(_ bytes: ByteBuffer) {
        guard let request = self.request, !request.isTooLarge, request.refusal == nil else { return }
        if let stream = request.stream { return stream.part(Payload(bytes)) }
        if request.pieces.count + bytes.readableBytes > request.limit {
            request.isTooLarge = true
            request.pieces = BodyPieces()
        } else {
            request.pieces.append(bytes)
        }
    }

    private func handle(_ request: Request, trailers: HTTPHeaders?, context: ChannelHandlerContext) {
        guard let session = self.session.session else {
            context.close(promise: nil)
            return
        }
        switch request.route {
        case .ping:
            self.send(.ok, contentType: "text/plain", body: "pong", context: context)
        case .next:
            self.next(session, context: context)
        case .response(let requestID):
            if let reply = self.endStream(request, trailers) { return self.send(reply, context: context) }
            self.answer(request, requestID, session, context: context) {
                self.response(request, requestID, trailers, session)
            }
        case .invocationError(let requestID):
            self.answer(request, requestID, session, context: context) {
                if let cause = request.head.headers.first(name: HeaderName.runtimeErrorCause) {
                    session.errorCause(cause)
                }
                return session.invocationError(
                    requestID: requestID, errorType: request.head.headers.first(name: HeaderName.runtimeErrorType),
                    contentType: request.head.headers.first(name: HeaderName.contentType), body: request.body)
            }
        case .initError:
            self.send(
                session.initError(
                    errorType: request.head.headers.first(name: HeaderName.runtimeErrorType), body: request.body),
                context: context)
        case .restoreNext, .restoreError, .credentials:
            self.handleRestore(request, session, context: context)
        case .extension(let route):
            self.handle(route, request, session.extensionSession, context: context)
        case .wrongMethod:
            self.send(.methodNotAllowed, contentType: "text/plain", body: "", context: context)
        case .unknown:
            self.sendNotFound(context: context)
        }
    }

    func sendNotFound(context: ChannelHandlerContext) {
        self.send(.notFound, contentType: "text/plain; charset=utf-8", body: "404 page not found\n", context: context)
    }

    private func answer(
        _ request: Request, _ requestID: String, _ session: any RuntimeSession, context: ChannelHandlerContext,
        _ take: () -> RuntimeReply
    ) {
        let echoed = request.head.headers.first(name: HeaderName.runtimeInvocationID)
        let check = session.checkAnswer(
            requestID: requestID, invocationID: echoed, isError: request.route == .invocationError(requestID: requestID)
        )
        self.send(check == .accepted ? take() : check, context: context)
    }

    private func response(
        _ request: Request, _ requestID: String, _ trailers: HTTPHeaders?, _ session: any RuntimeSession
    ) -> RuntimeReply {
        let headers = request.head.headers
        let mode = headers.first(name: HeaderName.runtimeResponseMode)
        if let mode, mode != "streaming" { return session.responseModeInvalid(requestID: requestID) }
        if request.isTooLarge { return session.responseTooLarge(requestID: requestID) }
        // A streamed response to a caller that waits for the whole: an error in the trailers is the function's error.
        if mode != nil, let error = RuntimeAPIHandler.error(in: trailers) {
            return session.invocationError(
                requestID: requestID, errorType: error.type, contentType: nil,
                body: ByteBuffer(bytes: Base64.decode(error.body) ?? []))
        }
        return session.response(
            requestID: requestID, contentType: headers.first(name: HeaderName.contentType),
            body: Payload(request.pieces))
    }

    private func next(_ session: any RuntimeSession, context: ChannelHandlerContext) {
        self.isWaitingForEvent = true
        session.next(connection: self.id) { result in
            self.isWaitingForEvent = false
            switch result {
            case .success(let event): self.send(event, context: context)
            case .failure(let refusal):
                self.send(
                    .refused(status: refusal.status, errorType: refusal.errorType, message: refusal.message),
                    context: context)
            }
        }
    }

    private func send(_ event: RuntimeEvent, context: ChannelHandlerContext) {
        var head = RuntimeResponse.event(event, keepsAlive: self.keepsAlive)
        let rest = event.payload.write(into: &head)
        guard let last = rest.last else { return self.send(head, context: context) }
        context.write(self.wrapOutboundOut(head), promise: nil)
        for buffer in rest.dropLast() { context.write(self.wrapOutboundOut(buffer), promise: nil) }
        self.send(last, context: context)
    }

    func send(_ reply: RuntimeReply, context: ChannelHandlerContext) {
        self.send(RuntimeResponse.reply(reply, keepsAlive: self.keepsAlive), context: context)
    }

    func send(
        _ status: HTTPResponseStatus, contentType: String, body: String, context: ChannelHandlerContext
    ) {
        self.send(
            RuntimeResponse.text(status: status, contentType: contentType, body: body, keepsAlive: self.keepsAlive),
            context: context)
    }

    func send(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
        if !self.keepsAlive { context.close(promise: nil) }
    }
}
