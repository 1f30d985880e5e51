internal import LambdaCore
internal import NIOCore
internal import NIOPosix

/// The control socket of one sandbox: frames to its init, events from it. Bound to the environment's event loop.
final class InitChannel: Sendable {
    private let channel: any Channel
    private let descriptor: Int32

    private init(channel: any Channel, descriptor: Int32) {
        self.channel = channel
        self.descriptor = descriptor
    }

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
            .map { InitChannel(channel: $0, descriptor: descriptor) }
    }

    func send(_ request: InitRequest) {
        let frame = request.frame
        var buffer = self.channel.allocator.buffer(capacity: frame.count)
        buffer.writeBytes(frame)
        self.channel.writeAndFlush(buffer, promise: nil)
    }

    /// Sends a frame beside the channel, which cannot send descriptors. Returns `false` where nothing was sent: the socket is
    /// closed, or the channel has bytes to send that must come first.
    func send(_ request: InitRequest, with passed: Int32, by passing: any DescriptorPassing) -> Bool {
        guard self.channel.isActive,
            let waiting = try? self.channel.syncOptions?.getOption(.bufferedWritableBytes), waiting == 0
        else { return false }
        return passing.send(request.frame, with: passed, over: self.descriptor)
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
