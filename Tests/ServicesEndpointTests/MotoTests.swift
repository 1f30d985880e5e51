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
