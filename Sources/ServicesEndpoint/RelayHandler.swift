internal import LambdaCore
internal import NIOCore
internal import NIOPosix

/// First handler of a connection from inside: connects to the target, then joins the two.
final class RelayEntrance: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let target: ServicesEndpointAddress
    private let connectTimeout: Duration

    init(target: ServicesEndpointAddress, connectTimeout: Duration) {
        self.target = target
        self.connectTimeout = connectTimeout
    }

    func channelActive(context: ChannelHandlerContext) {
        let inner = context.channel
        // On the same loop, so that the two ends may call each other.
        ClientBootstrap(group: context.eventLoop)
            .connectTimeout(.nanoseconds(self.connectTimeout.nanoseconds))
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: self.target.host, port: self.target.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let outer): Self.join(inner, outer)
                // Whoever connected sees the end of the stream; there is no better word below HTTP.
                case .failure: inner.close(promise: nil)
                }
            }
    }

    static func join(_ inner: any Channel, _ outer: any Channel) {
        let pair = RelayPair(inner, outer)
        do {
            try inner.pipeline.syncOperations.addHandler(RelayHandler(pair: pair, to: outer))
            try outer.pipeline.syncOperations.addHandler(RelayHandler(pair: pair, to: inner))
        } catch {
            // One of them was closed meanwhile.
            return pair.close()
        }
        // Nothing was read before: not a byte may arrive where no handler passes it on.
        inner.read()
        outer.read()
    }
}

/// The two connections of one relay. Belongs to their loop.
private final class RelayPair {
    private let inner: any Channel
    private let outer: any Channel
    private var finishedDirections = 0

    init(_ inner: any Channel, _ outer: any Channel) {
        self.inner = inner
        self.outer = outer
    }

    func directionFinished() {
        self.finishedDirections += 1
        if self.finishedDirections == 2 { self.close() }
    }

    func close() {
        self.inner.close(promise: nil)
        self.outer.close(promise: nil)
    }
}

/// Passes what one end reads to the other. It reads again only when the other end has taken everything, so that what
/// one connection can make us hold is one read's worth.
private final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum Stream { case open, ended, endPassedOn }

    private let pair: RelayPair
    private let destination: any Channel
    private var pendingWrites = 0
    private var stream = Stream.open

    init(pair: RelayPair, to destination: any Channel) {
        self.pair = pair
        self.destination = destination
    }

    /// The other end may have gone before this handler was there to see it.
    func handlerAdded(context: ChannelHandlerContext) {
        let pair = NIOLoopBound(self.pair, eventLoop: context.eventLoop)
        self.destination.closeFuture.whenComplete { _ in pair.value.close() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.pendingWrites += 1
        self.destination.writeAndFlush(self.unwrapInboundIn(data)).assumeIsolated().whenComplete { result in
            self.pendingWrites -= 1
            switch result {
            case .success: self.proceed(context: context)
            case .failure: self.pair.close()
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { self.proceed(context: context) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            if self.stream == .open { self.stream = .ended }
            self.proceed(context: context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.pair.close()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.pair.close() }

    private func proceed(context: ChannelHandlerContext) {
        guard self.pendingWrites == 0 else { return }
        switch self.stream {
        case .open: context.read()
        case .ended:
            // Only now: the end is passed on after the last byte.
            self.stream = .endPassedOn
            self.destination.close(mode: .output).assumeIsolated().whenComplete { _ in self.pair.directionFinished() }
        case .endPassedOn: break
        }
    }
}
