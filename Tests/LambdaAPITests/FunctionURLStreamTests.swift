import LambdaCore
import Testing

@testable import LambdaAPI

@Suite struct `A function URL that streams` {
    private static let prelude = FunctionURLPrelude.contentType
    private static let zeros = String(repeating: "\0", count: 8)

    private static func run(
        method: String = "GET",
        _ body: @Sendable (TestServer, TestClient, FakeSink.HeldStream) async throws -> Void
    ) async throws {
        var fixture = FunctionURLFixture()
        fixture.mode = .stream
        try await fixture.run(sink: .streaming()) { server in
            let client = try await server.connect()
            try await client.send("\(method) / HTTP/1.1\r\nHost: \(FunctionURLFixture.host)\r\n\r\n")
            try await body(server, client, try #require(await server.sink.nextStream()))
            try await client.close()
        }
    }

    @Test func `gives bytes as they come, with the function's type`() async throws {
        try await Self.run { _, client, stream in
            stream.begin(type: "text/html")
            stream.write("<p>")
            let first = await client.bytes { String(decoding: $0, as: UTF8.self).contains("<p>") }
            let head = String(decoding: first, as: UTF8.self)
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(
                head.contains("\r\nContent-Type: text/html\r\n") && head.contains("\r\nTransfer-Encoding: chunked\r\n"))
            #expect(head.hasSuffix("\r\n\r\n3\r\n<p>\r\n"))
            stream.write("more")
            stream.end()
            let rest = await client.bytes { String(decoding: $0, as: UTF8.self).hasSuffix("\r\n0\r\n\r\n") }
            #expect(String(decoding: rest, as: UTF8.self) == "4\r\nmore\r\n0\r\n\r\n")
        }
    }

    @Test(arguments: [1, 2, 7, 1_000]) func `takes status, headers and cookies from the prelude, wherever it is cut`(
        size: Int
    ) async throws {
        try await Self.run { _, client, stream in
            stream.begin(type: Self.prelude)
            let text = #"{"statusCode":201,"headers":{"X-Own":"1","Content-Type":"text/css"},"cookies":["a=1","b=2"]}"#
            var rest = Array((text + Self.zeros + "body\0with\0zeros").utf8)[...]
            while !rest.isEmpty {
                stream.receiver.part(Payload(Array(rest.prefix(size))))
                rest = rest.dropFirst(size)
            }
            stream.end()
            let answer = try await client.answer()
            #expect(answer.status == 201)
            #expect(answer.header("X-Own") == "1" && answer.header("Content-Type") == "text/css")
            #expect(answer.head.contains("\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n"))
            #expect(answer.text == "body\0with\0zeros")
        }
    }

    @Test func `waits with its head for the first byte, so that an error before it is a 502`() async throws {
        for type in ["text/plain", Self.prelude] {
            try await Self.run { _, client, stream in
                stream.begin(type: type)
                if type == Self.prelude { stream.write("{}" + Self.zeros) }
                stream.end("Unhandled", details: "secret")
                let answer = try await client.answer()
                #expect(answer.status == 502)
                #expect(answer.text == "Internal Server Error")
            }
        }
    }

    @Test func `breaks off where the function fails later`() async throws {
        try await Self.run { _, client, stream in
            stream.begin()
            stream.write("half")
            stream.end("Sandbox.Timedout")
            let bytes = await client.bytes { _ in false }
            #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("\r\n\r\n4\r\nhalf\r\n"))
        }
    }

    @Test(arguments: ["no JSON", #"{"statusCode":"x"}"#]) func `is a 502 where the prelude is none`(text: String)
        async throws
    {
        try await Self.run { _, client, stream in
            stream.begin(type: Self.prelude)
            stream.write(text + Self.zeros + "body")
            #expect(try await client.answer().status == 502)
            stream.write("more")
            stream.end()
            try await client.send("GET /_lambdad/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func `is a 502 where the prelude has no end`() async throws {
        try await Self.run { _, client, stream in
            stream.begin(type: Self.prelude)
            stream.write("{}")
            stream.end()
            let answer = try await client.answer()
            #expect(answer.status == 502)
        }
    }

    @Test func `may have no body at all`() async throws {
        try await Self.run { _, client, stream in
            stream.begin()
            stream.end()
            let answer = try await client.answer()
            #expect(answer.status == 200 && answer.body.isEmpty)
        }
        try await Self.run { _, client, stream in
            stream.begin(type: Self.prelude)
            stream.write(#"{"statusCode":204}"# + Self.zeros + "nobody sees this")
            stream.end()
            let answer = try await client.answer()
            #expect(answer.status == 204 && answer.body.isEmpty)
            #expect(answer.header("Transfer-Encoding") == nil && answer.header("Content-Length") == nil)
        }
    }

    @Test func `gives no body to HEAD, and goes on`() async throws {
        try await Self.run(method: "HEAD") { _, client, stream in
            let source = RecordingSource()
            stream.begin(source: source)
            stream.write("nobody sees this")
            await source.waitUntilConsumed(16)
            stream.end()
            #expect(try await client.answer(hasBody: false).status == 200)
            try await client.send("GET /_lambdad/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func `gives the bytes of a function that does not stream as they are`() async throws {
        var fixture = FunctionURLFixture()
        fixture.mode = .stream
        let payload = #"{"statusCode": 418, "body": "x"}"#
        try await fixture.run(sink: FunctionURLFixture.answering(payload)) { server in
            let answer = try await server.callURL()
            #expect(answer.status == 200)
            #expect(answer.text == payload)
        }
    }
}
