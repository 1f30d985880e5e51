package import NIOCore
package import NIOHTTP1

/// A handler that takes the parts of requests, from ``RequestInput`` or from NIO's decoder.
package protocol RequestPartReceiver: ChannelInboundHandler {
    func partArrived(_ part: HTTPServerRequestPart)
}

/// NIO's decoder, put into a connection's pipeline once a request came that is not plain.
package enum RequestDecoding {
    /// Puts the decoder before `receiver` and gives it `bytes`, as it will get all that comes.
    ///
    /// - Parameter watch: Put before the decoder.
    package static func begin<Receiver: RequestPartReceiver>(
        with bytes: ByteBuffer, for receiver: Receiver, context: ChannelHandlerContext,
        limits: NIOHTTPDecoderLimitConfiguration = NIOHTTPDecoderLimitConfiguration(),
        watch: (any ChannelInboundHandler)? = nil
    ) throws {
        let pipeline = context.pipeline.syncOperations
        var handlers: [any ChannelHandler] = watch.map { [$0] } ?? []
        handlers.append(
            ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)))
        handlers.append(DecodedParts(receiver: receiver))
        try pipeline.addHandlers(handlers, position: .before(receiver))
        context.pipeline.fireChannelRead(bytes)
    }

    private final class DecodedParts<Receiver: RequestPartReceiver>: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart

        private let receiver: Receiver

        init(receiver: Receiver) { self.receiver = receiver }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.receiver.partArrived(self.unwrapInboundIn(data))
        }
    }
}
