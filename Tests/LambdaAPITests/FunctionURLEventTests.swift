import LambdaCore
import TestSupport
import Testing

@testable import LambdaAPI

extension JSONObject {
    /// The member at a path of names.
    fileprivate func at(_ names: String...) -> JSONValue? {
        var value: JSONValue? = .object(self)
        for name in names { value = value?.objectValue?[name] }
        return value
    }
}

@Suite struct `The event of a function URL` {
    @Test func `is that of the recorded echo`() async throws {
        try await FunctionURLFixture().run { server in
            let event = try await server.event(
                "POST", "/pa2%Fth/1?q=query&multiQuery=foo&multiQuery=%2Fbar",
                headers: [
                    "Accept-Encoding: gzip, deflate", "Accept: */*", "Connection: keep-alive",
                    "content-type: application/json", "ExTrA-HeadErs: With WeiRd CapS", "user-agent: test/echo",
                ], body: #"{"foo": "bar"}"#)
            #expect(
                event.at("queryStringParameters")
                    == .object(["q": .string("query"), "multiQuery": .string("foo,/bar")]))
            #expect(event.at("body") == .string(#"{"foo": "bar"}"#))
            #expect(event.at("isBase64Encoded") == .bool(false))
            #expect(event.at("requestContext", "http", "method") == .string("POST"))
            #expect(event.at("requestContext", "http", "path") == .string("/pa2%Fth/1"))
            #expect(event.at("requestContext", "http", "sourceIp") == .string("127.0.0.1"))
            var headers = try #require(event.at("headers")?.objectValue)
            let trace = try #require(headers["x-amzn-trace-id"]?.stringValue)
            #expect(trace.wholeMatch(of: /Root=1-[0-9a-f]{8}-[0-9a-f]{24}/) != nil)
            headers["x-amzn-trace-id"] = nil
            #expect(
                headers == [
                    "accept": .string("*/*"), "accept-encoding": .string("gzip, deflate"),
                    "content-length": .string("14"), "content-type": .string("application/json"),
                    "extra-headers": .string("With WeiRd CapS"), "host": .string(FunctionURLFixture.host),
                    "user-agent": .string("test/echo"), "x-forwarded-for": .string("127.0.0.1"),
                    "x-forwarded-port": .string("\(server.port)"), "x-forwarded-proto": .string("http"),
                ])
        }
    }

    @Test func `has the recorded multipart form in base64`() async throws {
        let boundary = "4efd159eae0c4f4e125a5a509e073d85"
        let form =
            "\r\n--\(boundary)\r\nContent-Disposition: form-data; name=\"formfield\"\r\n\r\nnot a file, just a field"
            + "\r\n--\(boundary)\r\nContent-Disposition: form-data; name=\"foo\"; filename=\"foo\"\r\n"
            + "Content-Type: text/plain;\r\n\r\nbar\r\n\r\n--\(boundary)--\r\n"
        try await FunctionURLFixture().run { server in
            let event = try await server.event(
                "POST", "/test/value", headers: ["Content-Type: multipart/form-data; boundary=\(boundary)"], body: form)
            #expect(event.at("body") == .string(Base64.encode(Array(form.utf8))))
            #expect(event.at("isBase64Encoded") == .bool(true))
            #expect(event.at("headers", "content-length") == .string("286"))
            #expect(event.at("queryStringParameters") == nil)
        }
    }

    @Test func `says what format 2.0 says, in its order, and nothing that is empty`() async throws {
        try await FunctionURLFixture().run { server in
            let id = "8b0f1a3e-5c7d-4e2f-9a1b-0c2d4e6f8a1b"
            let event = try await server.event(headers: ["x-amzn-RequestId: \(id)"])
            #expect(
                event.map(\.key) == [
                    "version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded",
                ])
            #expect(event.at("version") == .string("2.0") && event.at("routeKey") == .string("$default"))
            #expect(event.at("rawPath") == .string("/") && event.at("rawQueryString") == .string(""))
            let context = try #require(event.at("requestContext")?.objectValue)
            #expect(
                context.map(\.key) == [
                    "accountId", "apiId", "domainName", "domainPrefix", "http", "requestId", "routeKey", "stage",
                    "time", "timeEpoch",
                ])
            #expect(context.at("accountId") == .string("anonymous"))
            #expect(context.at("apiId") == .string(FunctionURLFixture.id))
            #expect(context.at("domainName") == .string(String(FunctionURLFixture.host.dropLast(5))))
            #expect(context.at("domainPrefix") == .string(FunctionURLFixture.id))
            #expect(context.at("requestId") == .string(id))
            #expect(context.at("stage") == .string("$default"))
            #expect(context.at("time") == .string("02/Jan/2026:03:04:05 +0000"))
            #expect(context.at("timeEpoch") == .number("1767323045000"))
            #expect(context.at("http", "protocol") == .string("HTTP/1.1"))
        }
    }

    @Test func `has cookies apart from the other headers, and repeated headers joined`() async throws {
        try await FunctionURLFixture().run { server in
            let event = try await server.event(headers: [
                "Cookie: c1=v1; c2=v2", "X-Many: a", "Cookie: c3=v3", "x-many: b", "Proxy-Connection: keep-alive",
                "TE: trailers", "Keep-Alive: 5",
            ])
            #expect(event.at("cookies") == .array([.string("c1=v1"), .string("c2=v2"), .string("c3=v3")]))
            let headers = try #require(event.at("headers")?.objectValue)
            #expect(headers["x-many"] == .string("a,b"))
            for name in ["cookie", "te", "keep-alive", "proxy-connection"] { #expect(headers[name] == nil) }
        }
    }

    @Test(arguments: [
        ("/a%20b/%C3%A4", "/a b/ä"), ("/a%2Fb", "/a/b"), ("/%FF", "/%FF"), ("/a+b", "/a+b"), ("/%", "/%"),
        ("//x//", "//x//"),
    ]) func `keeps the path's escapes in rawPath and shows it decoded beside`(raw: String, shown: String) async throws {
        try await FunctionURLFixture().run { server in
            let event = try await server.event("GET", raw)
            #expect(event.at("rawPath") == .string(raw))
            #expect(event.at("requestContext", "http", "path") == .string(shown))
        }
    }

    @Test(arguments: [
        ("a=1&a=2&b=3", ["a": "1,2", "b": "3"]), ("a", ["a": ""]), ("a=", ["a": ""]), ("a=x+y%20z", ["a": "x y z"]),
        ("a=%zz", ["a": "%zz"]), ("a=b=c", ["a": "b=c"]), ("%C3%A4=%26", ["ä": "&"]), ("&&a=1&", ["a": "1"]),
    ]) func `has the query as it came and its parameters decoded and joined`(
        query: String, parameters: [String: String]
    ) async throws {
        try await FunctionURLFixture().run { server in
            let event = try await server.event("GET", "/?\(query)")
            #expect(event.at("rawQueryString") == .string(query))
            var expected = JSONObject()
            for (name, value) in parameters { expected[name] = .string(value) }
            #expect(event.at("queryStringParameters") == .object(expected))
        }
    }

    @Test(arguments: [
        ("text/plain", nil, "grün", false), ("TEXT/HTML; charset=utf-8", nil, "x", false),
        ("application/json", nil, "{}", false), ("application/problem+json", nil, "{}", false),
        ("image/svg+xml", nil, "<a/>", true), ("application/soap+xml", nil, "<a/>", false),
        ("application/x-www-form-urlencoded", nil, "a=b", true), ("application/octet-stream", nil, "x", true),
        ("", nil, "x", true), ("application/json", "gzip", "x", true), ("application/json", "identity", "x", false),
    ]) func `has bodies of text types as text and all others in base64`(
        type: String, coding: String?, body: String, isBase64: Bool
    ) async throws {
        try await FunctionURLFixture().run { server in
            let headers =
                (type.isEmpty ? [] : ["Content-Type: \(type)"]) + (coding.map { ["Content-Encoding: \($0)"] } ?? [])
            let event = try await server.event("PUT", headers: headers, body: body)
            #expect(event.at("isBase64Encoded") == .bool(isBase64))
            #expect(event.at("body") == .string(isBase64 ? Base64.encode(Array(body.utf8)) : body))
        }
    }

    @Test func `has text that is no text in base64`() async throws {
        try await FunctionURLFixture().run { server in
            let client = try await server.connect()
            try await client.send(
                Array(
                    ("POST / HTTP/1.1\r\nHost: \(FunctionURLFixture.host)\r\nContent-Type: text/plain\r\n"
                        + "Content-Length: 2\r\n\r\n").utf8) + [0xFF, 0xFE])
            let event = try await client.answer().json()
            #expect(event.at("body") == .string("//4=") && event.at("isBase64Encoded") == .bool(true))
        }
    }

    @Test func `keeps what a proxy in front says of itself`() async throws {
        try await FunctionURLFixture().run { server in
            let event = try await server.event(headers: [
                "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Port: 443",
                "X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
            ])
            #expect(event.at("headers", "x-forwarded-for") == .string("203.0.113.7, 127.0.0.1"))
            #expect(event.at("headers", "x-forwarded-proto") == .string("https"))
            #expect(event.at("headers", "x-forwarded-port") == .string("443"))
            #expect(
                event.at("headers", "x-amzn-trace-id")
                    == .string("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"))
        }
    }

    @Test func `comes with a body of chunks, after 100 Continue where that is waited for`() async throws {
        try await FunctionURLFixture().run { server in
            let client = try await server.connect()
            try await client.send(
                "POST /c HTTP/1.1\r\nHost: \(FunctionURLFixture.host)\r\nContent-Type: text/plain\r\n"
                    + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await client.answer().status == 100)
            try await client.send("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
            let event = try await client.answer().json()
            #expect(event.at("body") == .string("hello world"))
            #expect(event.at("headers", "content-length") == .string("11"))
            #expect(event.at("headers", "expect") == nil && event.at("headers", "transfer-encoding") == nil)
            // The connection is kept, and a function URL and the API share it.
            try await client.send(TestClient.text("GET", "/_lambdad/health"))
            #expect(try await client.answer().status == 200)
            try await client.send("GET /d HTTP/1.1\r\nHost: \(FunctionURLFixture.host)\r\n\r\n")
            let second = try await client.answer().json()
            #expect(second.at("rawPath") == .string("/d"))
            try await client.close()
        }
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    func `is made of any method`(method: String) async throws {
        try await FunctionURLFixture().run { server in
            let event = try await server.event(method)
            #expect(event.at("requestContext", "http", "method") == .string(method))
        }
    }

    @Test(arguments: [
        ("", "/"), ("/", "/"), ("/a/b%2Fc", "/a/b%2Fc"), ("/2015-03-31/functions", "/2015-03-31/functions"),
    ]) func `is the same where the path names the URL, and the function sees its own part`(
        rest: String, seen: String
    ) async throws {
        try await FunctionURLFixture().run { server in
            let event = try await server.event(
                "GET", "/_lambdad/url/\(FunctionURLFixture.id.uppercased())\(rest)?x=1", host: "127.0.0.1:3001")
            #expect(event.at("rawPath") == .string(seen))
            #expect(event.at("rawQueryString") == .string("x=1"))
            #expect(event.at("headers", "host") == .string("127.0.0.1:3001"))
            #expect(
                event.at("requestContext", "domainName")
                    == .string("\(FunctionURLFixture.id).lambda-url.us-east-1.localhost"))
        }
    }

    @Test(arguments: ["/2015-03-31/functions", "/_lambdad/health", "/2015-03-31/functions/f/invocations"])
    func `is made of paths that are the API's under other names`(path: String) async throws {
        try await FunctionURLFixture().run { server in
            let event = try await server.event("POST", path)
            #expect(event.at("rawPath") == .string(path))
        }
    }
}

