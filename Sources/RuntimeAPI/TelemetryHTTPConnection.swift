internal import Engine
internal import LambdaCore
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Batches as POST requests with a JSON array, one after the other over one connection.
///
/// - Note: `@unchecked Sendable`: touched on its event loop only, where all that it captures is called.
final class TelemetryHTTPConnection: TelemetryConnection, @unchecked Sendable {
    private let method: HTTPMethod
    private let path: String
    private let host: String
    private let future: EventLoopFuture<any Channel>
    private var done: ((Bool) -> Void)?
    private(set) var isUsable = true

    init(socket: Int32, method: String, path: String, host: String, on loop: any EventLoop) {
        self.method = HTTPMethod(rawValue: method)
        self.path = path
        self.host = host
        let replies = NIOLoopBound(TelemetryReplies(), eventLoop: loop)
        self.future = ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(replies.value)
                }
            }
            .withConnectedSocket(socket)
        replies.value.onReply = { [weak self] in self?.replied(status: $0, keepsAlive: $1) }
        replies.value.onClosed = { [weak self] in self?.closed() }
        self.future.assumeIsolated().whenFailure { [weak self] _ in self?.closed() }
    }

    func send(_ events: [[UInt8]], done: @escaping (Bool) -> Void) {
        self.done = done
        // The connection may be under way; then this waits for it.
        self.future.assumeIsolated().whenSuccess { [weak self] channel in self?.write(events, to: channel) }
    }

    private func write(_ events: [[UInt8]], to channel: any Channel) {
        let length = events.reduce(1) { $0 + $1.count + 1 }
        var body = channel.allocator.buffer(capacity: length)
        body.writeStaticString("[")
        for (index, event) in events.enumerated() {
            if index > 0 { body.writeStaticString(",") }
            body.writeBytes(event)
        }
        body.writeStaticString("]")
        var head = HTTPRequestHead(version: .http1_1, method: self.method, uri: self.path)
        head.headers.add(name: "Host", value: self.host)
        head.headers.add(name: HeaderName.contentType, value: "application/json")
        head.headers.add(name: HeaderName.contentLength, value: String(body.readableBytes))
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(body)), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    func close() {
        self.isUsable = false
        self.done = nil
        self.future.whenSuccess { $0.close(mode: .all, promise: nil) }
    }

    private func replied(status: Int, keepsAlive: Bool) {
        self.isUsable = self.isUsable && keepsAlive
        // Before the close, which is told of at once and would make a failure of what has arrived.
        self.finish(status < 400)
        guard !keepsAlive else { return }
        self.future.whenSuccess { $0.close(mode: .all, promise: nil) }
    }

    private func closed() {
        self.isUsable = false
        self.finish(false)
    }

    private func finish(_ isDelivered: Bool) {
        let done = self.done
        self.done = nil
        done?(isDelivered)
    }
}

private final class TelemetryReplies: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    var onReply: (_ status: Int, _ keepsAlive: Bool) -> Void = { _, _ in }
    var onClosed: () -> Void = {}
    private var head: HTTPResponseHead?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            // 100 Continue and its like come before the answer.
            guard let head = self.head, head.status.code >= 200 else { return }
            self.head = nil
            self.onReply(Int(head.status.code), head.isKeepAlive)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.onClosed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Refused, reset, or no HTTP: the batch is tried again over another connection.
        context.close(promise: nil)
    }
}
