import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

private typealias Answer = Result<InvocationAnswer, InvocationFailure>

extension EngineFixture {
    /// With so many invocations of an account at one time, and no rates.
    convenience init(
        accountLimit: Int, rate: Int = 0, scaling: Int = 0, versions: (any VersionLookup)? = nil,
        keepalive: Duration = .seconds(600)
    ) {
        self.init(
            EngineSettings(
                lifecycle: .init(keepalive: keepalive),
                concurrency: .init(accountLimit: accountLimit, invocationRate: rate, scalingRate: scaling)),
            versions: versions)
    }

    func reserve(_ share: Int?, provisioned: [FunctionConcurrency.Provisioned] = []) throws {
        self.plane.concurrencyChanged(
            FunctionConcurrency(function: try self.function().key, reserved: share, provisioned: provisioned))
    }
}

extension FakeSandbox {
    /// A runtime that has asked for its first event, and the event's id.
    func runtimeWithEvent() async throws -> (runtime: FakeRuntime, id: String) {
        let runtime = try await self.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        return (runtime, id)
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A function's concurrency` {
    private static let reserved = Answer.failure(.throttled(.reservedConcurrentInvocations))

    @Test func `is one for all its versions, and others have theirs`() async throws {
        let engine = EngineFixture(accountLimit: 10)
        try engine.reserve(1)
        let first = engine.invoke(try engine.function(version: "1"))
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let (runtime, id) = try await sandbox.runtimeWithEvent()
        for version in ["1", "2", "$LATEST"] {
            #expect(await engine.invoke(try engine.function(version: version)).value == Self.reserved)
        }
        var other = try engine.function()
        other = FunctionRecord(
            key: .init(account: .standard, region: .standard, name: try #require(FunctionName("other"))),
            role: other.role, runtime: other.runtime, handler: other.handler, code: other.code,
            lastModified: other.lastModified)
        let unaffected = engine.invoke(other)
        try #require(await engine.launcher.nextSandbox()).vanish()
        #expect(await unaffected.value == .failure(.startFailed("the sandbox ended while it was starting")))
        _ = try await runtime.respond(id, "1")
        _ = Task { try await runtime.next() }
        _ = try await first.value.get()
        let second = engine.invoke(try engine.function(version: "2"))
        try #require(await engine.launcher.nextSandbox()).vanish()
        #expect(await second.value == .failure(.startFailed("the sandbox ended while it was starting")))
    }

    @Test func `is free again with the answer, and its environment waited for, not doubled`() async throws {
        let engine = EngineFixture(accountLimit: 10)
        try engine.reserve(1)
        let function = try engine.function()
        let first = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let (runtime, id) = try await sandbox.runtimeWithEvent()
        _ = try await runtime.respond(id, "1")
        _ = try await first.value.get()
        // The runtime has not asked for more yet.
        let second = engine.invoke(function)
        #expect(await engine.invoke(function).value == Self.reserved)
        #expect(engine.launcher.isIdle)
        let next = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(next, "2")
        #expect(try await second.value.get().payload == Array("2".utf8))
        #expect(engine.launcher.isIdle)
    }

    @Test func `waits for no environment that leaves`() async throws {
        let engine = EngineFixture(accountLimit: 10, keepalive: .zero)
        try engine.reserve(1)
        let function = try engine.function()
        let first = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let (runtime, id) = try await sandbox.runtimeWithEvent()
        _ = try await runtime.respond(id, "1")
        _ = try await first.value.get()
        let second = engine.invoke(function)
        _ = Task { try await runtime.next() }
        let fresh = try #require(await engine.launcher.nextSandbox())
        let (again, nextID) = try await fresh.runtimeWithEvent()
        _ = try await again.respond(nextID, "2")
        #expect(try await second.value.get().payload == Array("2".utf8))
    }

    @Test(arguments: ["failed start", "crash", "vanished sandbox"])
    func `is given back however an invocation ends`(end: String) async throws {
        let engine = EngineFixture(accountLimit: 1)
        let function = try engine.function()
        for _ in 0..<3 {
            let answer = engine.invoke(function)
            let sandbox = try #require(await engine.launcher.nextSandbox())
            switch end {
            case "failed start": sandbox.vanish()
            case "crash":
                #expect(await sandbox.nextCommand() == .start(tag: 1))
                _ = try await sandbox.runtimeWithEvent()
                sandbox.reportExit(tag: 1, status: 1)
                #expect(await sandbox.nextCommand() == .killAll)
                // The reset fails, and the sandbox goes with it.
                sandbox.vanish()
            default:
                _ = try await sandbox.runtimeWithEvent()
                sandbox.vanish()
            }
            _ = await answer.value
            #expect(await engine.nextStopped() == sandbox.environment)
        }
    }

    @Test func `of the account is shared by its functions, and another account's is its own`() async throws {
        let engine = EngineFixture(accountLimit: 1)
        let first = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        _ = try await sandbox.runtimeWithEvent()
        let other = try #require(AccountID("111111111111"))
        let key = FunctionKey(account: other, region: .standard, name: try #require(FunctionName("hello")))
        #expect(
            await engine.invoke(try engine.function(version: "1")).value
                == .failure(.throttled(.concurrentInvocations)))
        var stranger = FunctionRecord(
            key: key, role: "r", runtime: "test", handler: "h", code: CodeReference(digest: "d", base64: "", size: 1),
            lastModified: WallTime(milliseconds: 0))
        stranger.state = .active
        let answer = engine.invoke(stranger)
        try #require(await engine.launcher.nextSandbox()).vanish()
        #expect(await answer.value == .failure(.startFailed("the sandbox ended while it was starting")))
        sandbox.vanish()
        _ = await first.value
    }

    @Test func `may be lowered below what runs, which goes on`() async throws {
        let engine = EngineFixture(accountLimit: 10)
        let function = try engine.function()
        var running: [(answer: Task<Answer, Never>, runtime: FakeRuntime, id: String)] = []
        for _ in 0..<2 {
            let answer = engine.invoke(function)
            let (runtime, id) = try await #require(await engine.launcher.nextSandbox()).runtimeWithEvent()
            running.append((answer, runtime, id))
        }
        try engine.reserve(1)
        for one in running {
            #expect(await engine.invoke(function).value == Self.reserved)
            _ = try await one.runtime.respond(one.id, "1")
            _ = Task { try await one.runtime.next() }
            #expect(try await one.answer.value.get().payload == Array("1".utf8))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `An invocation that comes late` {
    private struct Gone: VersionLookup {
        func isCurrent(_ record: FunctionRecord) -> Bool { record.version != "7" }
    }

    @Test func `is served after its version was deleted, and leaves nothing behind`() async throws {
        let engine = EngineFixture(accountLimit: 10, versions: Gone())
        let function = try engine.function(version: "7")
        for body in ["1", "2"] {
            let answer = engine.invoke(function)
            let sandbox = try #require(await engine.launcher.nextSandbox())
            let (runtime, id) = try await sandbox.runtimeWithEvent()
            _ = try await runtime.respond(id, body)
            _ = Task { try await runtime.next() }
            #expect(try await answer.value.get().payload == Array(body.utf8))
            // Its keepalive is ten minutes.
            #expect(await engine.nextStopped() == sandbox.environment)
        }
        #expect(await engine.plane.codeInUse() == [])
    }
}