@Suite struct `The address of a function URL` {
    @Test(arguments: [
        ("abc.lambda-url.eu-west-1.localhost", "abc", "eu-west-1"),
        ("ABC.Lambda-URL.eu-west-1.LocalHost:3001", "abc", "eu-west-1"),
        ("my-id.lambda-url.us-east-1.localhost.localstack.cloud:4566", "my-id", "us-east-1"),
        ("a.lambda-url.us-east-1.on.aws", "a", "us-east-1"),
    ]) func `is read from host names of every domain`(host: String, id: String, region: String) throws {
        let address = try #require(FunctionURLAddress(host: host, target: RequestTarget(uri: "/p")))
        #expect(address.id == id)
        #expect(address.region.map { String($0) } == region)
        #expect(address.path == "/p")
    }

    @Test(arguments: [
        "localhost:3001", "127.0.0.1", "lambda.us-east-1.amazonaws.com", ".lambda-url.us-east-1.localhost",
        "lambda-url.us-east-1.localhost", "a.lambda-urls.us-east-1.localhost", "a.b.lambda-url.us-east-1.localhost", "",
        "[::1]:3001",
    ]) func `is in no other host name`(host: String) {
        #expect(FunctionURLAddress(host: host, target: RequestTarget(uri: "/")) == nil)
    }

