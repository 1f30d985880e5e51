internal import LambdaCore
package import NIOCore
internal import NIOPosix

/// The way to an X-Ray daemon: datagrams over UDP, which may be lost, as its protocol has it.
package final class TraceDaemon: Sendable {
    package struct ResolveError: Error, Equatable {
        package let text: String
    }

    package let host: String
    package let port: Int
    private let address: SocketAddress
    private let channel: any Channel

    private init(host: String, port: Int, address: SocketAddress, channel: any Channel) {
        self.host = host
        self.port = port
        self.address = address
        self.channel = channel
    }

    /// - Parameter host: A name is looked up once, here.
    package static func open(host: String, port: Int, group: any EventLoopGroup) async throws -> TraceDaemon {
        let address: SocketAddress
        do {
            // Blocks where a name server is asked, so it has a thread that may.
            address = try await NIOThreadPool.singleton.runIfActive {
                try SocketAddress.makeAddressResolvingHost(host, port: port)
            }
        } catch { throw ResolveError(text: "\(host) has no address: \(error)") }
        let local = try SocketAddress(ipAddress: address.protocol == .inet6 ? "::" : "0.0.0.0", port: 0)
        let channel = try await DatagramBootstrap(group: group).bind(to: local).get()
        return TraceDaemon(host: host, port: port, address: address, channel: channel)
    }

    /// Lost where more waits to be sent than the socket takes.
    package func send(_ datagram: ByteBuffer) {
        guard self.channel.isWritable, datagram.readableBytes <= Limits.datagramBytes else { return }
        self.channel.writeAndFlush(
            AddressedEnvelope(remoteAddress: self.address, data: datagram), promise: nil)
    }

    package func close() async {
        // Whether it was closed before does not matter.
        try? await self.channel.close()
    }
}

/// Passes on what functions send to the X-Ray daemon's address inside one sandbox. Bound to an event loop.
package final class TraceRelay: Sendable {
    private let channel: EventLoopFuture<any Channel>

    /// Takes over `socket`, a bound UDP socket.
    package init(socket: Int32, daemon: TraceDaemon, on loop: any EventLoop) {
        self.channel = DatagramBootstrap(group: loop)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Limits.datagramBytes + 1)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TraceRelayHandler(daemon: daemon))
                }
            }
            .withBoundSocket(socket)
    }

    package func close() {
        // Where the socket could not be used there is nothing to close, and a function's traces are lost, as they may be.
        self.channel.whenSuccess { $0.close(promise: nil) }
    }
}

/// Reads no more than its share in a second: a function that floods the address must not keep the event loop busy.
private final class TraceRelayHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let daemon: TraceDaemon
    private var left = Limits.datagramsPerSecond
    private var isRenewing = false

    init(daemon: TraceDaemon) { self.daemon = daemon }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Some may have been read before reading stopped.
        guard self.left > 0 else { return }
        self.left -= 1
        self.daemon.send(self.unwrapInboundIn(data).data)
        self.renewLater(context)
        if self.left == 0 { self.setReading(false, context) }
    }

    private func renewLater(_ context: ChannelHandlerContext) {
        guard !self.isRenewing else { return }
        self.isRenewing = true
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) {
            self.isRenewing = false
            if self.left == 0 { self.setReading(true, context) }
            self.left = Limits.datagramsPerSecond
        }
    }

    private func setReading(_ reading: Bool, _ context: ChannelHandlerContext) {
        context.channel.setOption(.autoRead, value: reading).whenFailure { _ in
            // Closed meanwhile; there is nothing to read any more.
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
