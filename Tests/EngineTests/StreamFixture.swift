import Engine
import LambdaCore
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// A caller that takes an answer piece by piece, and says when it has.
final class RecordingReceiver: AnswerReceiver {
    enum Event: Sendable, Equatable {
        case whole(Result<InvocationAnswer, InvocationFailure>)
        case began(AnswerHead)
        case part([UInt8])
        case ended(AnswerEnd)
    }

    private struct State {
        var source: (any AnswerSource)?
        var received = 0
        var unconsumed = 0
        var takesAll = true
    }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let state = Mutex(State())

    init(takesAll: Bool = true) {
        (self.events, self.continuation) = AsyncStream.makeStream()
        self.state.withLock { $0.takesAll = takesAll }
    }

    /// Bytes that came.
    var received: Int { self.state.withLock { $0.received } }

    /// Takes what has come, and from now on all that comes.
    func takeAll() {
        let (source, count) = self.state.withLock { state in
            state.takesAll = true
            defer { state.unconsumed = 0 }
            return (state.source, state.unconsumed)
        }
        source?.consumed(count)
    }

    func next() async throws -> Event {
        var iterator = self.events.makeAsyncIterator()
        return try #require(await iterator.next())
    }

    /// All bytes up to the end, and the end.
    func rest() async throws -> ([UInt8], AnswerEnd) {
        var bytes: [UInt8] = []
        while true {
            switch try await self.next() {
            case .part(let more): bytes += more
            case .ended(let end): return (bytes, end)
            case .began, .whole: Issue.record("only parts and the end were expected")
            }
        }
    }

    func answered(_ result: Result<InvocationAnswer, InvocationFailure>) { self.continuation.yield(.whole(result)) }

    func began(_ head: AnswerHead, source: any AnswerSource) {
        self.state.withLock { $0.source = source }
        self.continuation.yield(.began(head))
    }

    func part(_ bytes: Payload) {
        let source = self.state.withLock { state -> (any AnswerSource)? in
            state.received += bytes.count
            if !state.takesAll { state.unconsumed += bytes.count }
            return state.takesAll ? state.source : nil
        }
        self.continuation.yield(.part(bytes.bytes))
        source?.consumed(bytes.count)
    }

    func ended(_ end: AnswerEnd) { self.continuation.yield(.ended(end)) }
}

/// An invocation whose caller takes its answer piece by piece, and the runtime that has its event.
struct StreamSample {
    let engine: EngineFixture
    let receiver: RecordingReceiver
    let sandbox: FakeSandbox
    let runtime: FakeRuntime
    /// Of the event.
    let id: String

    init(
        engine: EngineFixture = EngineFixture(), timeout: Int = 30, takesAll: Bool = true, tail: Bool = false,
        logging: FunctionRecord.Logging? = nil
    ) async throws {
        self.engine = engine
        self.receiver = RecordingReceiver(takesAll: takesAll)
        var function = try engine.function(timeout: timeout)
        if let logging { function.logging = logging }
        engine.plane.submit(Self.invocation(of: function, tail: tail), to: self.receiver)
        self.sandbox = try #require(await engine.launcher.nextSandbox())
        self.runtime = try await self.sandbox.runtime()
        self.id = try #require(try await self.runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
    }

    static func invocation(of function: FunctionRecord, tail: Bool = false) -> Invocation {
        Invocation(
            requestID: .random(), function: function, invokedARN: function.key.arn, payload: Array("{}".utf8),
            traceHeader: "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
            wantsLogTail: tail, receivedAt: WallClock().now)
    }

    func begin(type: String? = "text/plain", id: String? = nil) async throws {
        try await self.runtime.beginResponse(id ?? self.id, type: type)
    }
}

/// Responses in chunks.
extension FakeRuntime {
    func beginResponse(_ id: String, type: String? = nil) async throws {
        let path = "/2018-06-01/runtime/invocation/\(id)/response"
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: path)
        head.headers.add(name: "Host", value: "sandbox")
        head.headers.add(name: "Lambda-Runtime-Function-Response-Mode", value: "streaming")
        head.headers.add(name: "Transfer-Encoding", value: "chunked")
        if let type { head.headers.add(name: "Content-Type", value: type) }
        try await self.channel.writeAndFlush(HTTPClientRequestPart.head(head))
    }

    func write(_ text: String) async throws { try await self.write(ByteBuffer(string: text)).get() }

    func write(_ bytes: ByteBuffer) -> EventLoopFuture<Void> {
        self.channel.writeAndFlush(HTTPClientRequestPart.body(.byteBuffer(bytes)))
    }

    func endResponse(errorType: String? = nil, errorBody: String? = nil) async throws -> Reply {
        var trailers = HTTPHeaders()
        if let errorType { trailers.add(name: "Lambda-Runtime-Function-Error-Type", value: errorType) }
        if let errorBody {
            trailers.add(name: "Lambda-Runtime-Function-Error-Body", value: Base64.encode(Array(errorBody.utf8)))
        }
        let part = HTTPClientRequestPart.end(trailers.isEmpty ? nil : trailers)
        try await self.channel.writeAndFlush(part)
        return try await self.reply()
    }
}
