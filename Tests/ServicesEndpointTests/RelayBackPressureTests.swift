import NIOCore
import NIOPosix
import Testing

@testable import ServicesEndpoint

@Suite struct `A relay whose target does not read` {
    /// On one loop, as a relay's two ends are.
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test func `holds one read's worth, and loses nothing`() async throws {
        let sent = [UInt8](repeating: 7, count: 8_388_608)
        try await self.connectedPair { sandbox, inner in
            try await self.connectedPair { outer, target in
                let (firstWrite, continuation) = AsyncStream.makeStream(of: Void.self)
                let loop = self.loop
                let gate = try await loop.submit {
                    let gate = WriteGate(firstWrite: continuation)
                    try outer.pipeline.syncOperations.addHandler(gate)
                    RelayEntrance.join(inner, outer)
                    return NIOLoopBound(gate, eventLoop: loop)
                }.get()

                sandbox.writeAndFlush(ByteBuffer(bytes: sent), promise: nil)
                var writes = firstWrite.makeAsyncIterator()
                await writes.next()
                // Enough turns of the loop to read the whole stream, were it allowed to.
                for _ in 0..<500 { try await loop.submit {}.get() }
                let held = try await loop.submit { gate.value.heldBytes }.get()
                #expect((1...524_288).contains(held))

                let received = try await self.count(at: target) {
                    try await loop.submit { gate.value.open() }.get()
                    try await sandbox.close(mode: .output)
                }
                #expect(received == sent.count)
            }
        }
    }

    /// A connection over loopback; neither end reads by itself.
    private func connectedPair(
        _ body: (_ client: any Channel, _ server: any Channel) async throws -> Void
    ) async throws {
        let listener = try await ServerBootstrap(group: self.loop)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: "127.0.0.1", port: 0) { child in child.eventLoop.makeSucceededFuture(child) }
        let port = listener.channel.localAddress?.port ?? 0
        try await listener.executeThenClose { accepted in
            let client = try await ClientBootstrap(group: self.loop)
                .channelOption(.autoRead, value: false)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .connect(host: "127.0.0.1", port: port)
                .get()
            for try await server in accepted {
                try await body(client, server)
                break
            }
            client.close(promise: nil)
        }
    }

    /// Reads until the end of the stream; `begin` runs once reading has begun.
    private func count(at channel: any Channel, _ begin: () async throws -> Void) async throws -> Int {
        let total = self.loop.makePromise(of: Int.self)
        try await self.loop.submit {
            try channel.pipeline.syncOperations.addHandler(ByteCounter(total: total))
        }.get()
        try await channel.setOption(.autoRead, value: true).get()
        try await begin()
        return try await total.futureResult.get()
    }
}

/// Holds what is written until it is opened: a target that takes nothing. Belongs to its channel's loop.
private final class WriteGate: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let firstWrite: AsyncStream<Void>.Continuation
    private var held: [(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?)] = []
    private var isOpen = false
    private(set) var heldBytes = 0

    init(firstWrite: AsyncStream<Void>.Continuation) { self.firstWrite = firstWrite }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !self.isOpen else { return context.write(data, promise: promise) }
        self.heldBytes += self.unwrapOutboundIn(data).readableBytes
        self.held.append((context, data, promise))
        self.firstWrite.yield()
    }

    func open() {
        self.isOpen = true
        for write in self.held { write.context.writeAndFlush(write.data, promise: write.promise) }
        self.held = []
    }
}

private final class ByteCounter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let total: EventLoopPromise<Int>
    private var count = 0

    init(total: EventLoopPromise<Int>) { self.total = total }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.count += self.unwrapInboundIn(data).readableBytes
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { self.total.succeed(self.count) }
    }

    func channelInactive(context: ChannelHandlerContext) { self.total.succeed(self.count) }
}
