import NIOCore

/// Tells the connection that bytes came, before they make a whole request head: a head that never ends must have an end.
final class ArrivalWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: APIConnection

    init(connection: APIConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.connection.bytesArrived()
        context.fireChannelRead(data)
    }
}
