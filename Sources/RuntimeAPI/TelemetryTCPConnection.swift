internal import Engine
internal import NIOCore
internal import NIOPosix

/// Batches as lines, one event each.
///
/// - Note: `@unchecked Sendable`: touched on its event loop only, where all that it captures is called.
final class TelemetryTCPConnection: TelemetryConnection, @unchecked Sendable {
    private let future: EventLoopFuture<any Channel>
    private(set) var isUsable = true

    init(socket: Int32, on loop: any EventLoop) {
        self.future = ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(IgnoredInput())
                }
            }
            .withConnectedSocket(socket)
        self.future.assumeIsolated().whenComplete { [weak self] result in
            switch result {
            case .success(let channel):
                channel.closeFuture.assumeIsolated().whenComplete { [weak self] _ in self?.isUsable = false }
            case .failure:
                self?.isUsable = false
            }
        }
    }

    func send(_ events: [[UInt8]], done: @escaping (Bool) -> Void) {
        self.future.assumeIsolated().whenComplete { result in
            guard case .success(let channel) = result else { return done(false) }
            var lines = channel.allocator.buffer(capacity: events.reduce(0) { $0 + $1.count + 1 })
            for event in events {
                lines.writeBytes(event)
                lines.writeStaticString("\n")
            }
            channel.writeAndFlush(lines).assumeIsolated().whenComplete { result in
                switch result {
                case .success: done(true)
                case .failure: done(false)
                }
            }
        }
    }

    func close() {
        self.isUsable = false
        self.future.whenSuccess { $0.close(mode: .all, promise: nil) }
    }
}

/// A consumer says nothing; whatever it says is dropped.
private final class IgnoredInput: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
