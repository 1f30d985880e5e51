import LambdaCore
import Testing

@testable import LambdaAPI

/// The events in an answer's body, by reading its frames.
func events(in body: [UInt8]) throws -> [(type: String, payload: String)] {
    var rest = body[...]
    var events: [(type: String, payload: String)] = []
    func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
    while rest.count >= 16 {
        let length = number(rest.prefix(4))
        let headers = number(rest.dropFirst(4).prefix(4))
        try #require(length <= rest.count)
        let frame = rest.prefix(length)
        #expect(number(frame.suffix(4)) == Int(CRC32.checksum(of: Array(frame.dropLast(4)))))
        let text = String(decoding: frame.dropFirst(12).prefix(headers), as: UTF8.self)
        let payload = String(decoding: frame.dropFirst(12 + headers).dropLast(4), as: UTF8.self)
        events.append((text.contains("InvokeComplete") ? "InvokeComplete" : "PayloadChunk", payload))
        rest = rest.dropFirst(length)
    }
    #expect(rest.isEmpty)
    return events
}

@Suite struct `A streamed answer` {
    private static func has(_ text: String) -> @Sendable ([UInt8]) -> Bool {
        { String(decoding: $0, as: UTF8.self).contains(text) }
    }

    @Test func `leaves while the function makes it, and the connection goes on`() async throws {
        try await TestServer.streaming { server, client, stream in
            stream.begin()
            stream.write("first")
            let first = await client.bytes(until: Self.has("first"))
            let head = String(decoding: first, as: UTF8.self)
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            for line in [
                "Content-Type: application/vnd.amazon.eventstream", "X-Amz-Executed-Version: $LATEST",
                "Transfer-Encoding: chunked", "Connection: keep-alive",
            ] { #expect(head.contains("\r\n\(line)\r\n")) }
            #expect(!head.contains("Content-Length"))
            stream.write("second")
            stream.end(tail: "line")
            let rest = await client.bytes(until: Self.has("\r\n0\r\n\r\n"))
            let start = try #require((first + rest).firstRange(of: Array("\r\n\r\n".utf8))?.upperBound)
            let (body, _) = try #require(TestClient.dechunked((first + rest)[start...]))
            let found = try events(in: body)
            #expect(found.map { $0.type } == ["PayloadChunk", "PayloadChunk", "InvokeComplete"])
            #expect(found.map { $0.payload } == ["first", "second", #"{"LogResult":"bGluZQ=="}"#])

            try await client.send(TestClient.text("GET", "/_lambdad/health"))
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func `tells at its end what went wrong in the middle`() async throws {
        try await TestServer.streaming { _, client, stream in
            stream.begin()
            stream.write("half")
            stream.end("Sandbox.Timedout", details: #"{"errorType":"Sandbox.Timedout"}"#)
            let found = try events(in: try await client.answer().body)
            #expect(
                found.map { $0.payload } == [
                    "half",
                    #"{"ErrorCode":"Sandbox.Timedout","ErrorDetails":"{\"errorType\":\"Sandbox.Timedout\"}"}"#,
                ])
        }
    }

    @Test func `is an ordinary error where there is no answer at all`() async throws {
        try await TestServer.streaming { _, client, stream in
            stream.receiver.answered(.failure(.throttled(.concurrentInvocations)))
            let answer = try await client.answer()
            #expect(answer.status == 429)
            #expect(answer.header("Content-Length") != nil)
        }
    }

    @Test func `names the platform's error of an answer that was never begun`() async throws {
        try await TestServer.streaming { _, client, stream in
            var failed = InvocationAnswer(
                payload: Array("{}".utf8), isFunctionError: true, executedVersion: "$LATEST")
            failed.platformErrorType = "Sandbox.Timedout"
            stream.receiver.answered(.success(failed))
            let found = try events(in: try await client.answer().body)
            #expect(found.map { $0.payload } == [#"{"ErrorCode":"Sandbox.Timedout","ErrorDetails":"{}"}"#])
        }
    }

    @Test func `is taken from its function only as its client takes it`() async throws {
        try await TestServer.streaming { _, client, stream in
            try await client.setReading(false)
            let source = RecordingSource()
            stream.begin(source: source)
            // More than all sockets between them hold.
            let piece = Payload([UInt8](repeating: 0x78, count: 1_048_576))
            for _ in 0..<64 { stream.receiver.part(piece) }
            stream.end()
            await source.waitUntilConsumed(1)
            #expect(source.consumed < 33_554_432)
            try await client.setReading(true)
            await source.waitUntilConsumed(64 * 1_048_576)
            _ = await client.bytes { $0.suffix(5) == Array("0\r\n\r\n".utf8)[...] }
        }
    }

    @Test func `is for nobody once its client has gone, and its function never waits`() async throws {
        try await TestServer.streaming { _, client, stream in
            let source = RecordingSource()
            stream.begin(source: source)
            try await client.close()
            for _ in 0..<64 { stream.receiver.part(Payload([UInt8](repeating: 0x78, count: 1_048_576))) }
            await source.waitUntilConsumed(64 * 1_048_576)
            stream.end()
        }
    }

    @Test func `ends with its connection for a client of HTTP 1_0`() async throws {
        try await TestServer.streaming(version: "HTTP/1.0") { _, client, stream in
            stream.begin()
            stream.write("all")
            stream.end()
            let bytes = await client.bytes { _ in false }
            let head = String(decoding: bytes, as: UTF8.self)
            #expect(head.contains("Connection: close") && !head.contains("Transfer-Encoding"))
            let start = try #require(bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound)
            #expect(try events(in: Array(bytes[start...])).map { $0.payload } == ["all", "{}"])
        }
    }

    @Test func `is the last on a connection that the client wants closed`() async throws {
        try await TestServer.streaming(headers: ["Connection: close"]) { _, client, stream in
            stream.begin()
            stream.end()
            let answer = try await client.answer()
            #expect(answer.header("Connection") == "close")
            try await client.waitForEnd()
        }
    }
}

@Suite struct `A CRC` {
    /// Source: the check value of CRC-32/ISO-HDLC, and those of zlib.
    @Test(arguments: [
        ("", 0), ("123456789", 0xCBF4_3926), ("a", 0xE8B7_BE43),
        ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
    ])
    func `is zlib's`(text: String, expected: Int) {
        #expect(Int(CRC32.checksum(of: Array(text.utf8))) == expected)
    }

    @Test func `is the same wherever the bytes are cut`() {
        let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        for cut in 0...100 {
            var checksum = CRC32()
            checksum.take(Array(bytes[..<cut]).span)
            checksum.take(Array(bytes[cut...]).span)
            #expect(checksum.value == CRC32.checksum(of: bytes))
        }
    }
}
