import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let site = "https://www.example.com"

private func cors(
    origins: [String]? = [site], credentials: Bool? = nil, methods: [String]? = ["GET", "POST"],
    headers: [String]? = ["x-a", "x-b"], exposed: [String]? = ["x-c"], age: Int? = 60
) -> FunctionURLRecord.CORS {
    var cors = FunctionURLRecord.CORS()
    cors.allowOrigins = origins
    cors.allowCredentials = credentials
    cors.allowMethods = methods
    cors.allowHeaders = headers
    cors.exposeHeaders = exposed
    cors.maxAge = age
    return cors
}

private let question = ["Origin: \(site)", "Access-Control-Request-Method: POST"]

/// The CORS headers of an answer.
private func corsHeaders(_ answer: TestAnswer) -> [String: String] {
    answer.headers.filter { $0.key.hasPrefix("access-control-") || $0.key == "vary" }
}

@Suite struct `CORS of a function URL` {
    @Test(arguments: [
        (
            cors(),
            [
                "access-control-allow-origin": site, "vary": "Origin", "access-control-allow-methods": "GET,POST",
                "access-control-allow-headers": "x-a,x-b", "access-control-max-age": "60",
            ]
        ),
        (
            cors(origins: ["*"], methods: ["*"], headers: nil, age: nil),
            ["access-control-allow-origin": "*", "access-control-allow-methods": "*"]
        ),
        (
            cors(origins: ["*"], credentials: true, methods: nil, headers: nil, age: 0),
            [
                "access-control-allow-origin": site, "vary": "Origin", "access-control-allow-credentials": "true",
                "access-control-max-age": "0",
            ]
        ),
        (cors(origins: ["https://other.example"]), [:]), (cors(origins: nil), [:]),
    ]) func `answers a preflight without asking the function or for a signature`(
        config: FunctionURLRecord.CORS, expected: [String: String]
    ) async throws {
        try await FunctionURLFixture(authType: .iam, cors: config, statements: []).run(authentication: .sigV4) {
            server in
            let answer = try await server.callURL("OPTIONS", "/x", headers: question)
            #expect(answer.status == 200 && answer.body.isEmpty)
            #expect(corsHeaders(answer) == expected)
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `leaves OPTIONS to the function where there is no configuration, or no preflight`() async throws {
        try await FunctionURLFixture().run { server in
            let answer = try await server.callURL("OPTIONS", headers: question)
            #expect(answer.status == 200)
            #expect(server.sink.submissions == 1)
        }
        try await FunctionURLFixture(cors: cors()).run { server in
            let answer = try await server.callURL("OPTIONS", headers: ["Origin: \(site)"])
            #expect(answer.status == 200)
            #expect(server.sink.submissions == 1)
        }
    }

    @Test func `adds its headers beside the function's own`() async throws {
        let sink = FunctionURLFixture.answering(
            #"{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"},"body":""}"#)
        try await FunctionURLFixture(cors: cors(credentials: true)).run(sink: sink) { server in
            let answer = try await server.callURL(headers: ["Origin: \(site)"])
            let origins = answer.head.split(separator: "\r\n")
                .filter { $0.lowercased().hasPrefix("access-control-allow-origin:") }
            #expect(origins == ["Access-Control-Allow-Origin: *", "Access-Control-Allow-Origin: \(site)"])
            #expect(answer.header("Access-Control-Expose-Headers") == "x-c")
            #expect(answer.header("Access-Control-Allow-Credentials") == "true")
            #expect(answer.header("Access-Control-Allow-Methods") == nil)
        }
    }

    @Test(arguments: [[], ["Origin: https://other.example"]])
    func `adds nothing for other origins and where there is none`(headers: [String]) async throws {
        try await FunctionURLFixture(cors: cors()).run { server in
            let answer = try await server.callURL(headers: headers)
            #expect(corsHeaders(answer) == [:])
        }
    }

    @Test func `lets a page see why it was refused`() async throws {
        try await FunctionURLFixture(cors: cors(), statements: []).run { server in
            let answer = try await server.callURL(headers: ["Origin: \(site)"])
            #expect(answer.status == 403)
            #expect(answer.header("Access-Control-Allow-Origin") == site)
        }
    }
}
