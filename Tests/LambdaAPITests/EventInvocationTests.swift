import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"
private let arn = PublishedFunction.arn
private let event = [TestServer.authorization(), "X-Amz-Invocation-Type: Event"]

/// Holds events until the test takes or refuses them.
final class FakeQueue: EventAcceptor {
    struct Held: Sendable {
        let event: AcceptedEvent
        let answer: CheckedContinuation<EventRefusal?, Never>
    }

    private let held: AsyncStream<Held>
    private let source: AsyncStream<Held>.Continuation

    init() { (self.held, self.source) = AsyncStream.makeStream() }

    func accept(_ event: AcceptedEvent) async throws(EventRefusal) {
        let refusal = await withCheckedContinuation { self.source.yield(Held(event: event, answer: $0)) }
        if let refusal { throw refusal }
    }

    /// The next event, answered with `refusal`, or as being on disk.
    func next(refusing refusal: EventRefusal? = nil) async -> AcceptedEvent? {
        var iterator = self.held.makeAsyncIterator()
        guard let held = await iterator.next() else { return nil }
        held.answer.resume(returning: refusal)
        return held.event
    }
}

@Suite struct `An asynchronous invocation` {
    @Test(arguments: [
        ("f", nil as String?, arn), ("f:1", "1", "\(arn):1"), ("f:live", "live", "\(arn):live"),
        ("f:$LATEST", "$LATEST", "\(arn):$LATEST"),
    ]) func `is answered once it is on disk, and keeps how it was addressed`(
        name: String, qualifier: String?, invoked: String
    ) async throws {
        let queue = FakeQueue()
        try await TestServer.run(store: try await PublishedFunction.store(), events: queue) { server in
            let alias = #"{"Name":"live","FunctionVersion":"1"}"#
            #expect(try await server.request("POST", "\(functions)/f/aliases", body: alias).status == 201)
            let id = "8b0f1a3e-5c7d-4e2f-9a1b-0c2d4e6f8a1b"
            async let answer = server.request(
                "POST", "\(functions)/\(name)/invocations",
                headers: event + [
                    "x-amzn-RequestId: \(id)", "X-Amz-Client-Context: eyJrIjoxfQ==",
                    "X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
                ], body: #"{"a" : 1}"#)
            let accepted = try #require(await queue.next())
            #expect(accepted.requestID.text == id)
            #expect(accepted.function == (try TestServer.key()))
            #expect(accepted.qualifier == qualifier && accepted.invokedARN == invoked)
            #expect(accepted.payload == Array(#"{"a" : 1}"#.utf8))
            #expect(accepted.clientContext == #"{"k":1}"#)
            #expect(accepted.receivedAt == ManualTime.start)
            let given = try await answer
            #expect(given.status == 202 && given.body.isEmpty)
            #expect(given.header("X-Amz-Executed-Version") == nil && given.header("Content-Type") == nil)
            #expect(given.header("x-amzn-RequestId") == id)
            #expect(given.header("X-Amzn-Trace-Id") == accepted.traceHeader)
            #expect(accepted.traceHeader.hasPrefix("Root=1-5759e988-bd862e3fe1be46a994272793;Parent="))
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `without a body is the empty object`() async throws {
        let queue = FakeQueue()
        try await TestServer.run(store: try await PublishedFunction.store(), events: queue) { server in
            async let answer = server.request("POST", "\(functions)/f/invocations", headers: event)
            #expect(await queue.next()?.payload == Array("{}".utf8))
            let given = try await answer
            #expect(given.status == 202)
        }
    }

    static let refusals: [(EventRefusal, Int, String)] = [
        (.full, 429, #"{"Type":"User","message":"The queue of asynchronous invocations is full. Try again."}"#),
        (.shuttingDown, 503, #"{"Type":"Service","message":"The server is stopping. Try again."}"#),
        (
            .failed("disk full at /secret"), 500,
            #"{"Type":"Service","Message":"An error occurred and the request cannot be processed."}"#
        ),
    ]

    @Test(arguments: refusals) func `that the queue refuses is not answered with 202`(
        refusal: (EventRefusal, Int, String)
    ) async throws {
        let queue = FakeQueue()
        try await TestServer.run(store: try await PublishedFunction.store(), events: queue) { server in
            async let answer = server.request("POST", "\(functions)/f/invocations", headers: event)
            #expect(await queue.next(refusing: refusal.0) != nil)
            let given = try await answer
            #expect(given.status == refusal.1 && given.text == refusal.2)
        }
    }

    @Test(arguments: [
        ("f:7", "", 404, "Function not found: \(arn):7"), ("missing", "", 404, "function:missing:$LATEST"),
        ("f", "nope", 400, "Could not parse request body into json: Could not parse payload into json: "),
    ]) func `is checked before it is queued`(name: String, body: String, status: Int, text: String) async throws {
        let queue = FakeQueue()
        try await TestServer.run(store: try await PublishedFunction.store(), events: queue) { server in
            let answer = try await server.request(
                "POST", "\(functions)/\(name)/invocations", headers: event, body: body)
            #expect(answer.status == status && answer.text.contains(text))
        }
    }

    @Test(arguments: [1_048_577, 6_291_457]) func `over its own payload limit is refused before the body is there`(
        length: Int
    ) async throws {
        let queue = FakeQueue()
        try await TestServer.run(store: try await PublishedFunction.store(), events: queue) { server in
            let client = try await server.connect()
            let head = (event + ["Host: h", "Content-Length: \(length)"]).joined(separator: "\r\n")
            try await client.send("POST \(functions)/f/invocations HTTP/1.1\r\n\(head)\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 413)
            #expect(answer.header("x-amzn-ErrorType") == "RequestEntityTooLargeException")
            #expect(
                answer.text
                    == #"{"message":"\#(length) byte payload is too large for the Event invocation type (limit 1048576 bytes)"}"#
            )
            try await client.close()
        }
    }

    @Test func `of exactly its payload limit is taken`() async throws {
        let queue = FakeQueue()
        try await TestServer.run(store: try await PublishedFunction.store(), events: queue) { server in
            let body = "\"" + String(repeating: "x", count: 1_048_574) + "\""
            async let answer = server.request("POST", "\(functions)/f/invocations", headers: event, body: body)
            #expect(await queue.next()?.payload.count == 1_048_576)
            let given = try await answer
            #expect(given.status == 202)
        }
    }

    @Test func `is taken also while the function is switched off`() async throws {
        let queue = FakeQueue()
        try await TestServer.run(store: try await PublishedFunction.store(), events: queue) { server in
            _ = try await server.request(
                "PUT", "/2017-10-31/functions/f/concurrency", body: #"{"ReservedConcurrentExecutions":0}"#)
            async let answer = server.request("POST", "\(functions)/f/invocations", headers: event)
            #expect(await queue.next() != nil)
            let given = try await answer
            #expect(given.status == 202)
        }
    }

    @Test func `is refused where the server has no queue`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store()) { server in
            for (path, headers) in [
                ("\(functions)/f/invocations", event),
                ("/2014-11-13/functions/f/invoke-async", [TestServer.authorization()]),
            ] {
                let answer = try await server.request("POST", path, headers: headers, body: "{}")
                #expect(answer.status == 400)
                #expect(answer.text.contains("is not available on this server yet. Use RequestResponse."))
            }
        }
    }
}

@Suite struct `InvokeAsync` {
    private static let path = "/2014-11-13/functions/f/invoke-async"

    @Test(arguments: ["", "/"]) func `queues its body and answers with the status`(end: String) async throws {
        let queue = FakeQueue()
        try await TestServer.run(store: try await PublishedFunction.store(), events: queue) { server in
            async let answer = server.request("POST", Self.path + end, body: "[1]")
            let accepted = try #require(await queue.next())
            #expect(accepted.payload == Array("[1]".utf8) && accepted.qualifier == nil)
            #expect(accepted.invokedARN == arn)
            let given = try await answer
            #expect(given.status == 202 && given.text == #"{"Status":202}"#)
            #expect(given.header("x-amzn-RequestId") == accepted.requestID.text)
        }
    }

    @Test func `refuses a body that is not JSON, in Invoke's words`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store(), events: FakeQueue()) { server in
            let answer = try await server.request("POST", Self.path, body: "nope")
            #expect(answer.status == 400)
            #expect(answer.header("x-amzn-ErrorType") == "InvalidRequestContentException")
            #expect(answer.text.contains("Could not parse request body into json: "))
        }
    }

    @Test func `refuses a body over the limit of events, and a missing function`() async throws {
        try await TestServer.run(store: try await PublishedFunction.store(), events: FakeQueue()) { server in
            let body = "\"" + String(repeating: "x", count: 1_048_575) + "\""
            let large = try await server.request("POST", Self.path, body: body)
            #expect(large.status == 413)
            #expect(large.text.contains("1048577 byte payload is too large for the Event invocation type"))
            let absent = try await server.request("POST", "/2014-11-13/functions/absent/invoke-async", body: "{}")
            #expect(absent.status == 404)
        }
    }
}
