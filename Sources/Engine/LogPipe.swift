internal import LambdaCore
internal import NIOCore
internal import NIOPosix

/// The read end of a sandbox's standard output and error, or of its framed records. Bound to the environment's event loop.
final class LogPipe: Sendable {
    /// What direct reads take at first, and at most: a pipe holds 64 KiB, and nearly always nothing.
    private static let firstReadBytes = 4_096
    private static let readBytes = 65_536

    private let channel: any Channel
    private let descriptor: Int32
    private let reader: any DescriptorReader

    private init(channel: any Channel, descriptor: Int32, reader: any DescriptorReader) {
        self.channel = channel
        self.descriptor = descriptor
        self.reader = reader
    }

    /// Takes over `descriptor`. `onBytes` is called on `loop` with what was written.
    static func open(
        descriptor: Int32, reader: any DescriptorReader, on loop: any EventLoop,
        onBytes: @escaping @Sendable (ByteBuffer) -> Void
    ) -> EventLoopFuture<LogPipe> {
        NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LogBytesHandler(onBytes: onBytes))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .map { LogPipe(channel: $0, descriptor: descriptor, reader: reader) }
    }

    /// As above, where there is a descriptor.
    static func openIfThere(
        descriptor: Int32?, reader: any DescriptorReader, on loop: any EventLoop,
        onBytes: @escaping @Sendable (ByteBuffer) -> Void
    ) -> EventLoopFuture<LogPipe?> {
        guard let descriptor else { return loop.makeSucceededFuture(nil) }
        return self.open(descriptor: descriptor, reader: reader, on: loop, onBytes: onBytes).map { $0 }
    }

    /// What is in the pipe at this moment. Called before END is written, so that lines that the function wrote before
    /// its answer stand before END although another descriptor told of the answer first.
    func drain() -> [UInt8] {
        guard self.channel.isActive else { return [] }
        let first = self.reader.readAvailable(self.descriptor, limit: Self.firstReadBytes)
        guard first.count == Self.firstReadBytes else { return first }
        return first + self.reader.readAvailable(self.descriptor, limit: Self.readBytes - Self.firstReadBytes)
    }

    /// Stops or goes on reading: a function that writes faster than its log is taken waits in `write`.
    func setReading(_ reading: Bool) {
        self.channel.setOption(.autoRead, value: reading).whenFailure { _ in
            // Closed meanwhile; there is nothing to read any more.
        }
    }

    func close() { self.channel.close(mode: .all, promise: nil) }
}

private final class LogBytesHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let onBytes: @Sendable (ByteBuffer) -> Void

    init(onBytes: @escaping @Sendable (ByteBuffer) -> Void) { self.onBytes = onBytes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { self.onBytes(self.unwrapInboundIn(data)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
