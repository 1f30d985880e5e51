import NIOCore
import NIOPosix
import ServicesEndpoint

/// A real TCP server on loopback whose connections are handled one by one, each in its own task.
struct LoopbackStreamServer {
    typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let channel: NIOAsyncChannel<Stream, Never>

    init() async throws {
        self.channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: "127.0.0.1", port: 0) { child in
                child.eventLoop.makeCompletedFuture { try Self.wrap(child) }
            }
    }

    var address: ServicesEndpointAddress {
        ServicesEndpointAddress(host: "127.0.0.1", port: self.channel.channel.localAddress?.port ?? 0)
    }

    /// Serves with `handle` while `body` runs; then stops.
    func serve(
        _ handle:
            @escaping @Sendable (NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>)
            async throws -> Void,
        during body: @escaping @Sendable (ServicesEndpointAddress) async throws -> Void
    ) async throws {
        let address = self.address
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await self.channel.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { handlers in
                        for try await connection in connections {
                            // A connection that is torn down is the test's own doing.
                            handlers.addTask { try? await connection.executeThenClose(handle) }
                        }
                    }
                }
            }
            try await body(address)
            group.cancelAll()
        }
    }

    static func connect(port: Int) async throws -> Stream {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try Self.wrap(channel) }
            }
    }

    private static func wrap(_ channel: any Channel) throws -> Stream {
        try Stream(
            wrappingChannelSynchronously: channel,
            configuration: .init(isOutboundHalfClosureEnabled: true, inboundType: ByteBuffer.self))
    }
}

extension NIOAsyncChannelInboundStream<ByteBuffer> {
    /// Everything up to the end of the stream.
    func everything() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await part in self { bytes.append(contentsOf: part.readableBytesView) }
        return bytes
    }
}
