import LambdaCore
import SigV4
import TestSupport
import Testing

@testable import LambdaAPI

private let forbidden =
    #"{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}"#

/// Headers that sign a request for the fixture's URL as a client does.
private func signed(
    _ method: String = "GET", path: String = "/", query: String = "", host: String = FunctionURLFixture.host,
    body: String = "", region: Region = .standard, key: String = "AKIDEXAMPLE", service: String = "lambda"
) -> [String] {
    let credentials = Credentials(
        accessKeyID: key, secretAccessKey: TestServer.secret, sessionToken: nil, expiration: nil)
    let added = RequestSigner.sign(
        method: method, path: path, query: query, headers: [("Host", host)], body: Array(body.utf8), service: service,
        region: region, credentials: credentials, now: ManualTime.start)
    return added.map { "\($0.name): \($0.value)" }
}

@Suite struct `A function URL without authentication` {
    @Test(arguments: [
        ([FunctionURLFixture.statement()], 200), ([], 403),
        ([FunctionURLFixture.statement(action: "lambda:InvokeFunction")], 403),
        ([FunctionURLFixture.statement(principal: #"{"AWS":"arn:aws:iam::123456789012:root"}"#)], 403),
        (
            [FunctionURLFixture.statement(condition: #"{"StringEquals":{"lambda:FunctionUrlAuthType":"AWS_IAM"}}"#)],
            403
        ),
        ([FunctionURLFixture.statement(alias: "live")], 403),
    ]) func `is open to everybody where its policy says so, and to nobody where not`(
        statements: [String], status: Int
    ) async throws {
        try await FunctionURLFixture(statements: statements).run(authentication: .sigV4) { server in
            let answer = try await server.callURL("POST", body: "text")
            #expect(answer.status == status)
            guard status == 403 else { return }
            #expect(answer.text == forbidden)
            #expect(answer.header("x-amzn-ErrorType") == "AccessDeniedException")
            #expect(answer.header("Content-Type") == "application/json")
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `can be made to need both permissions`() async throws {
        let key = try TestServer.key()
        let url = FunctionURLRecord(
            function: key, qualifier: "", id: "i", authType: .none, invokeMode: nil, cors: nil,
            created: ManualTime.start)
        let first = PolicyRecord.Statement(id: "1", json: FunctionURLFixture.statement())
        let second = PolicyRecord.Statement(
            id: "2",
            json: FunctionURLFixture.statement(
                action: "lambda:InvokeFunction", condition: #"{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}"#))
        for (statements, needsBoth, isAllowed) in [
            ([first], false, true), ([first], true, false), ([second], true, false), ([first, second], true, true),
        ] {
            let access = FunctionURLAccess(
                url: url, policy: ResourcePolicy(statements: statements), needsInvokePermission: needsBoth)
            #expect(access.allows(nil) == isAllowed)
        }
    }
}

@Suite struct `A function URL with AWS_IAM` {
    private static let fixture = FunctionURLFixture(authType: .iam, statements: [])

    @Test func `is called by whoever signs with a key of the account, and tells the function who`() async throws {
        try await Self.fixture.run(authentication: .sigV4) { server in
            let body = #"{"a":1}"#
            let headers = signed("POST", path: "/p%20q", query: "a=1", body: body)
            let answer = try await server.callURL(
                "POST", "/p%20q?a=1", headers: headers + ["Content-Type: application/json"], body: body)
            #expect(answer.status == 200, "\(answer.text)")
            let event = try answer.json()
            #expect(event["body"]?.stringValue == body)
            let context = try #require(event["requestContext"]?.objectValue)
            #expect(context["accountId"]?.stringValue == TestServer.account)
            let identity = try #require(context["authorizer"]?.objectValue?["iam"]?.objectValue)
            #expect(
                identity == [
                    "accessKey": .string("AKIDEXAMPLE"), "accountId": .string(TestServer.account),
                    "callerId": .string("default"), "cognitoIdentity": .null, "principalOrgId": .null,
                    "userArn": .string("arn:aws:iam::123456789012:user/default"), "userId": .string("default"),
                ])
            let seen = try #require(event["headers"]?.objectValue)
            #expect(seen["authorization"] == nil && seen["x-amz-date"] != nil)
        }
    }

    @Test func `can be signed by its path form, too`() async throws {
        try await Self.fixture.run(authentication: .sigV4) { server in
            let path = "/_lambdad/url/\(FunctionURLFixture.id)/x"
            let headers = signed(path: path, host: "localhost")
            let answer = try await server.callURL("GET", path, host: "localhost", headers: headers)
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    @Test func `refuses what is not signed, or not so`() async throws {
        try await Self.fixture.run(authentication: .sigV4) { server in
            let unsigned = try await server.callURL()
            #expect(unsigned.status == 403 && unsigned.text == forbidden)
            let cases: [([String], String, String)] = [
                (signed(path: "/other"), "InvalidSignatureException", "does not match the signature you provided"),
                (signed(key: "AKIDSTRANGER"), "UnrecognizedClientException", "security token included in the request"),
                (signed(service: "execute-api"), "InvalidSignatureException", "correct service: 'lambda'"),
                (signed(region: Region("eu-west-1") ?? .standard), "InvalidSignatureException", "valid region"),
            ]
            for (headers, code, text) in cases {
                let answer = try await server.callURL(headers: headers)
                #expect(answer.status == 403)
                #expect(answer.header("x-amzn-ErrorType") == code)
                #expect(answer.text.contains(text), "\(answer.text)")
            }
            #expect(server.sink.submissions == 0)
        }
    }

    @Test(arguments: [
        ([], false), ([#"{"AWS":"arn:aws:iam::222222222222:root"}"#], true), ([#""*""#], true),
        ([#"{"AWS":"arn:aws:iam::333333333333:root"}"#], false),
    ]) func `is open to another account only by the policy`(principals: [String], isAllowed: Bool) throws {
        let url = FunctionURLRecord(
            function: try TestServer.key(), qualifier: "", id: "i", authType: .iam, invokeMode: nil, cors: nil,
            created: ManualTime.start)
        let statements = principals.map {
            PolicyRecord.Statement(
                id: "s",
                json: FunctionURLFixture.statement(
                    principal: $0, condition: #"{"StringEquals":{"lambda:FunctionUrlAuthType":"AWS_IAM"}}"#))
        }
        let access = FunctionURLAccess(
            url: url, policy: ResourcePolicy(statements: statements), needsInvokePermission: false)
        let stranger = Caller(
            account: try #require(AccountID("222222222222")), region: .standard, accessKeyID: "AKID",
            arn: "arn:aws:iam::222222222222:user/u")
        #expect(access.allows(stranger) == isAllowed)
    }

    @Test func `is closed to its own account where the policy denies`() throws {
        let url = FunctionURLRecord(
            function: try TestServer.key(), qualifier: "", id: "i", authType: .iam, invokeMode: nil, cors: nil,
            created: ManualTime.start)
        let deny = FunctionURLFixture.statement(condition: "{}").replacing("Allow", with: "Deny")
        let owner = Caller(
            account: try #require(AccountID(TestServer.account)), region: .standard, accessKeyID: "AKID",
            arn: "arn:aws:iam::123456789012:user/u")
        for (statements, isAllowed) in [([], true), ([PolicyRecord.Statement(id: "s", json: deny)], false)] {
            let access = FunctionURLAccess(
                url: url, policy: ResourcePolicy(statements: statements), needsInvokePermission: false)
            #expect(access.allows(owner) == isAllowed)
        }
    }
}

@Suite struct `A request for a function URL` {
    @Test(arguments: [
        "0123456789abcdefghijklmnopqrstuv.lambda-url.us-east-1.localhost",
        FunctionURLFixture.host.replacing("us-east-1", with: "eu-west-1"),
    ]) func `is denied without a word where there is no such URL`(host: String) async throws {
        try await FunctionURLFixture().run { server in
            let answer = try await server.callURL(host: host)
            #expect(answer.status == 403)
            #expect(answer.text == #"{"Message":null}"#)
            #expect(answer.header("Content-Type") == "application/json")
            #expect(answer.header("x-amzn-ErrorType") == "AccessDeniedException")
            #expect(try await server.callURL("GET", "/_lambdad/url/none/x", host: "localhost").status == 403)
        }
    }

    @Test func `is denied once the function is gone`() async throws {
        try await FunctionURLFixture().run { server in
            #expect(try await server.callURL().status == 200)
            #expect(try await server.request("DELETE", "/2015-03-31/functions/f").status == 204)
            let answer = try await server.callURL()
            #expect(answer.status == 403 && answer.text == #"{"Message":null}"#)
        }
    }

    @Test func `is forbidden once the alias is gone`() async throws {
        let statements = [FunctionURLFixture.statement(alias: "live")]
        try await FunctionURLFixture(alias: "live", statements: statements).run { server in
            let answer = try await server.callURL()
            #expect(answer.status == 200, "\(answer.text)")
        }
        try await FunctionURLFixture(alias: "live", aliasExists: false, statements: statements).run { server in
            let answer = try await server.callURL()
            #expect(answer.status == 403 && answer.text == forbidden)
            #expect(answer.header("x-amzn-ErrorType") == "AccessDeniedException")
        }
    }

    @Test func `reaches the function with the ARN that the URL belongs to and its own request id`() async throws {
        let sink = FakeSink.holding()
        let fixture = FunctionURLFixture(alias: "live", statements: [FunctionURLFixture.statement(alias: "live")])
        try await fixture.run(sink: sink) { server in
            async let answer = server.callURL()
            let held = try #require(await sink.nextHeld())
            #expect(held.invocation.invokedARN == "arn:aws:lambda:us-east-1:123456789012:function:f:live")
            held.answer(
                .success(InvocationAnswer(payload: Array("1".utf8), executedVersion: FunctionRecord.latest)))
            #expect(try await answer.header("x-amzn-RequestId") == held.invocation.requestID.text)
        }
    }

    @Test(arguments: [(0.2, "2"), (0.3, "1")])
    func `runs the version that the alias draws`(draw: Double, version: String) async throws {
        let fixture = FunctionURLFixture(alias: "live", statements: [FunctionURLFixture.statement(alias: "live")])
        let store = try await fixture.store()
        let key = try TestServer.key()
        try await store.write { transaction in
            for number in ["1", "2"] {
                var record = FunctionRecord(
                    key: key, role: "r", runtime: "python3.11", handler: "a.b",
                    code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start)
                record.version = number
                record.state = .active
                try transaction.put(PublishedVersion(record))
            }
            try transaction.put(
                AliasRecord(
                    function: key, name: "live", version: "1", summary: "", additionalWeights: ["2": 0.25],
                    revisionID: "a"))
        }
        let sink = FakeSink {
            .success(
                InvocationAnswer(
                    payload: Array(#""\#($0.function.version)""#.utf8), executedVersion: $0.function.version))
        }
        try await TestServer.run(sink: sink, store: store, draw: { draw }) { server in
            let answer = try await server.callURL()
            #expect(answer.text == version)
        }
    }

    @Test func `is throttled where the reserved concurrency is 0`() async throws {
        try await FunctionURLFixture(reservedConcurrency: 0).run { server in
            let answer = try await server.callURL()
            #expect(answer.status == 429)
            #expect(answer.header("x-amzn-ErrorType") == "TooManyRequestsException")
            #expect(
                answer.text
                    == #"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#
            )
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `waits for nothing where the function is not active yet`() async throws {
        try await FunctionURLFixture(state: .pending).run { server in
            let answer = try await server.callURL()
            #expect(answer.status == 409)
        }
    }

    @Test func `may have a body of 6 MiB and no byte more`() async throws {
        try await FunctionURLFixture().run(sink: FunctionURLFixture.answering("1")) { server in
            let largest = String(repeating: "x", count: Limits.synchronousPayloadBytes)
            let taken = try await server.callURL("POST", headers: ["Content-Type: text/plain"], body: largest)
            #expect(taken.status == 200)
            let told = try await server.callURL("POST", headers: ["Content-Length: 6291457"])
            #expect(told.status == 413)
            #expect(told.header("x-amzn-ErrorType") == "RequestEntityTooLargeException")
            let client = try await server.connect()
            try await client.send(
                "POST / HTTP/1.1\r\nHost: \(FunctionURLFixture.host)\r\nTransfer-Encoding: chunked\r\n\r\n600001\r\n"
                    + largest + "x\r\n0\r\n\r\n")
            #expect(try await client.answer().status == 413)
            try await client.close()
        }
    }

    @Test(arguments: [
        (FunctionURLRecord.AuthType.none, [FunctionURLFixture.statement()], 200), (.none, [], 403), (.iam, [], 403),
    ]) func `has a large body taken only where it may call`(
        authType: FunctionURLRecord.AuthType, statements: [String], status: Int
    ) async throws {
        let fixture = FunctionURLFixture(authType: authType, statements: statements)
        try await fixture.run(sink: FunctionURLFixture.answering("1"), authentication: .sigV4) { server in
            let client = try await server.connect()
            try await client.send(
                "POST / HTTP/1.1\r\nHost: \(FunctionURLFixture.host)\r\nContent-Length: 5000000\r\n"
                    + "Expect: 100-continue\r\n\r\n")
            let first = try await client.answer()
            #expect(first.status == (status == 200 ? 100 : status))
            if status == 200 {
                try await client.send(String(repeating: "x", count: 5_000_000))
                #expect(try await client.answer().status == 200)
            }
            try await client.close()
        }
    }
}
