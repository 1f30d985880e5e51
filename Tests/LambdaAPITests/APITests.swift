import LambdaAPI
import LambdaCore
import SigV4
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"

@Suite struct `The API` {
    @Test(arguments: [
        ("GET", "/"), ("GET", "/2015-03-31/nothing"), ("PATCH", "/2015-03-31/functions"), ("POST", "/_lambdad/health"),
    ])
    func `answers an unknown path or method as AWS's front end does`(method: String, path: String) async throws {
        try await TestServer.run { server in
            let answer = try await server.request(method, path)
            #expect(answer.status == 404)
            #expect(answer.text == "<UnknownOperationException/>\n")
            #expect(answer.body.count == 29)
            #expect(answer.header("x-amzn-RequestId") != nil)
        }
    }

    @Test func `names the operation that it does not have yet`() async throws {
        try await TestServer.run { server in
            let answer = try await server.request("GET", "/2025-11-30/capacity-providers")
            #expect(answer.status == 501)
            #expect(answer.header("x-amzn-ErrorType") == "NotImplementedException")
            #expect(
                answer.text
                    == #"{"Type":"Service","message":"The operation ListCapacityProviders is not available on this server yet."}"#
            )
        }
    }

    @Test func `is healthy without a signature`() async throws {
        try await TestServer.run(authentication: .sigV4) { server in
            let answer = try await server.request("GET", "/_lambdad/health", headers: [])
            #expect(answer.status == 200)
            #expect(answer.text == #"{"status":"ok","functions":0}"#)
        }
    }

    @Test func `hides the store's own words and stays up`() async throws {
        try await TestServer.run { server in
            server.store.fail(with: .failed("disk I/O error at /var/lib/x"))
            let answer = try await server.request("POST", functions, body: TestServer.createBody())
            #expect(answer.status == 500)
            #expect(
                answer.text
                    == #"{"Type":"Service","Message":"An error occurred and the request cannot be processed."}"#)
            #expect(try await server.request("GET", "/_lambdad/health").status == 200)
        }
    }

    @Test(arguments: ["GET \(functions)", "POST \(functions)/f/invocations", "POST \(functions)/f/versions"])
    func `wants a signature where it is told to`(line: String) async throws {
        try await TestServer.run(authentication: .sigV4) { server in
            let parts = line.split(separator: " ").map { String($0) }
            let unsigned = try await server.request(parts[0], parts[1], headers: [])
            #expect(unsigned.status == 403)
            #expect(unsigned.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException")
            #expect(unsigned.text == #"{"message":"Missing Authentication Token"}"#)
            let signature = RequestSigner.sign(
                method: parts[0], path: parts[1], headers: [("Host", "localhost")], body: [], service: "lambda",
                region: .standard,
                credentials: Credentials(
                    accessKeyID: "AKIDEXAMPLE", secretAccessKey: TestServer.secret, sessionToken: nil, expiration: nil),
                now: server.time.wallTime)
            let headers = signature.map { "\($0.name): \($0.value)" }
            #expect(try await server.request(parts[0], parts[1], headers: headers).status != 403)
            let other = try await server.request(parts[0], parts[1], headers: headers, body: "{}")
            #expect(other.status == 403)
            #expect(other.header("x-amzn-ErrorType") == "InvalidSignatureException")
            #expect(other.body.count == 192)
        }
    }

    @Test func `has one shape for each error code`() {
        let lowerCase: Set<ErrorCode> = [
            .codeStorageExceeded, .invalidParameterValue, .invalidRequestContent, .preconditionFailed,
            .resourceConflict,
            .tooManyRequests, .unsupportedMediaType,
        ]
        for code in ErrorCode.allCases {
            let shape = code.shape
            #expect((400..<600).contains(shape.status))
            if lowerCase.contains(code) { #expect(shape.messageKey == "message" && shape.fault == .user) }
            if let fault = shape.fault { #expect((fault == .service) == (shape.status >= 500)) }
        }
        #expect(ErrorCode.resourceNotFound.shape.messageKey == "Message")
        #expect(ErrorCode.service.shape.messageKey == "Message")
    }
}
