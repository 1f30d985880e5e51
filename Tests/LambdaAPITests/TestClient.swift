import LambdaCore
import NIOCore
import NIOPosix
import Testing

/// An answer as it came over the wire.
struct TestAnswer: Equatable {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]
    /// The head as it came, for what a dictionary cannot hold.
    var head = ""

    var text: String { String(decoding: self.body, as: UTF8.self) }

    func header(_ name: String) -> String? { self.headers[name.lowercased()] }

    func json() throws -> JSONObject { try #require(try JSONValue.parse(self.body).objectValue) }
}

/// Writes bytes and reads answers, with no opinion about HTTP, so that tests can break its rules.
final class TestClient: Sendable {
    private let channel: any Channel
    private let incoming: AsyncStream<[UInt8]>
    private let buffered = Buffered()

    private actor Buffered {
        var bytes: [UInt8] = []
        func append(_ more: [UInt8]) { self.bytes += more }
        func take(_ count: Int) -> [UInt8] {
            defer { self.bytes.removeFirst(count) }
            return Array(self.bytes.prefix(count))
        }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let source: AsyncStream<[UInt8]>.Continuation

        init(source: AsyncStream<[UInt8]>.Continuation) { self.source = source }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.source.yield(Array(self.unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { self.source.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private init(channel: any Channel, incoming: AsyncStream<[UInt8]>) {
        self.channel = channel
        self.incoming = incoming
    }

    static func connect(port: Int) async throws -> TestClient {
        let (stream, source) = AsyncStream<[UInt8]>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(source: source))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return TestClient(channel: channel, incoming: stream)
    }

    static func text(_ method: String, _ path: String, headers: [String] = [], body: String = "") -> String {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Content-Length: \(body.utf8.count)"] + headers
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    func send(_ text: String) async throws { try await self.send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await self.channel.writeAndFlush(self.channel.allocator.buffer(bytes: bytes))
    }

    func closeOutput() async throws { try await self.channel.close(mode: .output) }

    func close() async throws { try? await self.channel.close() }

    /// Returns once the server has closed the connection.
    func waitForEnd() async throws { try await self.channel.closeFuture.get() }

    /// The next answer; `nil` body bytes are never invented: it throws where the connection ends before the answer does.
    func answer(hasBody: Bool = true) async throws -> TestAnswer {
        var iterator = self.incoming.makeAsyncIterator()
        while true {
            let bytes = await self.buffered.bytes
            if let (answer, used) = TestClient.parse(bytes, hasBody: hasBody) {
                _ = await self.buffered.take(used)
                return answer
            }
            await self.buffered.append(try #require(await iterator.next(), "the connection ended without an answer"))
        }
    }

    /// What comes next, as it comes.
    func part() async throws -> [UInt8] {
        var iterator = self.incoming.makeAsyncIterator()
        return try #require(await iterator.next(), "the connection ended")
    }

    /// All that comes until the server closes the connection.
    func rest() async -> [UInt8] {
        var bytes: [UInt8] = []
        for await part in self.incoming { bytes += part }
        return bytes
    }

    private static func parse(_ bytes: [UInt8], hasBody: Bool) -> (TestAnswer, Int)? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let head = text[..<end.lowerBound]
        let lines = head.split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].trimmingBlanks()) : ""
        }
        let start = head.utf8.count + 4
        let length = hasBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
        guard bytes.count >= start + length else { return nil }
        return (
            TestAnswer(
                status: status, headers: headers, body: Array(bytes[start..<(start + length)]), head: String(head)),
            start + length
        )
    }
}
