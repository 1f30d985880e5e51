import Engine
import LambdaCore
import NIOHTTP1
import Testing

extension FakeRuntime {
    /// Answers the next event and asks for more. Returns the request's id.
    @discardableResult
    fileprivate func serve(_ body: String) async throws -> String {
        let id = try #require(try await self.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await self.respond(id, body)
        _ = Task { try await self.next() }
        return id
    }
}

@Suite struct `The versions of a function` {
    @Test func `have environments of their own, and each tells its version`() async throws {
        let engine = EngineFixture()
        for version in ["$LATEST", "1", "2"] {
            let answer = engine.invoke(try engine.function(generation: 3, version: version), tail: true)
            let sandbox = try #require(await engine.launcher.nextSandbox())
            let id = try await sandbox.runtime().serve("\"\(version)\"")
            let result = try await answer.value.get()
            #expect(result.payload == Array("\"\(version)\"".utf8))
            #expect(result.executedVersion == version)
            let entries = engine.log.all.filter { $0.source.environment == sandbox.environment }
            #expect(entries.contains { $0.message == Array("START RequestId: \(id) Version: \(version)".utf8) })
            #expect(entries.allSatisfy { $0.source.version == version })
            #expect(entries.allSatisfy { $0.source.logStream.hasSuffix("/[\(version)]\(sandbox.environment)") })
        }
    }

    @Test func `live on when another is updated`() async throws {
        let engine = EngineFixture()
        let published = try engine.function(generation: 2, version: "1")
        let first = engine.invoke(published)
        let kept = try #require(await engine.launcher.nextSandbox())
        let runtime = try await kept.runtime()
        let firstID = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(firstID, "1")
        let waiting = Task { try await runtime.next() }
        _ = try await first.value.get()

        let latest = engine.invoke(try engine.function(generation: 1))
        let replaced = try #require(await engine.launcher.nextSandbox())
        try await replaced.runtime().serve("2")
        _ = try await latest.value.get()
        engine.plane.functionChanged(try engine.function(generation: 3))
        #expect(await engine.nextStopped() == replaced.environment)

        // The published one's environment is still there, and takes the next.
        let again = engine.invoke(published)
        let id = try #require(try await waiting.value.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "3")
        #expect(try await again.value.get().payload == Array("3".utf8))
        #expect(engine.launcher.isIdle)
    }

    @Test func `finish what they run when they are deleted, and then go`() async throws {
        let engine = EngineFixture()
        let function = try engine.function(version: "7")
        let answer = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        engine.plane.versionDeleted(function.versionKey)
        _ = try await runtime.respond(id, "\"last\"")
        _ = Task { try await runtime.next() }
        #expect(try await answer.value.get().payload == Array("\"last\"".utf8))
        #expect(await engine.nextStopped() == sandbox.environment)
    }

    @Test func `answer who waits for a start when they are deleted, and hold nothing then`() async throws {
        let engine = EngineFixture()
        let function = try engine.function(version: "7")
        let first = engine.invoke(function)
        let old = try #require(await engine.launcher.nextSandbox())
        let runtime = try await old.runtime()
        _ = try await runtime.next()
        let second = engine.invoke(function)
        let started = try #require(await engine.launcher.nextSandbox())
        engine.plane.versionDeleted(function.versionKey)
        // Its start fails, and whoever waited for it is answered: nothing holds the version then.
        started.vanish()
        #expect(await second.value == .failure(.startFailed("the sandbox ended while it was starting")))
        old.vanish()
        #expect(try await first.value.get().isFunctionError)
        #expect(
            Set([await engine.nextStopped(), await engine.nextStopped()]) == [old.environment, started.environment])
        #expect(await engine.plane.codeInUse() == [])
    }

    @Test func `go one by one when one is deleted, and all with the function`() async throws {
        let engine = EngineFixture()
        var environments: [String: EnvironmentID] = [:]
        for version in ["$LATEST", "1", "2"] {
            let answer = engine.invoke(try engine.function(version: version))
            let sandbox = try #require(await engine.launcher.nextSandbox())
            try await sandbox.runtime().serve("1")
            _ = try await answer.value.get()
            environments[version] = sandbox.environment
        }
        engine.plane.versionDeleted(try engine.function(version: "1").versionKey)
        #expect(await engine.nextStopped() == environments["1"])
        engine.plane.functionDeleted(try engine.function().key)
        let rest = [await engine.nextStopped(), await engine.nextStopped()]
        #expect(Set(rest) == [environments["$LATEST"], environments["2"]])
    }

    @Test func `hold their code and their layers, so that neither is collected`() async throws {
        let engine = EngineFixture()
        var function = try engine.function(version: "1")
        function.layers = ["l1", "l2"].map {
            .init(versionARN: $0, code: CodeReference(digest: $0, base64: "", size: 1))
        }
        #expect(await engine.plane.codeInUse() == [])
        let answer = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await engine.plane.codeInUse() == ["d1", "l1", "l2"])
        sandbox.vanish()
        _ = await answer.value
        #expect(await engine.nextStopped() == sandbox.environment)
        #expect(await engine.plane.codeInUse() == [])
    }
}

