import LambdaCore
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A consumer of telemetry on a port of this machine: events as they come, one by one.
final class TelemetryConsumer: Sendable {
    let port: Int
    private let channel: any Channel
    private let events: AsyncStream<String>

    private init(channel: any Channel, port: Int, events: AsyncStream<String>) {
        self.channel = channel
        self.port = port
        self.events = events
    }

    deinit { self.channel.close(promise: nil) }

    /// - Parameters:
    ///   - statuses: Of the first answers; all others are 200.
    ///   - keepsAlive: Whether it takes more than one batch from a connection.
    static func http(statuses: [Int] = [], keepsAlive: Bool = true) async throws -> TelemetryConsumer {
        let left = SharedStatuses(statuses)
        return try await self.listen { channel, continuation in
            try channel.pipeline.syncOperations.configureHTTPServerPipeline()
            try channel.pipeline.syncOperations.addHandler(HTTPConsumer(continuation, left, keepsAlive: keepsAlive))
        }
    }

    static func tcp() async throws -> TelemetryConsumer {
        try await self.listen { channel, continuation in
            try channel.pipeline.syncOperations.addHandler(LineConsumer(continuation))
        }
    }

    private static func listen(
        _ configure: @escaping @Sendable (any Channel, AsyncStream<String>.Continuation) throws -> Void
    ) async throws -> TelemetryConsumer {
        let (events, continuation) = AsyncStream.makeStream(of: String.self)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, continuation) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TelemetryConsumer(channel: channel, port: channel.localAddress?.port ?? 0, events: events)
    }

    /// Waits for the next event of this type; earlier ones are passed over.
    func next(_ type: String) async -> String? {
        for await event in self.events where event.contains("\"type\":\"\(type)\"") { return event }
        return nil
    }

    /// All events up to the next of this type.
    func all(to type: String) async -> [String] {
        var seen: [String] = []
        for await event in self.events {
            seen.append(event)
            if event.contains("\"type\":\"\(type)\"") { break }
        }
        return seen
    }
}

private final class SharedStatuses: Sendable {
    private let statuses: Mutex<[Int]>
    init(_ statuses: [Int]) { self.statuses = Mutex(statuses) }
    func next() -> Int { self.statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() } }
}

private final class HTTPConsumer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    private let continuation: AsyncStream<String>.Continuation
    private let statuses: SharedStatuses
    private let keepsAlive: Bool
    private var body: [UInt8] = []

    init(_ continuation: AsyncStream<String>.Continuation, _ statuses: SharedStatuses, keepsAlive: Bool) {
        self.continuation = continuation
        self.statuses = statuses
        self.keepsAlive = keepsAlive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head: self.body = []
        case .body(let bytes): self.body += Array(bytes.readableBytesView)
        case .end:
            let status = self.statuses.next()
            if status < 400, let events = try? JSONValue.parse(self.body).arrayValue {
                for event in events { self.continuation.yield(String(decoding: event.serialized, as: UTF8.self)) }
            }
            var head = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: ["Content-Length": "0"])
            if !self.keepsAlive { head.headers.add(name: "Connection", value: "close") }
            context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
            context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: nil)
        }
    }
}

private final class LineConsumer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<String>.Continuation
    private var pending = ""

    init(_ continuation: AsyncStream<String>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.pending += String(buffer: self.unwrapInboundIn(data))
        var lines = self.pending.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        self.pending = lines.removeLast()
        for line in lines { self.continuation.yield(line) }
    }
}
