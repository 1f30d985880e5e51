internal import LambdaCore
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One HTTP/1.1 request on a connection of its own, and its answer, within limits.
struct HTTPExchange: Sendable {
    struct Limits: Sendable {
        /// Until the connection stands.
        var connect: Duration = .seconds(5)
        /// Until the answer is whole, connecting included.
        var total: Duration = .seconds(10)
        var bodyBytes = 1_048_576
    }

    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    /// What happened, for the operator.
    struct Failure: Error, Equatable {
        let text: String
    }

    let address: ServicesEndpointAddress
    let limits: Limits
    let group: any EventLoopGroup

    /// Sends a POST of `path`. `headers` must hold `Host`; length and connection are added here.
    func post(
        _ path: String, headers: [(name: String, value: String)], body: [UInt8]
    ) async throws(Failure) -> Answer {
        let loop = self.group.next()
        let answer = loop.makePromise(of: Answer.self)
        let request = Request(path: path, headers: headers, body: body)
        let limits = self.limits
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(limits.connect.nanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        ExchangeHandler(request: request, limits: limits, answer: answer))
                }
            }
            .connect(host: self.address.host, port: self.address.port)
        connected.whenFailure { error in answer.fail(error) }
        do {
            return try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                answer.fail(Failure(text: "the request was cancelled"))
            }
        } catch {
            throw error as? Failure ?? Failure(text: "\(self.address): \(error)")
        }
    }
}

private struct Request: Sendable {
    let path: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]
}

/// Writes the request once connected and gathers the answer. Whoever completes the promise first (the answer, a limit,
/// an error, the caller's cancellation) ends the exchange: the connection is closed then.
private final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: Request
    private let limits: HTTPExchange.Limits
    private let answer: EventLoopPromise<HTTPExchange.Answer>
    private var status = 0
    private var body: [UInt8] = []

    init(request: Request, limits: HTTPExchange.Limits, answer: EventLoopPromise<HTTPExchange.Answer>) {
        self.request = request
        self.limits = limits
        self.answer = answer
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let (channel, answer, total) = (context.channel, self.answer, self.limits.total)
        let deadline = context.eventLoop.scheduleTask(in: .nanoseconds(total.nanoseconds)) {
            answer.fail(HTTPExchange.Failure(text: "no whole answer came within \(total)"))
        }
        answer.futureResult.whenComplete { _ in
            deadline.cancel()
            channel.close(promise: nil)
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: self.request.path)
        for header in self.request.headers { head.headers.add(name: header.name, value: header.value) }
        head.headers.add(name: HeaderName.contentLength, value: String(self.request.body.count))
        head.headers.add(name: "Connection", value: "close")
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        let body = context.channel.allocator.buffer(bytes: self.request.body)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.status = Int(head.status.code)
        case .body(let part):
            guard self.body.count + part.readableBytes <= self.limits.bodyBytes else {
                return self.answer.fail(
                    HTTPExchange.Failure(text: "the answer is longer than \(self.limits.bodyBytes) bytes"))
            }
            self.body.append(contentsOf: part.readableBytesView)
        case .end: self.answer.succeed(HTTPExchange.Answer(status: self.status, body: self.body))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.answer.fail(HTTPExchange.Failure(text: "the connection was closed before the answer was whole"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.answer.fail(HTTPExchange.Failure(text: "the answer cannot be read: \(error)"))
    }
}
