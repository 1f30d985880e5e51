import LambdaCore
import NIOHTTP1
import NIOPosix
import ServicesEndpoint
import SigV4
import Testing

extension S3Objects {
    static func test(_ address: ServicesEndpointAddress, total: Duration = .seconds(60)) -> S3Objects {
        S3Objects(
            endpoint: address,
            serviceCredentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: "hidden", sessionToken: nil, expiration: nil),
            group: .singletonMultiThreadedEventLoopGroup, time: FixedTime(), totalTimeout: total)
    }

    func ask(version: String? = nil, limit: Int = 100) async throws(ObjectFetchError) -> [UInt8] {
        try await self.object(bucket: "b", key: "k/a b", version: version, region: .standard, limit: limit)
    }
}

@Suite struct `An object of S3` {
    @Test func `is asked for by a signed GET of its path`() async throws {
        let server = try await LoopbackHTTPServer(.answer(status: 200, body: "bytes"))
        #expect(try await S3Objects.test(server.address).ask(version: "v+1") == Array("bytes".utf8))
        let request = try #require(server.seen.first)
        #expect(request.head.method == .GET)
        #expect(request.head.uri == "/b/k/a%20b?versionId=v%2B1")
        #expect(request.head.headers["Content-Length"].isEmpty)
        #expect(request.head.headers["X-Amz-Content-Sha256"] == [BodyHash.ofNothing])
        let authorization = try #require(request.head.headers.first(name: "Authorization"))
        #expect(
            authorization.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/s3/aws4_request, "
                    + "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "))
        try await server.close()
    }

    /// Calculated with botocore's S3SigV4Auth: S3 signs the path as it is sent, dot segments included.
    @Test func `is signed as S3 wants it`() throws {
        let headers = RequestSigner.sign(
            method: "GET", path: "/bucket/a%20b/../c%2Bd%20%C3%A9.zip", query: "versionId=v%2B1",
            headers: [("Host", "127.0.0.1:5000"), ("X-Amz-Content-Sha256", BodyHash.ofNothing)], body: [],
            service: "s3", region: try #require(Region("eu-west-1")),
            credentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: "hidden", sessionToken: nil, expiration: nil),
            now: FixedTime().wallTime)
        #expect(
            headers.last?.value.hasSuffix(
                "Signature=648feb8e21ebb1d7459eb30ddfec33168b96de1148da6f9240249095a950631e") == true)
    }

    @Test(arguments: [(100, true), (99, false)]) func `is given whole or not at all`(
        limit: Int, isGiven: Bool
    ) async throws {
        let body = String(repeating: "x", count: 100)
        let server = try await LoopbackHTTPServer(.answer(status: 200, body: body))
        if isGiven {
            #expect(try await S3Objects.test(server.address).ask(limit: limit).count == 100)
        } else {
            await #expect(throws: ObjectFetchError.tooLarge(limit: limit)) {
                try await S3Objects.test(server.address).ask(limit: limit)
            }
        }
        try await server.close()
    }

    @Test func `is refused with the code and message of the service`() async throws {
        let body = """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>r</RequestId></Error>
            """
        let server = try await LoopbackHTTPServer(.answer(status: 403, body: body))
        // An error document may be longer than the object could be.
        await #expect(throws: ObjectFetchError.refused(code: "AccessDenied", message: "Access Denied")) {
            try await S3Objects.test(server.address).ask(limit: 1)
        }
        try await server.close()
    }

    static let unusable: [LoopbackHTTPServer.Behaviour] = [
        .answer(status: 404, body: "<html></html>"), .answer(status: 403, body: ""), .answer(status: 204, body: ""),
        .answer(status: 500, body: "<Error><Code>InternalError</Code></Error>"), .silence, .cut, .close, .noise,
    ]

    @Test(arguments: unusable) func `is unavailable where the answer cannot be used`(
        behaviour: LoopbackHTTPServer.Behaviour
    ) async throws {
        let server = try await LoopbackHTTPServer(behaviour)
        let isSilent = if case .silence = behaviour { true } else { false }
        let objects = S3Objects.test(server.address, total: isSilent ? .milliseconds(50) : .seconds(60))
        let error = await #expect(throws: ObjectFetchError.self) { try await objects.ask(limit: 10_000) }
        guard case .unavailable(let text) = error else {
            Issue.record("another error was expected: \(String(describing: error))")
            return
        }
        #expect(!text.contains("hidden"))
        try await server.close()
    }
}
