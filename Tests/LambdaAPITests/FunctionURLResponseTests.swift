import LambdaAPI
import LambdaCore
import TestSupport
import Testing

/// What a function gave, and what the caller is to see.
private struct Mapping: Sendable, CustomTestStringConvertible {
    let given: String
    var status = 200
    var type = "application/json"
    let body: String
    var testDescription: String { self.given }

    init(_ given: String, status: Int = 200, type: String = "application/json", _ body: String) {
        self.given = given
        self.status = status
        self.type = type
        self.body = body
    }

    /// The first eight were recorded.
    static let all = [
        Mapping(#"{"hello": "world"}"#, #"{"hello":"world"}"#),
        Mapping(#"{"statusCode": 200, "body": "body123"}"#, "body123"),
        Mapping(#"{"statusCode": 200, "body": "{\"hello\": \"world\"}"}"#, #"{"hello": "world"}"#),
        Mapping(#"["hello", 3, true]"#, #"["hello",3,true]"#),
        Mapping(#""hello""#, "hello"), Mapping("3", "3"), Mapping("3.1", "3.1"), Mapping("true", "true"),
        Mapping(
            #"{"statusCode": "418", "body": "i'm a teapot", "isBase64Encoded": false}"#, status: 418, "i'm a teapot"),
        Mapping(#"{"statusCode": 200, "body": {"args": {}, "n": [1]}}"#, #"{"args":{},"n":[1]}"#),
        Mapping("null", "null"), Mapping(#""""#, ""), Mapping("{}", "{}"),
        Mapping(#"{"body": "x", "headers": {"a": "b"}}"#, #"{"body":"x","headers":{"a":"b"}}"#),
        Mapping(#"{"statusCode": 201}"#, status: 201, ""), Mapping(#"{"statusCode": 200, "body": null}"#, ""),
        Mapping(#"{"statusCode": 200, "body": "aGkA", "isBase64Encoded": true}"#, "hi\0"),
        Mapping(#"{"statusCode": 200, "body": 7}"#, "7"),
        Mapping(
            #"{"statusCode": 200, "headers": {"content-TYPE": "text/html"}, "body": "<p>"}"#, type: "text/html", "<p>"),
        Mapping(#"{"statusCode": 404, "headers": null, "cookies": null, "body": "no"}"#, status: 404, "no"),
        Mapping("1.50e3", "1.50e3"), Mapping(#""gr\u00fcn\n""#, "grün\n"),
    ]
}

@Suite struct `A function URL's response` {
    @Test(arguments: Mapping.all) fileprivate func `is made of the function's answer`(mapping: Mapping) async throws {
        try await FunctionURLFixture().run(sink: FunctionURLFixture.answering(mapping.given)) { server in
            let answer = try await server.callURL("POST", "/custom_path/extend?test_param=test_value", body: "x")
            #expect(answer.status == mapping.status)
            #expect(answer.header("Content-Type") == mapping.type)
            #expect(answer.header("Content-Length") == "\(mapping.body.utf8.count)")
            #expect(answer.text == mapping.body)
            #expect(RequestID(try #require(answer.header("x-amzn-RequestId"))) != nil)
            #expect(answer.header("X-Amzn-Trace-Id")?.hasPrefix("Root=1-") == true)
        }
    }

    @Test(arguments: [
        #"{"statusCode": 99}"#, #"{"statusCode": 100}"#, #"{"statusCode": 600}"#, #"{"statusCode": "abc"}"#,
        #"{"statusCode": true}"#, #"{"statusCode": 200.5}"#, #"{"statusCode": 200, "headers": []}"#,
        #"{"statusCode": 200, "headers": {"a": ["b"]}}"#, #"{"statusCode": 200, "headers": {"a": null}}"#,
        #"{"statusCode": 200, "headers": {"a b": "c"}}"#, #"{"statusCode": 200, "headers": {"": "c"}}"#,
        #"{"statusCode": 200, "headers": {"a": "b\r\nSet-Cookie: c=d"}}"#,
        #"{"statusCode": 200, "headers": {"a\r\nb": "c"}}"#,
        #"{"statusCode": 200, "cookies": "a=b"}"#, #"{"statusCode": 200, "cookies": [1]}"#,
        #"{"statusCode": 200, "cookies": ["a=b\nx"]}"#,
        #"{"statusCode": 200, "body": "%%", "isBase64Encoded": true}"#,
        #"{"statusCode": 200, "body": {}, "isBase64Encoded": true}"#, "not JSON", "",
    ]) func `is a 502 where the answer is no response`(payload: String) async throws {
        try await FunctionURLFixture().run(sink: FunctionURLFixture.answering(payload)) { server in
            let answer = try await server.callURL()
            #expect(answer.status == 502)
            #expect(answer.text == "Internal Server Error")
        }
    }

    @Test func `is a 502 where the function failed, and says nothing of why`() async throws {
        let sink = FunctionURLFixture.answering(#"{"errorMessage":"secret"}"#, isFunctionError: true)
        try await FunctionURLFixture().run(sink: sink) { server in
            let answer = try await server.callURL("POST", body: "{}")
            #expect(answer.status == 502)
            #expect(answer.text == "Internal Server Error")
        }
    }

    @Test(arguments: [
        (InvocationFailure.throttled(.concurrentInvocations), 429, "Rate Exceeded."),
        (.shuttingDown, 503, "The server is stopping"),
        (.functionDeleted, 403, #"{"Message":null}"#), (.startupTimedOut, 502, "Internal Server Error"),
        (.startFailed("mount"), 502, "Internal Server Error"),
    ]) func `tells the platform's failures apart by their status`(
        failure: InvocationFailure, status: Int, text: String
    ) async throws {
        try await FunctionURLFixture().run(sink: FakeSink { _ in .failure(failure) }) { server in
            let answer = try await server.callURL()
            #expect(answer.status == status)
            #expect(answer.text.contains(text))
            #expect(!answer.text.contains("mount"))
        }
    }

    @Test func `has the function's headers, and a set-cookie for each cookie`() async throws {
        let payload =
            #"{"statusCode":200,"headers":{"My-Custom-Header":"Custom Value","x-number":5,"x-flag":true},"#
            + #""cookies":["a=1; Path=/","b=2"],"body":"x"}"#
        try await FunctionURLFixture().run(sink: FunctionURLFixture.answering(payload)) { server in
            let answer = try await server.callURL()
            #expect(answer.header("my-custom-header") == "Custom Value")
            #expect(answer.header("x-number") == "5" && answer.header("x-flag") == "true")
            let cookies = answer.head.split(separator: "\r\n").filter { $0.lowercased().hasPrefix("set-cookie:") }
            #expect(cookies == ["set-cookie: a=1; Path=/", "set-cookie: b=2"])
        }
    }

    @Test func `keeps the server's own headers and gives the function's another name`() async throws {
        let payload =
            #"{"statusCode":200,"headers":{"Connection":"close","Content-Length":"99","Date":"never","#
            + #""Transfer-Encoding":"chunked","Keep-Alive":"9","WWW-Authenticate":"Basic","x-amzn-RequestId":"mine"},"#
            + #""body":"four"}"#
        try await FunctionURLFixture().run(sink: FunctionURLFixture.answering(payload)) { server in
            let client = try await server.connect()
            for _ in 0..<2 {
                try await client.send("GET / HTTP/1.1\r\nHost: \(FunctionURLFixture.host)\r\n\r\n")
                let answer = try await client.answer()
                #expect(answer.text == "four")
                #expect(answer.header("Content-Length") == "4" && answer.header("Connection") == "keep-alive")
                #expect(answer.header("Date") == "Fri, 02 Jan 2026 03:04:05 GMT")
                #expect(answer.header("x-amzn-remapped-content-length") == "99")
                #expect(answer.header("x-amzn-remapped-connection") == "close")
                #expect(answer.header("x-amzn-remapped-date") == "never")
                #expect(answer.header("x-amzn-remapped-www-authenticate") == "Basic")
                #expect(answer.header("x-amzn-RequestId") != "mine")
                #expect(answer.header("Transfer-Encoding") == nil && answer.header("Keep-Alive") == nil)
            }
            try await client.close()
        }
    }

    @Test(arguments: [204, 304]) func `has no body where its status allows none`(status: Int) async throws {
        let sink = FunctionURLFixture.answering(#"{"statusCode":\#(status),"body":"x"}"#)
        try await FunctionURLFixture().run(sink: sink) { server in
            let client = try await server.connect()
            for _ in 0..<2 {
                try await client.send("GET / HTTP/1.1\r\nHost: \(FunctionURLFixture.host)\r\n\r\n")
                let answer = try await client.answer()
                #expect(answer.status == status && answer.body.isEmpty)
                #expect(answer.header("Content-Length") == nil)
                #expect(answer.header("Transfer-Encoding") == nil)
            }
            try await client.close()
        }
    }

    @Test func `to HEAD tells the length and sends no body`() async throws {
        let sink = FunctionURLFixture.answering(#"{"statusCode":200,"body":"five!"}"#)
        try await FunctionURLFixture().run(sink: sink) { server in
            let client = try await server.connect()
            for _ in 0..<2 {
                try await client.send("HEAD / HTTP/1.1\r\nHost: \(FunctionURLFixture.host)\r\n\r\n")
                let answer = try await client.answer(hasBody: false)
                #expect(answer.status == 200 && answer.header("Content-Length") == "5")
            }
            try await client.close()
        }
    }

    @Test func `of a URL that streams is the bytes as they are`() async throws {
        let payload = #"{"statusCode": 201, "body": "x"}"#
        let sink = FunctionURLFixture.answering(payload, contentType: "text/event-stream")
        try await FunctionURLFixture(mode: .stream).run(sink: sink) { server in
            let answer = try await server.callURL()
            #expect(answer.status == 200 && answer.text == payload)
            #expect(answer.header("Content-Type") == "text/event-stream")
        }
    }

    @Test func `of a URL that streams begins with what its prelude says`() async throws {
        let prelude = #"{"statusCode":203,"headers":{"Content-Type":"text/plain","x-a":"b"},"cookies":["c=d"]}"#
        let sink = FunctionURLFixture.answering(
            prelude + String(repeating: "\0", count: 8) + "body\0\0\0\0\0\0\0\0end",
            contentType: "application/vnd.awslambda.http-integration-response")
        try await FunctionURLFixture(mode: .stream).run(sink: sink) { server in
            let answer = try await server.callURL()
            #expect(answer.status == 203 && answer.text == "body\0\0\0\0\0\0\0\0end")
            #expect(answer.header("Content-Type") == "text/plain" && answer.header("x-a") == "b")
            #expect(answer.header("set-cookie") == "c=d")
        }
    }

    @Test(arguments: ["{}", "{}\0\0\0\0\0\0\0", "nonsense\0\0\0\0\0\0\0\0x", #"{"statusCode":1}"# + "\0\0\0\0\0\0\0\0"])
    func `of a URL that streams is a 502 where the prelude is none`(payload: String) async throws {
        let sink = FunctionURLFixture.answering(
            payload, contentType: "application/vnd.awslambda.http-integration-response")
        try await FunctionURLFixture(mode: .stream).run(sink: sink) { server in
            let answer = try await server.callURL()
            #expect(answer.status == 502)
        }
    }
}
