import LambdaAPI
import LambdaCore
import SigV4
import TestSupport
import Testing

private let path = "/2015-03-31/functions/f/invocations"

@Suite struct `Invoke` {
    @Test func `gives the function's bytes back with AWS's headers`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("POST", path, body: #"{"a" : 1}"#)
            #expect(answer.status == 200)
            #expect(answer.text == #"{"a" : 1}"#)
            #expect(answer.header("X-Amz-Executed-Version") == "$LATEST")
            #expect(answer.header("x-amzn-Remapped-Content-Length") == "0")
            #expect(answer.header("Content-Type") == "application/json")
            #expect(answer.header("X-Amz-Function-Error") == nil)
            #expect(answer.header("X-Amz-Log-Result") == nil)
            #expect(RequestID(try #require(answer.header("x-amzn-RequestId"))) != nil)
            let trace = try #require(answer.header("X-Amzn-Trace-Id"))
            #expect(
                trace.wholeMatch(
                    of: /Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0/)
                    != nil)
        }
    }

    @Test func `hands on request id, ARN, trace, client context and the wish for the log`() async throws {
        let sink = FakeSink.holding()
        try await TestServer.run(sink: sink) { server in
            try await server.createFunction()
            let client = try await server.connect()
            let id = "8B0F1A3E-5C7D-4e2f-9A1B-0C2D4E6F8A1B"
            try await client.send(
                TestClient.text(
                    "POST", path,
                    headers: [
                        TestServer.authorization(), "x-amzn-RequestId: \(id)", "X-Amz-Log-Type: Tail",
                        "X-Amz-Client-Context: eyJrIjoxfQ==",
                        "X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1;Lineage=1:9581a8d4:3;Self=1",
                    ]))
            let held = try #require(await sink.nextHeld())
            let invocation = held.invocation
            #expect(invocation.requestID.text == id.lowercased())
            #expect(invocation.invokedARN == "arn:aws:lambda:us-east-1:123456789012:function:f")
            #expect(invocation.payload == Array("{}".utf8))
            #expect(invocation.clientContext == #"{"k":1}"#)
            #expect(invocation.wantsLogTail)
            #expect(
                invocation.traceHeader.wholeMatch(
                    of:
                        /Root=1-5759e988-bd862e3fe1be46a994272793;Parent=[0-9a-f]{16};Sampled=1;Lineage=1:9581a8d4:3\|[0-9a-f]{8}:0;Self=1/
                )
                    != nil)
            held.answer(
                .success(
                    InvocationAnswer(
                        payload: Array("{}".utf8), isFunctionError: true, executedVersion: "$LATEST",
                        logTail: Array("START".utf8))))
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.header("X-Amz-Function-Error") == "Unhandled")
            #expect(answer.header("X-Amz-Log-Result") == "U1RBUlQ=")
            #expect(answer.header("x-amzn-RequestId") == id.lowercased())
            #expect(answer.header("X-Amzn-Trace-Id") == invocation.traceHeader)
            try await client.close()
        }
    }

    @Test func `tells for which Cognito identity its caller's key stands, where it is signed`() async throws {
        let sink = FakeSink.holding()
        let store = try await PublishedFunction.store()
        try await TestServer.run(sink: sink, authentication: .sigV4, store: store) { server in
            let signature = RequestSigner.sign(
                method: "POST", path: path, headers: [("Host", "localhost")], body: [], service: "lambda",
                region: .standard,
                credentials: Credentials(
                    accessKeyID: "AKIDEXAMPLE", secretAccessKey: TestServer.secret, sessionToken: nil, expiration: nil),
                now: server.time.wallTime)
            async let answer = server.request("POST", path, headers: signature.map { "\($0.name): \($0.value)" })
            let held = try #require(await sink.nextHeld())
            #expect(
                held.invocation.cognitoIdentity?.json
                    == #"{"cognitoIdentityId":"us-east-1:0a-1b","cognitoIdentityPoolId":"us-east-1:2c-3d"}"#)
            held.answer(.success(InvocationAnswer(payload: [0x31], executedVersion: "$LATEST")))
            #expect(try await answer.status == 200)
        }
    }

    @Test(arguments: [
        "f", "f:$LATEST", "f%3A%24LATEST", "123456789012:function:f", "function:f",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af%3A%24LATEST", "f?Qualifier=%24LATEST",
        "f:$LATEST?Qualifier=%24LATEST",
    ]) func `finds the function under every form of its name`(name: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let parts = name.split(separator: "?", maxSplits: 1)
            let query = parts.count > 1 ? "?\(parts[1])" : ""
            let answer = try await server.request("POST", "/2015-03-31/functions/\(parts[0])/invocations\(query)")
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    @Test func `with DryRun checks and runs nothing`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let headers = [TestServer.authorization(), "X-Amz-Invocation-Type: DryRun"]
            let answer = try await server.request("POST", path, headers: headers)
            #expect(answer.status == 204)
            #expect(answer.body.isEmpty && answer.header("Content-Type") == nil)
            #expect(server.sink.submissions == 0)
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        var path = "/2015-03-31/functions/f/invocations"
        var headers: [String] = []
        var body = ""
        let status: Int
        let code: String
        let text: String
        var testDescription: String { self.name }
    }

    static let refusals = [
        Refusal(
            name: "an unknown function", path: "/2015-03-31/functions/g/invocations", status: 404,
            code: "ResourceNotFoundException",
            text:
                #"{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:g:$LATEST"}"#
        ),
        Refusal(
            name: "an unknown qualifier", path: "/2015-03-31/functions/f:live/invocations", status: 404,
            code: "ResourceNotFoundException",
            text:
                #"{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:live"}"#
        ),
        Refusal(
            name: "another region",
            path: "/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations",
            status: 404, code: "ResourceNotFoundException",
            text:
                #"{"Type":"User","Message":"Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"}"#
        ),
        Refusal(
            name: "another account",
            path: "/2015-03-31/functions/arn:aws:lambda:us-east-1:210987654321:function:f/invocations",
            status: 403, code: "AccessDeniedException", text: #"{"Message":null}"#),
        Refusal(
            name: "contradicting qualifiers", path: "/2015-03-31/functions/f:a/invocations?Qualifier=b", status: 400,
            code: "InvalidParameterValueException",
            text:
                #"{"Type":"User","message":"The derived qualifier from the function name does not match the specified qualifier."}"#
        ),
        Refusal(
            name: "an event", headers: ["X-Amz-Invocation-Type: Event"], status: 400,
            code: "InvalidParameterValueException",
            text:
                #"{"Type":"User","message":"Asynchronous invocation (InvocationType Event) is not available on this server yet. Use RequestResponse."}"#
        ),
        Refusal(
            name: "a request id that is no UUID", headers: ["x-amzn-RequestId: 1"], status: 400,
            code: "InvalidRequestContentException",
            text: #"{"Type":"User","message":"x-amzn-RequestId must be a UUID."}"#),
        Refusal(
            name: "a client context that is no base64", headers: ["X-Amz-Client-Context: {}"], status: 400,
            code: "InvalidRequestContentException",
            text: #"{"Type":"User","message":"Client context must be a valid Base64-encoded JSON object."}"#),
        Refusal(
            name: "a client context over the limit",
            headers: ["X-Amz-Client-Context: " + String(repeating: "A", count: 3_584)], status: 400,
            code: "InvalidRequestContentException",
            text: #"{"Type":"User","message":"Client context must be at most 3583 bytes when encoded in base64."}"#),
        Refusal(
            name: "a page of HTML", headers: ["Content-Type: text/html"], status: 415,
            code: "UnsupportedMediaTypeException",
            text:
                #"{"Type":"User","message":"Content type text/html is not supported: the payload of Invoke is JSON."}"#),
    ]

    @Test(arguments: refusals) func `refuses`(refusal: Refusal) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request(
                "POST", refusal.path, headers: [TestServer.authorization()] + refusal.headers, body: refusal.body)
            #expect(answer.status == refusal.status)
            #expect(answer.header("x-amzn-ErrorType") == refusal.code)
            #expect(answer.text == refusal.text)
            #expect(answer.header("x-amzn-RequestId") != nil)
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `refuses a payload that is no JSON in Jackson's words`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request("POST", path, body: "nope")
            #expect(answer.status == 400)
            #expect(answer.header("x-amzn-ErrorType") == "InvalidRequestContentException")
            let message = try #require(try answer.json()["message"]?.stringValue)
            #expect(message.hasPrefix("Could not parse request body into json: Could not parse payload into json: "))
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `refuses values that the model does not know, in the framework's words`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.request(
                "POST", path, headers: [TestServer.authorization(), "X-Amz-Invocation-Type: Later"])
            #expect(answer.status == 400)
            #expect(answer.header("x-amzn-ErrorType") == "ValidationException")
            #expect(
                answer.text.contains(
                    "Value 'Later' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set:"
                ))
        }
    }

    @Test func `of a function that is being made is a conflict`() async throws {
        let store = MemoryStore()
        try await store.put(
            FunctionRecord(
                key: try TestServer.key(), role: "r", runtime: "python3.11", handler: "a.b",
                code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start))
        try await TestServer.run(store: store) { server in
            let answer = try await server.request("POST", path)
            #expect(answer.status == 409)
            #expect(
                answer.text
                    == #"{"Type":"User","message":"The operation cannot be performed at this time. The function is currently in the following state: Pending"}"#
            )
        }
    }

    static let failures: [(InvocationFailure, Int, String, String)] = [
        (
            .throttled(.concurrentInvocations), 429, "TooManyRequestsException",
            #"{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#
        ),
        (
            .throttled(.reservedConcurrentInvocations), 429, "TooManyRequestsException",
            #"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#
        ),
        (
            .throttled(.invocationRate), 429, "TooManyRequestsException",
            #"{"Reason":"FunctionInvocationRateLimitExceeded","Type":"User","message":"Rate Exceeded."}"#
        ),
        (
            .throttled(.reservedInvocationRate), 429, "TooManyRequestsException",
            #"{"Reason":"ReservedFunctionInvocationRateLimitExceeded","Type":"User","message":"Rate Exceeded."}"#
        ),
        (
            .tooManyTenantEnvironments, 429, "TooManyRequestsException",
            #"{"Type":"User","message":"Rate exceeded"}"#
        ),
        (
            .startupTimedOut, 500, "ServiceException",
            #"{"Type":"Service","Message":"[ID] Timeout while starting up lambda environment for function f:$LATEST"}"#
        ),
        (
            .startFailed("mount: 13"), 500, "ServiceException",
            #"{"Type":"Service","Message":"[ID] Internal error while executing lambda f:$LATEST. Caused by mount: 13"}"#
        ),
        (
            .functionDeleted, 404, "ResourceNotFoundException",
            #"{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST"}"#
        ),
        (
            .shuttingDown, 503, "ServiceUnavailableException",
            #"{"Type":"Service","message":"The server is stopping. Try again."}"#
        ),
    ]

    @Test(arguments: failures) func `tells the platform's failures apart`(
        failure: (InvocationFailure, Int, String, String)
    ) async throws {
        try await TestServer.run(sink: FakeSink { _ in .failure(failure.0) }) { server in
            try await server.createFunction()
            let answer = try await server.request("POST", path)
            #expect(answer.status == failure.1)
            #expect(answer.header("x-amzn-ErrorType") == failure.2)
            let id = try #require(answer.header("x-amzn-RequestId"))
            #expect(answer.text == failure.3.replacing("ID", with: id))
        }
    }

    @Test func `over the payload limit is refused before the body is there`() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(
                "POST \(path) HTTP/1.1\r\nHost: h\r\n\(TestServer.authorization())\r\nContent-Length: 6291457\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 413)
            #expect(answer.header("x-amzn-ErrorType") == "RequestEntityTooLargeException")
            #expect(
                answer.text
                    == #"{"message":"6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)"}"#
            )
            #expect(answer.header("Connection") == "close")
            // The rest is read and thrown away for a while; on a slow machine the server does not wait for all of it.
            try? await client.send([UInt8](repeating: 0x20, count: 6_291_457))
            try await client.waitForEnd()
        }
    }

    @Test func `over the limit in chunks is refused as soon as it is over`() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(
                "POST \(path) HTTP/1.1\r\nHost: h\r\n\(TestServer.authorization())\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "600001\r\n")
            try await client.send([UInt8](repeating: 0x20, count: 0x600001))
            #expect(try await client.answer().status == 413)
            try await client.close()
        }
    }

    @Test func `of exactly the payload limit runs`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let body = "\"" + String(repeating: "x", count: 6_291_454) + "\""
            let answer = try await server.request("POST", path, body: body)
            #expect(answer.status == 200)
            #expect(answer.body.count == 6_291_456)
        }
    }
}
