import NIOCore
import NIOHTTP1
import NIOPosix
import ServicesEndpoint
import Synchronization

/// A real HTTP server on loopback that does as it is told and remembers what it was asked.
final class LoopbackHTTPServer: Sendable {
    struct Request: Sendable {
        let head: HTTPRequestHead
        let body: String
    }

    enum Behaviour: Sendable {
        case answer(status: Int, body: String)
        /// Reads the request and stays silent.
        case silence
        /// Announces more than it sends, then closes.
        case cut
        /// Closes without a word.
        case close
        /// Sends bytes that are no HTTP.
        case noise
    }

    let address: ServicesEndpointAddress
    private let channel: any Channel
    private let requests: RequestLog

    fileprivate final class RequestLog: Sendable {
        let all = Mutex<[Request]>([])
    }

    init(_ behaviour: Behaviour) async throws {
        let requests = RequestLog()
        self.requests = requests
        self.channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        LoopbackHTTPHandler(behaviour: behaviour, requests: requests))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        self.address = ServicesEndpointAddress(host: "127.0.0.1", port: self.channel.localAddress?.port ?? 0)
    }

    var seen: [Request] { self.requests.all.withLock { $0 } }

    func close() async throws { try await self.channel.close() }
}

private final class LoopbackHTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let behaviour: LoopbackHTTPServer.Behaviour
    private let requests: LoopbackHTTPServer.RequestLog
    private var head: HTTPRequestHead?
    private var body = ""

    init(behaviour: LoopbackHTTPServer.Behaviour, requests: LoopbackHTTPServer.RequestLog) {
        self.behaviour = behaviour
        self.requests = requests
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let part): self.body += String(buffer: part)
        case .end:
            guard let head = self.head else { return }
            let request = LoopbackHTTPServer.Request(head: head, body: self.body)
            self.requests.all.withLock { $0.append(request) }
            self.behave(context: context)
        }
    }

    private func behave(context: ChannelHandlerContext) {
        switch self.behaviour {
        case .answer(let status, let body): self.answer(context: context, status: status, body: body, length: nil)
        case .silence: break
        case .cut:
            self.answer(context: context, status: 200, body: "<AssumeRole", length: 5_000)
            context.close(promise: nil)
        case .close: context.close(promise: nil)
        case .noise:
            // Past the encoder.
            context.channel.pipeline.context(handlerType: HTTPResponseEncoder.self).assumeIsolated().whenSuccess {
                $0.writeAndFlush(NIOAny(ByteBuffer(string: "220 mail ready\r\n\r\n")), promise: nil)
            }
        }
    }

    private func answer(context: ChannelHandlerContext, status: Int, body: String, length: Int?) {
        let headers = HTTPHeaders([("Content-Length", String(length ?? body.utf8.count))])
        let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        if length == nil { context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil) }
    }
}
