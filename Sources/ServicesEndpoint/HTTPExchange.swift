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
        /// Only the answer's length was wrong.
        var isTooLong = false
    }

    let address: ServicesEndpointAddress
    let limits: Limits
    let group: any EventLoopGroup

    /// Sends a request. `headers` must hold `Host`; the connection's header, and the length of a body, are added here.
    ///
    /// - Parameters:
    ///   - target: Path and query, percent-encoded.
    ///   - body: `nil` where the method has none.
    func send(
        _ method: HTTPMethod, _ target: String, headers: [(name: String, value: String)], body: [UInt8]? = nil
    ) async throws(Failure) -> Answer {
        let loop = self.group.next()
        let answer = loop.makePromise(of: Answer.self)
        let request = Request(method: method, target: target, headers: headers, body: body)
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
    let method: HTTPMethod
    let target: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]?
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
        var head = HTTPRequestHead(version: .http1_1, method: self.request.method, uri: self.request.target)
        for header in self.request.headers { head.headers.add(name: header.name, value: header.value) }
        if let body = self.request.body {
            head.headers.add(name: HeaderName.contentLength, value: String(body.count))
        }
        head.headers.add(name: "Connection", value: "close")
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if let body = self.request.body {
            let buffer = context.channel.allocator.buffer(bytes: body)
            context.write(self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.status = Int(head.status.code)
            // A length that is said is believed, so that nothing is read in vain.
            let length = head.headers.first(name: HeaderName.contentLength).flatMap { Int($0) } ?? 0
            guard length <= self.limits.bodyBytes else { return self.refuseLength() }
            self.body.reserveCapacity(length)
        case .body(let part):
            guard self.body.count + part.readableBytes <= self.limits.bodyBytes else {
                return self.refuseLength()
            }
            self.body.append(contentsOf: part.readableBytesView)
        case .end: self.answer.succeed(HTTPExchange.Answer(status: self.status, body: self.body))
        }
    }

    private func refuseLength() {
        self.answer.fail(
            HTTPExchange.Failure(text: "the answer is longer than \(self.limits.bodyBytes) bytes", isTooLong: true))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.answer.fail(HTTPExchange.Failure(text: "the connection was closed before the answer was whole"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.answer.fail(HTTPExchange.Failure(text: "the answer cannot be read: \(error)"))
    }
}