    @Test(arguments: ["/_lambdad/url", "/_lambdad/url/", "/_lambdad/url//x", "/_lambdad/health", "/url/abc"])
    func `is in no other path`(path: String) {
        #expect(FunctionURLAddress(host: "localhost", target: RequestTarget(uri: path)) == nil)
    }

    @Test(arguments: [
        ("localhost:3001", nil, "http://ID.lambda-url.us-east-1.localhost:3001/"),
        ("127.0.0.1:3001", nil, "http://ID.lambda-url.us-east-1.localhost:3001/"),
        ("[::1]:3001", nil, "http://ID.lambda-url.us-east-1.localhost:3001/"),
        ("localhost", nil, "http://ID.lambda-url.us-east-1.localhost/"),
        ("192.0.2.1:3001", nil, "http://192.0.2.1:3001/_lambdad/url/ID/"),
        ("build.example:80", nil, "http://build.example:80/_lambdad/url/ID/"),
        ("192.0.2.1:3001", "fn.example", "http://ID.lambda-url.us-east-1.fn.example:3001/"),
        ("localhost", "fn.example", "http://ID.lambda-url.us-east-1.fn.example/"),
    ]) func `is told so that whoever asks can use it`(host: String, domain: String?, text: String) throws {
        let url = FunctionURLRecord(
            function: try TestServer.key(), qualifier: "", id: "ID", authType: .none, invokeMode: nil, cors: nil,
            created: ManualTime.start)
        #expect(url.text(host: host, domain: domain) == text)
    }
}
