import Glibc
import LambdaCore
import NIOHTTP1
import NIOPosix
import ServicesEndpoint
import Testing

struct FixedTime: TimeSource {
    var now: Instant { Instant(nanoseconds: 0) }
    /// 2026-01-02T03:04:05Z.
    var wallTime: WallTime { WallTime(milliseconds: 1_767_323_045_000) }
}

extension STSRoleCredentials {
    static func test(_ address: ServicesEndpointAddress, total: Duration = .seconds(60)) -> STSRoleCredentials {
        STSRoleCredentials(
            endpoint: address,
            serviceCredentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: "hidden", sessionToken: nil, expiration: nil),
            group: .singletonMultiThreadedEventLoopGroup, time: FixedTime(), totalTimeout: total)
    }

    func ask(duration: Duration = .seconds(43_200)) async throws(RoleCredentialsError) -> Credentials {
        try await self.credentials(
            role: "arn:aws:iam::000000000000:role/a+b", account: .standard, region: .standard, sessionName: "f@x",
            duration: duration)
    }
}

@Suite struct `Role credentials from STS` {
    private static let good = """
        <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
          <AssumedRoleUser><AssumedRoleId>AROA:f</AssumedRoleId>
            <Arn>arn:aws:sts::0:assumed-role/r/f</Arn></AssumedRoleUser>
          <Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s/e+c=</SecretAccessKey>
            <SessionToken>t&amp;k</SessionToken><Expiration>2026-01-02T15:04:05.678Z</Expiration></Credentials>
        </AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>
        """

    @Test func `are what the answer holds`() async throws {
        let server = try await LoopbackHTTPServer(.answer(status: 200, body: Self.good))
        let credentials = try await STSRoleCredentials.test(server.address).ask()
        #expect(
            credentials
                == Credentials(
                    accessKeyID: "ASIA1", secretAccessKey: "s/e+c=", sessionToken: "t&k",
                    expiration: WallTime(milliseconds: 1_767_366_245_678)))
        try await server.close()
    }

    @Test func `are asked for by a signed form`() async throws {
        let server = try await LoopbackHTTPServer(.answer(status: 200, body: Self.good))
        _ = try await STSRoleCredentials.test(server.address).ask()
        let request = try #require(server.seen.first)
        #expect(request.head.method == .POST)
        #expect(request.head.uri == "/")
        #expect(
            request.body
                == "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fa%2Bb"
                + "&RoleSessionName=f%40x&DurationSeconds=43200")
        #expect(request.head.headers["Host"] == [server.address.authority])
        #expect(request.head.headers["X-Amz-Date"] == ["20260102T030405Z"])
        let authorization = try #require(request.head.headers.first(name: "Authorization"))
        #expect(
            authorization.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/sts/aws4_request, "
                    + "SignedHeaders=content-type;host;"
            ))
        #expect(!authorization.contains("hidden"))
        try await server.close()
    }

    @Test(arguments: [(0, 900), (900, 900), (3_600, 3_600), (43_201, 43_200), (.max, 43_200)] as [(Int64, Int)])
    func `are asked for as long as STS allows`(_ wanted: Int64, _ asked: Int) async throws {
        let server = try await LoopbackHTTPServer(.answer(status: 200, body: Self.good))
        _ = try await STSRoleCredentials.test(server.address).ask(duration: .seconds(wanted))
        #expect(server.seen.first?.body.hasSuffix("&DurationSeconds=\(asked)") == true)
        try await server.close()
    }

    @Test func `are refused with the code and message of the service`() async throws {
        let body = """
            <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
            <Code>AccessDenied</Code><Message>not &quot;you&quot;</Message></Error>
            <RequestId>r</RequestId></ErrorResponse>
            """
        let server = try await LoopbackHTTPServer(.answer(status: 403, body: body))
        await #expect(throws: RoleCredentialsError.refused(code: "AccessDenied", message: "not \"you\"")) {
            try await STSRoleCredentials.test(server.address).ask()
        }
        try await server.close()
    }

    @Test(arguments: [
        (200, ""), (200, "{}"), (200, "<AssumeRoleResponse/>"),
        (200, Self.good.replacing("ASIA1", with: "")), (200, Self.good.replacing("Expiration>", with: "Expires>")),
        (200, Self.good.replacing("2026-01-02", with: "tomorrow ")),
        (200, Self.good.replacing("AssumeRoleResponse", with: "GetSessionTokenResponse")),
        (403, "no"), (404, "<html></html>"),
        (500, "<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>"),
        (302, ""), (200, String(repeating: " ", count: 1_048_577)),
    ])
    func `are unavailable where the answer cannot be used`(_ status: Int, _ body: String) async throws {
        let server = try await LoopbackHTTPServer(.answer(status: status, body: body))
        let error = await #expect(throws: RoleCredentialsError.self) {
            try await STSRoleCredentials.test(server.address).ask()
        }
        guard case .unavailable(let text) = error else {
            Issue.record("another error was expected: \(String(describing: error))")
            return
        }
        #expect(!text.contains("s/e+c="), "an error must not show a secret")
        try await server.close()
    }

    @Test(arguments: [LoopbackHTTPServer.Behaviour.cut, .close, .noise])
    func `are unavailable where the answer is not whole`(_ behaviour: LoopbackHTTPServer.Behaviour) async throws {
        let server = try await LoopbackHTTPServer(behaviour)
        let error = await #expect(throws: RoleCredentialsError.self) {
            try await STSRoleCredentials.test(server.address).ask()
        }
        guard case .unavailable = error else {
            Issue.record("another error was expected: \(String(describing: error))")
            return
        }
        try await server.close()
    }

    @Test func `are not waited for beyond the limit`() async throws {
        let server = try await LoopbackHTTPServer(.silence)
        await #expect(throws: RoleCredentialsError.unavailable("no whole answer came within 0.05 seconds")) {
            try await STSRoleCredentials.test(server.address, total: .milliseconds(50)).ask()
        }
        try await server.close()
    }

    @Test func `are not waited for by a task that is cancelled`() async throws {
        let server = try await LoopbackHTTPServer(.silence)
        let task = Task { () async throws -> Credentials in
            try await STSRoleCredentials.test(server.address).ask()
        }
        task.cancel()
        await #expect(throws: RoleCredentialsError.unavailable("the request was cancelled")) { try await task.value }
        try await server.close()
    }

    @Test func `are unavailable where nobody listens`() async throws {
        // Bound, so that no other test gets the port, and not listening.
        let socket = try ListeningSocket(listens: false)
        defer { close(socket.descriptor) }
        let address = try ServicesEndpointAddress(parsing: "http://127.0.0.1:\(socket.port)")
        let error = await #expect(throws: RoleCredentialsError.self) {
            try await STSRoleCredentials.test(address).ask()
        }
        guard case .unavailable(let text) = error else {
            Issue.record("another error was expected: \(String(describing: error))")
            return
        }
        #expect(text.contains(address.authority))
    }
}
