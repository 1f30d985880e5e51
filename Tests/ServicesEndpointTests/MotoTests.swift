import LambdaCore
import NIOPosix
import ServicesEndpoint
import Testing

@Suite(.enabled(if: MotoServer.isExpected, "moto is not installed; pip install 'moto[server]'"))
struct `The services endpoint, played by moto` {
    @Test func `gives role credentials, directly and through a relay`() async throws {
        let moto = try await MotoServer()
        defer { moto.stop() }
        try await self.expectCredentials(from: moto.address)

        let listener = try ListeningSocket()
        let relay = EndpointRelay(
            listener: listener.descriptor, target: moto.address, group: .singletonMultiThreadedEventLoopGroup)
        try await relay.start()
        try await self.expectCredentials(from: ServicesEndpointAddress(host: "127.0.0.1", port: listener.port))
        await relay.close()
    }

    @Test func `gives objects, old versions of them, and S3's own words for what is not there`() async throws {
        let moto = try await MotoServer()
        defer { moto.stop() }
        let versions = try moto.run(
            """
            s3 = client('s3')
            s3.create_bucket(Bucket='bucket')
            s3.put_bucket_versioning(Bucket='bucket', VersioningConfiguration={'Status': 'Enabled'})
            for body in (b'first', b'second'):
                print(s3.put_object(Bucket='bucket', Key='a b/c+d é.zip', Body=body)['VersionId'])
            s3.put_object(Bucket='bucket', Key='large', Body=b'x' * 1_000_000)
            """
        ).split(separator: "\n").map { String($0) }
        let objects = S3Objects(
            endpoint: moto.address,
            serviceCredentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: nil, expiration: nil),
            group: .singletonMultiThreadedEventLoopGroup, time: SystemTime())
        func text(
            _ bucket: String, _ key: String, version: String? = nil, limit: Int = 1_000_000
        ) async throws(ObjectFetchError) -> String {
            let bytes = try await objects.object(
                bucket: bucket, key: key, version: version, region: .standard, limit: limit)
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(try await text("bucket", "a b/c+d é.zip") == "second")
        let first = try #require(versions.first)
        #expect(try await text("bucket", "a b/c+d é.zip", version: first) == "first")
        #expect(try await text("bucket", "large").utf8.count == 1_000_000)
        await #expect(throws: ObjectFetchError.tooLarge(limit: 999_999)) {
            try await text("bucket", "large", limit: 999_999)
        }
        await #expect(
            throws: ObjectFetchError.refused(code: "NoSuchKey", message: "The specified key does not exist.")
        ) { try await text("bucket", "none") }
        await #expect(
            throws: ObjectFetchError.refused(code: "NoSuchBucket", message: "The specified bucket does not exist")
        ) { try await text("elsewhere", "none") }
    }

    private func expectCredentials(from address: ServicesEndpointAddress) async throws {
        let now = SystemTime()
        let provider = STSRoleCredentials(
            endpoint: address,
            serviceCredentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: nil, expiration: nil),
            group: .singletonMultiThreadedEventLoopGroup, time: now, totalTimeout: .seconds(60))
        let name = try #require(FunctionName("f"))
        let region = try #require(Region("eu-west-1"))

        let credentials = try await provider.credentials(
            role: "arn:aws:iam::123456789012:role/lambda", account: .standard, region: region,
            sessionName: RoleSessionName.forFunction(name), duration: .seconds(43_200))

        #expect(credentials.accessKeyID.hasPrefix("ASIA"))
        #expect(credentials.secretAccessKey.isEmpty == false)
        #expect(credentials.sessionToken?.isEmpty == false)
        let left = try #require(credentials.expiration).milliseconds - now.wallTime.milliseconds
        #expect((43_100_000...43_201_000).contains(left))
    }
}

private struct SystemTime: TimeSource {
    var now: Instant { Instant(nanoseconds: 0) }
    var wallTime: WallTime { WallTime(milliseconds: ListeningSocket.wallClockMilliseconds) }
}
