internal import LambdaCore
internal import NIOCore
internal import NIOPosix

/// The control socket of one sandbox: frames to its init, events from it. Bound to the environment's event loop.
final class InitChannel: Sendable {
    private let channel: any Channel

    private init(channel: any Channel) { self.channel = channel }

    /// Takes over `descriptor`. `onEvent` and `onClosed` are called on `loop`; a closed socket means that the sandbox ended.
    static func open(
        descriptor: Int32, on loop: any EventLoop, onEvent: @escaping @Sendable (InitEvent) -> Void,
        onClosed: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<InitChannel> {
        ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(InitFrameDecoder()))
                    try channel.pipeline.syncOperations.addHandler(
                        InitEventHandler(onEvent: onEvent, onClosed: onClosed))
                }
            }
            .withConnectedSocket(descriptor)
            .map { InitChannel(channel: $0) }
    }

    func send(_ request: InitRequest) {
        let frame = request.frame
        var buffer = self.channel.allocator.buffer(capacity: frame.count)
        buffer.writeBytes(frame)
        self.channel.writeAndFlush(buffer, promise: nil)
    }

    func close() { self.channel.close(mode: .all, promise: nil) }
}

/// Bodies of frames; a frame over the limit closes the socket, which ends the sandbox.
private struct InitFrameDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    struct FrameTooLong: Error {}

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self) else {
            return .needMoreData
        }
        guard length <= InitRequest.frameLimit else { throw FrameTooLong() }
        guard buffer.readableBytes >= 4 + Int(length) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 4)
        guard let body = buffer.readSlice(length: Int(length)) else { return .needMoreData }
        context.fireChannelRead(self.wrapInboundOut(body))
        return .continue
    }

    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        try self.decode(context: context, buffer: &buffer)
    }
}

private final class InitEventHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let onEvent: @Sendable (InitEvent) -> Void
    private let onClosed: @Sendable () -> Void

    init(onEvent: @escaping @Sendable (InitEvent) -> Void, onClosed: @escaping @Sendable () -> Void) {
        self.onEvent = onEvent
        self.onClosed = onClosed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let event = InitEvent(body: self.unwrapInboundIn(data).readableBytesView) else {
            context.close(promise: nil)
            return
        }
        self.onEvent(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.onClosed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whatever went wrong, an init that cannot be spoken to is an ended sandbox.
        context.close(promise: nil)
    }
}
