import LambdaCore
import Synchronization
import Testing

/// Where the test's pieces come from: counts what was taken.
final class RecordingSource: AnswerSource {
    private let counted = Mutex(0)
    private let counts: AsyncStream<Int>
    private let continuation: AsyncStream<Int>.Continuation

    init() { (self.counts, self.continuation) = AsyncStream.makeStream() }

    /// Bytes taken so far.
    var consumed: Int { self.counted.withLock { $0 } }

    func consumed(_ bytes: Int) {
        let total = self.counted.withLock { counted in
            counted += bytes
            return counted
        }
        self.continuation.yield(total)
    }

    func waitUntilConsumed(_ bytes: Int) async {
        for await total in self.counts where total >= bytes { return }
    }
}

extension FakeSink.HeldStream {
    func begin(type: String = "text/plain", source: RecordingSource = RecordingSource()) {
        self.receiver.began(AnswerHead(contentType: type, executedVersion: "$LATEST"), source: source)
    }

    func write(_ text: String) { self.receiver.part(Payload(Array(text.utf8))) }

    func end(_ errorType: String? = nil, details: String = "{}", tail: String? = nil) {
        let failure = errorType.map { AnswerEnd.Failure(errorType: $0, details: Array(details.utf8)) }
        self.receiver.ended(AnswerEnd(failure: failure, logTail: tail.map { Array($0.utf8) }))
    }
}

extension TestServer {
    /// Runs `body` with a client whose request for a stream is with the function.
    static func streaming(
        version: String = "HTTP/1.1", headers: [String] = [],
        _ body: @Sendable (TestServer, TestClient, FakeSink.HeldStream) async throws -> Void
    ) async throws {
        let path = "/2021-11-15/functions/f/response-streaming-invocations"
        try await TestServer.run(sink: .streaming()) { server in
            try await server.createFunction()
            let client = try await server.connect()
            let lines =
                ["POST \(path) \(version)", "Host: localhost", "Content-Length: 2", TestServer.authorization()]
                + headers
            try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n{}")
            try await body(server, client, try #require(await server.sink.nextStream()))
            try await client.close()
        }
    }
}
