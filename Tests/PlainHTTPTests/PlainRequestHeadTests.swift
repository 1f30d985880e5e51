import NIOCore
import NIOHTTP1
import PlainHTTP
import Testing

private func read(_ text: String) -> PlainRequestHead? {
    PlainRequestHead(ByteBuffer(string: text).readableBytesUInt8Span)
}

private func step(_ input: inout RequestInput) -> String {
    switch input.next() {
    case .part(.head(let head)): "\(head.method) \(head.uri)"
    case .part(.body(let bytes)): "body \(String(buffer: bytes))"
    case .part(.end): "end"
    case .nothing: "nothing"
    case .notPlain(let bytes): "not plain: \(String(buffer: bytes))"
    }
}

@Suite struct `A plain head` {
    @Test func `is read as it stands`() throws {
        let text =
            "POST /f?a=b HTTP/1.1\r\nHost: h:1\r\nX-Empty:\r\nX-A:  one, two \u{7e}\r\n"
            + "content-length: 012\r\n\r\n"
        let plain = try #require(read(text + "body and more"))
        #expect(plain.head.method == .POST)
        #expect(plain.head.uri == "/f?a=b")
        #expect(plain.head.version == .http1_1)
        #expect(plain.head.isKeepAlive)
        #expect(
            plain.head.headers.map { "\($0.name)=\($0.value)" }
                == ["Host=h:1", "X-Empty=", "X-A=one, two ~", "content-length=012"])
        #expect(plain.bodyLength == 12)
        #expect(plain.byteCount == text.utf8.count)
    }

    @Test(arguments: ["GET", "PUT", "DELETE"])
    func `has no body where it tells no length`(method: String) throws {
        let plain = try #require(read("\(method) / HTTP/1.1\r\nConnection: Keep-Alive\r\n\r\n"))
        #expect(plain.head.method.rawValue == method)
        #expect(plain.bodyLength == 0)
    }

    /// Each is for NIO's decoder to take or to refuse.
    @Test(arguments: [
        "", "G", "hello\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n",
        "GET /#a HTTP/1.1\r\n\r\n", "GET /\u{e9} HTTP/1.1\r\n\r\n", "get / HTTP/1.1\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n",
        "GET http://h/ HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: h\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\r", "\r\nGET / HTTP/1.1\r\n\r\n",
    ])
    func `is not a line or an end of another form`(text: String) { #expect(read(text) == nil) }

    @Test(arguments: [
        "Transfer-Encoding: chunked", "Expect: 100-continue", "Connection: close", "Connection: upgrade",
        "Upgrade: h2c", "Trailer: a", "TE: trailers", "Proxy-Connection: close", "Content-Length: ",
        "Content-Length: -1", "Content-Length: +1", "Content-Length: 1, 1", "Content-Length: 0x1",
        "Content-Length: 1234567890", "Content-Length: 1\r\nContent-Length: 1",
        "CONTENT-LENGTH: 1\r\nContent-length: 2",
        "A : b", "A", ": b", "A\u{0}: b", "A: b\u{0}", "A: b ", "A: b\tc", "A: \u{e9}", "A: b\n c", "A: b\r\n c",
        "A: b\rB: c", "A(: b",
    ])
    func `has no header that means more or could be read in two ways`(line: String) {
        #expect(read("POST / HTTP/1.1\r\nHost: h\r\n\(line)\r\n\r\n") == nil)
    }

    @Test func `has at most 64 headers`() {
        let line = "A: b\r\n"
        #expect(read("GET / HTTP/1.1\r\n" + String(repeating: line, count: 64) + "\r\n") != nil)
        #expect(read("GET / HTTP/1.1\r\n" + String(repeating: line, count: 65) + "\r\n") == nil)
    }
}

@Suite struct `What came on a connection` {
    @Test func `is taken part by part, however the pieces are cut`() {
        let first = "POST /1 HTTP/1.1\r\nContent-Length: 6\r\n\r\n"
        var input = RequestInput()
        input.append(ByteBuffer(string: first + "ab"))
        #expect((0..<3).map { _ in step(&input) } == ["POST /1", "body ab", "nothing"])
        input.append(ByteBuffer(string: "c"))
        #expect((0..<2).map { _ in step(&input) } == ["body c", "nothing"])
        input.append(ByteBuffer(string: "defGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n"))
        #expect(!input.isEmpty)
        #expect(
            (0..<7).map { _ in step(&input) } == ["body def", "end", "GET /2", "end", "GET /3", "end", "nothing"])
        #expect(input.isEmpty)
    }

    @Test func `goes to the decoder from the first request on that is not plain`() {
        var input = RequestInput()
        input.append(ByteBuffer(string: "GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n"))
        #expect((0..<3).map { _ in step(&input) } == ["GET /1", "end", "not plain: HEAD /2 HTTP/1.1\r\n"])
        input.append(.head(HTTPRequestHead(version: .http1_1, method: .HEAD, uri: "/2")))
        input.append(.end(nil))
        #expect(!input.isEmpty)
        #expect((0..<3).map { _ in step(&input) } == ["HEAD /2", "end", "nothing"])
    }
}
