import Engine
import LambdaCore
import NIOHTTP1
import Testing

/// An environment of a function with a layer, up to the start of its extensions.
struct ExtensionFixture {
    let engine: EngineFixture
    let function: FunctionRecord
    let answer: Task<Result<InvocationAnswer, InvocationFailure>, Never>
    let sandbox: FakeSandbox
    /// Tags of the extensions' processes, in the order of their names.
    private(set) var tags: [UInt32] = []

    /// - Parameter names: Files in `/opt/extensions`.
    init(_ names: [String], timeout: Int = 30, settings: EngineSettings = EngineSettings()) async throws {
        self.engine = EngineFixture(settings)
        self.engine.launcher.hasExtensions()
        var function = try self.engine.function(timeout: timeout)
        function.layers = [.init(versionARN: "arn:aws:lambda:us-east-1:000000000000:layer:l:1", code: function.code)]
        self.function = function
        self.answer = self.engine.invoke(function)
        self.sandbox = try #require(await self.engine.launcher.nextSandbox())
        try await self.extensionsStart(names)
    }

    /// Plays init's part of an init: lists the files, takes the starts.
    mutating func extensionsStart(_ names: [String], isListed: Bool = true) async throws {
        if isListed {
            #expect(await self.sandbox.nextCommand() == .list(tag: 1))
            #expect(await self.sandbox.nextCommand() == .list(tag: 2))
            self.sandbox.reportFiles(tag: 1, names.reversed(), errno: names.isEmpty ? 2 : 0)
            self.sandbox.reportFiles(tag: 2, [], errno: 2)
            if !names.isEmpty { #expect(await self.sandbox.nextCommand() == .log) }
        }
        self.tags = []
        for _ in names {
            guard case .startExtension(let tag)? = await self.sandbox.nextCommand() else {
                Issue.record("an extension was not started")
                return
            }
            self.tags.append(tag)
        }
    }

    /// A client of its own for each: an extension waits in its connection.
    func client() async throws -> ExtensionClient { ExtensionClient(runtime: try await self.sandbox.runtime()) }

    func runtimeStarts(tag: UInt32 = 1) async { #expect(await self.sandbox.nextCommand() == .start(tag: tag)) }
}

/// An extension that speaks to its API.
struct ExtensionClient {
    let runtime: FakeRuntime

    func register(
        _ name: String, _ events: String = "[\"INVOKE\",\"SHUTDOWN\"]", headers: [(String, String)] = []
    ) async throws -> String {
        let reply = try await self.registration(name, "{\"events\":\(events)}", headers: headers)
        #expect(reply.status == 200, "\(reply.text)")
        return try #require(reply.headers.first(name: "Lambda-Extension-Identifier"))
    }

    func registration(
        _ name: String, _ body: String, headers: [(String, String)] = []
    ) async throws -> FakeRuntime.Reply {
        try await self.runtime.call(
            "POST", "/2020-01-01/extension/register", headers: [("Lambda-Extension-Name", name)] + headers,
            body: Array(body.utf8))
    }

    func next(_ id: String) async throws -> FakeRuntime.Reply {
        try await self.runtime.call(
            "GET", "/2020-01-01/extension/event/next", headers: [("Lambda-Extension-Identifier", id)])
    }

    func reportError(_ phase: String, _ id: String, type: String? = "Extension.Mine") async throws -> FakeRuntime.Reply
    {
        try await self.runtime.call(
            "POST", "/2020-01-01/extension/\(phase)/error",
            headers: [("Lambda-Extension-Identifier", id)]
                + (type.map { [("Lambda-Extension-Function-Error-Type", $0)] } ?? []))
    }

    func subscribe(_ id: String, _ body: String, path: String = "/2022-07-01/telemetry") async throws
        -> FakeRuntime.Reply
    {
        try await self.runtime.call(
            "PUT", path, headers: [("Lambda-Extension-Identifier", id)], body: Array(body.utf8))
    }
}

extension FakeRuntime {
    /// Takes the next event and answers it; gives the event's id.
    @discardableResult
    func answerNext(_ body: String = "1") async throws -> String {
        let id = try #require(try await self.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await self.respond(id, body)
        return id
    }
}
