import LambdaAPI
import LambdaCore
import Logging
import NIOCore
import NIOPosix
import SigV4
import TestSupport
import Testing

/// A whole server on a loopback port with fakes behind it.
struct TestServer: Sendable {
    static let account = "123456789012"
    static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    let api: APIServer
    let store: MemoryStore
    let code: FakeCodeStore
    let sink: FakeSink
    let time: ManualTime
    let port: Int

    /// Runs `body` against a server that is drained afterwards.
    static func run(
        sink: FakeSink = .echo(), authentication: APIConfiguration.Authentication = .none,
        store: MemoryStore = MemoryStore(), connections: Int = 100, bodies: Int = 100_000_000,
        events: (any EventAcceptor)? = nil,
        provisionedStatus: any ProvisionedStatusSource = FixedProvisionedStatus(),
        preparer: (any VersionPreparer)? = nil,
        catalog: FunctionCatalog = FunctionCatalog(), targeted: [any TargetedService] = [],
        draw: @escaping @Sendable () -> Double = { 0.5 },
        configure: (inout APIConfiguration) -> Void = { _ in },
        _ body: @Sendable (TestServer) async throws -> Void
    ) async throws {
        var configuration = APIConfiguration()
        configuration.authentication = authentication
        configuration.maximumConnections = connections
        configuration.bufferedBodyBytes = bodies
        configure(&configuration)
        let time = ManualTime()
        let book = CredentialBook()
        try book.replaceFileKeys(
            with: """
                [default]
                aws_access_key_id = AKIDEXAMPLE
                aws_secret_access_key = \(secret)
                aws_account_id = \(account)
                cognito_identity_id = us-east-1:0a-1b
                cognito_identity_pool_id = us-east-1:2c-3d
                """)
        let code = FakeCodeStore()
        let api = APIServer(
            configuration: configuration, store: store, code: code, sink: sink, runtimes: FakeRuntimes(),
            credentials: book, time: time, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            events: events, provisionedStatus: provisionedStatus, preparer: preparer, catalog: catalog,
            targeted: targeted, draw: draw)
        try await api.loadFunctions()
        let address = try await api.listen(host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton)
        let server = TestServer(
            api: api, store: store, code: code, sink: sink, time: time, port: try #require(address?.port))
        async let running: Void = api.run()
        do { try await body(server) } catch {
            await api.drain()
            await running
            throw error
        }
        await api.drain()
        await running
    }

    func connect() async throws -> TestClient { try await TestClient.connect(port: self.port) }

    /// One request on a connection of its own.
    func request(
        _ method: String, _ path: String, headers: [String] = [TestServer.authorization()], body: String = ""
    ) async throws -> TestAnswer {
        let client = try await self.connect()
        try await client.send(TestClient.text(method, path, headers: headers, body: body))
        let answer = try await client.answer()
        try await client.close()
        return answer
    }

    /// What a server without signatures reads: account and region.
    static func authorization(account: String = TestServer.account, region: String = "us-east-1") -> String {
        "Authorization: AWS4-HMAC-SHA256 Credential=\(account)/20260102/\(region)/lambda/aws4_request, "
            + "SignedHeaders=host, Signature=00"
    }

    /// Makes an active function through the API.
    func createFunction(_ name: String = "f", extra: String = "") async throws {
        let answer = try await self.request(
            "POST", "/2015-03-31/functions", body: TestServer.createBody(name, extra: extra))
        try #require(answer.status == 201, "\(answer.text)")
        try #require(await self.sink.nextEvent() != nil)
    }

    static func createBody(_ name: String = "f", extra: String = "") -> String {
        #"{"FunctionName":"\#(name)","Role":"arn:aws:iam::123456789012:role/r","Runtime":"python3.11","#
            + #""Handler":"a.b","Code":{"ZipFile":"UEs="}\#(extra)}"#
    }

    static func key(_ name: String = "f") throws -> FunctionKey {
        FunctionKey(
            account: try #require(AccountID(account)), region: .standard, name: try #require(FunctionName(name)))
    }
}

extension MemoryStore {
    /// Stores `$LATEST` as it is, past the API.
    func put(_ record: FunctionRecord) async throws {
        try await self.write { transaction in
            try transaction.put(LatestVersion(record))
            try transaction.put(FunctionProperties(key: record.key, userSlot: record.userSlot))
        }
    }
}