@Suite struct `A sandbox that is asked for` {
    private static let arn = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0"

    @Test func `has the function's layers in their order, those of the host by their path`() async throws {
        let engine = EngineFixture()
        var function = try engine.function()
        function.layers = [
            .init(versionARN: "b", code: CodeReference(digest: "b", base64: "", size: 1)),
            .init(versionARN: "h", code: CodeReference(digest: "", base64: "", size: 0), hotReloadPath: "/src/layer"),
            .init(versionARN: "a", code: CodeReference(digest: "a", base64: "", size: 1)),
        ]
        _ = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(sandbox.request.layerDirectories == ["/code/b", "/src/layer", "/code/a"])
        #expect(sandbox.request.codeDirectory == "/code/d1")
        #expect(sandbox.request.fileSystem == nil)
        sandbox.vanish()
    }

    @Test func `has the host's directory as its code where somebody works on it`() async throws {
        let engine = EngineFixture()
        var function = try engine.function()
        function.hotReloadPath = "/src/app"
        _ = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(sandbox.request.codeDirectory == "/src/app")
        sandbox.vanish()
    }

    @Test func `has the directory that the configuration names for a file system`() async throws {
        let engine = EngineFixture(EngineSettings(fileSystems: [Self.arn: "/srv/data"]))
        var function = try engine.function()
        function.fileSystems = [.init(arn: Self.arn, mountPath: "/mnt/data")]
        _ = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(sandbox.request.fileSystem == .init(directory: "/srv/data", mountPath: "/mnt/data"))
        sandbox.vanish()
    }

    @Test func `is not made where the configuration names none`() async throws {
        let engine = EngineFixture()
        var function = try engine.function()
        function.fileSystems = [.init(arn: Self.arn, mountPath: "/mnt/data")]
        let result = await engine.invoke(function).value
        #expect(
            result == .failure(.startFailed("file_systems of lambdad.conf names no directory for \(Self.arn)")))
    }
}

@Suite struct `The command of a runtime` {
    private static func manifest(managed: Bool, command: String) throws -> RuntimeManifest {
        try RuntimeManifest(
            parsing: "[runtime]\nid = x\nmanaged = \(managed ? "yes" : "no")\ncommand = \(command)\n")
    }

    @Test func `has the handler in its place`() throws {
        let manifest = try Self.manifest(managed: true, command: "/usr/bin/x {handler} -v")
        #expect(
            RuntimeCommand.arguments(of: manifest, for: PureSample.function()) == ["/usr/bin/x", "app.handler", "-v"])
    }

    @Test func `is run by the function's wrapper where the runtime is managed`() throws {
        let function = PureSample.function(environment: ["AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap it"])
        let managed = try Self.manifest(managed: true, command: "/usr/bin/x {handler}")
        #expect(
            RuntimeCommand.arguments(of: managed, for: function)
                == ["/bin/sh", "-c", "exec \"$@\"", "bootstrap", "/opt/wrap it", "/usr/bin/x", "app.handler"])
        let own = try Self.manifest(managed: false, command: "/usr/bin/x {handler}")
        #expect(RuntimeCommand.arguments(of: own, for: function) == ["/usr/bin/x", "app.handler"])
        let bootstrap = try Self.manifest(managed: true, command: "")
        #expect(RuntimeCommand.arguments(of: bootstrap, for: function) == [])
        let none = PureSample.function(environment: ["AWS_LAMBDA_EXEC_WRAPPER": ""])
        #expect(RuntimeCommand.arguments(of: managed, for: none) == ["/usr/bin/x", "app.handler"])
    }
}
