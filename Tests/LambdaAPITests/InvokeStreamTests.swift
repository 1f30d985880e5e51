import LambdaCore
import Testing

@testable import LambdaAPI

private let path = "/2021-11-15/functions/f/response-streaming-invocations"

@Suite struct `An event stream` {
    /// Source: frames that botocore's decoder takes.
    @Test(arguments: [
        (
            "PayloadChunk", "application/octet-stream", "hello",
            "0000006f0000005af5fe871f0b3a6576656e742d7479706507000c5061796c6f61644368756e6b0d3a636f6e74656e742d747970650700"
                + "186170706c69636174696f6e2f6f637465742d73747265616d0d3a6d6573736167652d747970650700056576656e7468656c6c"
                + "6f29e71260"
        ),
        (
            "InvokeComplete", "application/json", "{}",
            "00000066000000541f56c8690b3a6576656e742d7479706507000e496e766f6b65436f6d706c6574650d3a636f6e74656e742d74797065"
                + "0700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b7d7006d467"
        ),
    ])
    func `is framed to the byte`(event: String, type: String, payload: String, hex: String) {
        let frame = EventStreamFrame.bytes(
            headers: [(":event-type", event), (":content-type", type), (":message-type", "event")],
            payload: Array(payload.utf8))
        #expect(Hexadecimal.encode(frame) == hex)
    }
}

@Suite struct InvokeWithResponseStream {
    @Test func `gives what the function answers, then the end`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("POST", path, body: #"{"a":1}"#)
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "application/vnd.amazon.eventstream")
            #expect(answer.header("X-Amz-Executed-Version") == "$LATEST")
            let found = try events(in: answer.body)
            #expect(found.map { $0.type } == ["PayloadChunk", "InvokeComplete"])
            #expect(found.map { $0.payload } == [#"{"a":1}"#, "{}"])
        }
    }

    @Test func `cuts a large answer into events`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let body = "\"" + String(repeating: "x", count: 300_000) + "\""
            let found = try events(in: try await server.request("POST", path, body: body).body)
            #expect(found.map { $0.type } == ["PayloadChunk", "PayloadChunk", "PayloadChunk", "InvokeComplete"])
            #expect(found.dropLast().map { $0.payload }.joined() == body)
        }
    }

    @Test func `tells a function's error and the log's tail at the end`() async throws {
        let sink = FakeSink { _ in
            .success(
                InvocationAnswer(
                    payload: Array(#"{"errorType":"E"}"#.utf8), isFunctionError: true, executedVersion: "$LATEST",
                    logTail: Array("line".utf8)))
        }
        try await TestServer.run(sink: sink) { server in
            try await server.createFunction()
            let answer = try await server.request(
                "POST", path, headers: [TestServer.authorization(), "X-Amz-Log-Type: Tail"])
            #expect(answer.status == 200)
            let found = try events(in: answer.body)
            #expect(
                found.map { $0.payload } == [
                    #"{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorType\":\"E\"}","LogResult":"bGluZQ=="}"#
                ])
        }
    }

    @Test func `answers what is wrong before the first byte as an error`() async throws {
        try await TestServer.run { server in
            let missing = try await server.request("POST", path)
            #expect(missing.status == 404)
            try await server.createFunction()
            let event = try await server.request(
                "POST", path, headers: [TestServer.authorization(), "X-Amz-Invocation-Type: Event"])
            #expect(event.status == 400)
            #expect(event.header("x-amzn-ErrorType") == "ValidationException")
            let dry = try await server.request(
                "POST", path, headers: [TestServer.authorization(), "X-Amz-Invocation-Type: DryRun"])
            #expect(dry.status == 204)
            let text = try await server.request("POST", path, body: "no json")
            #expect(text.status == 400)
            #expect(text.header("x-amzn-ErrorType") == "InvalidRequestContentException")
        }
    }
}
