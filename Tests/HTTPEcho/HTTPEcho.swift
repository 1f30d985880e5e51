internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// What the benchmark of large payloads is compared with: a server that reads a request whole and gives its body back, as plainly
/// as NIO's own HTTP/1.1 handlers let it. It checks nothing, runs nothing, and is not part of the package.
///
///     http-echo PORT            gives the body back itself
///     http-echo PORT TO         has it given back by the server on port TO, over one connection that stays open
@main
struct HTTPEcho {
    static func main() async throws {
        let ports = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard let port = ports.first else { throw UsageError() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(EchoHandler(to: ports.dropFirst().first))
                }
            }
        try await server.bind(host: "127.0.0.1", port: port).get().closeFuture.get()
    }

    struct UsageError: Error, CustomStringConvertible {
        let description = "http-echo PORT [TO]"
    }
}

/// Collects a body and answers with it.
private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let target: Int?
    private var upstream: (any Channel)?
    private var body = ByteBuffer()

    init(to target: Int?) { self.target = target }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head: self.body = ByteBuffer()
        case .body(var piece): self.body.writeBuffer(&piece)
        case .end: self.ended(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { self.upstream?.close(promise: nil) }

    private func ended(_ context: ChannelHandlerContext) {
        guard let target = self.target else { return self.answer(self.body, context) }
        if let upstream = self.upstream { return self.ask(upstream) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        AnswerHandler { bound.value.answer($0, boundContext.value) })
                }
            }
            .connect(host: "127.0.0.1", port: target).assumeIsolated().whenSuccess { channel in
                self.upstream = channel
                self.ask(channel)
            }
    }

    private func ask(_ upstream: any Channel) {
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
        head.headers.add(name: "Host", value: "localhost")
        head.headers.add(name: "Content-Length", value: String(self.body.readableBytes))
        upstream.write(HTTPClientRequestPart.head(head), promise: nil)
        upstream.write(HTTPClientRequestPart.body(.byteBuffer(self.body)), promise: nil)
        upstream.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    private func answer(_ body: ByteBuffer, _ context: ChannelHandlerContext) {
        var head = HTTPResponseHead(version: .http1_1, status: .ok)
        head.headers.add(name: "Content-Length", value: String(body.readableBytes))
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }
}

/// Collects the body of an answer.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let whole: (ByteBuffer) -> Void
    private var body = ByteBuffer()

    init(whole: @escaping (ByteBuffer) -> Void) { self.whole = whole }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head: self.body = ByteBuffer()
        case .body(var piece): self.body.writeBuffer(&piece)
        case .end: self.whole(self.body)
        }
    }
}
