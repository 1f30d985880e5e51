import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A machine that is full` {
    private static let full = Result<InvocationAnswer, InvocationFailure>.failure(.throttled(.concurrentInvocations))

    private func engine(_ limit: Int, loops: Int = 1) -> EngineFixture {
        EngineFixture(EngineSettings(concurrentExecutions: limit), loops: loops)
    }

    private func function(_ name: String) throws -> FunctionRecord {
        var function = FunctionRecord(
            key: .init(account: .standard, region: .standard, name: try #require(FunctionName(name))), role: "r",
            runtime: "test", handler: "h", code: CodeReference(digest: "d", base64: "", size: 1),
            lastModified: WallTime(milliseconds: 0))
        function.state = .active
        return function
    }

    /// One invocation; its environment is idle then.
    private func serve(_ engine: EngineFixture, _ name: String) async throws -> EnvironmentID {
        let answer = engine.invoke(try self.function(name))
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let (runtime, id) = try await sandbox.runtimeWithEvent()
        _ = try await runtime.respond(id, "1")
        _ = Task { try await runtime.next() }
        _ = try await answer.value.get()
        await engine.reached(.ready, sandbox.environment, times: 2)
        return sandbox.environment
    }

    @Test(arguments: [1, 2]) func `stops what has been idle longest for what is needed now`(loops: Int) async throws {
        let engine = self.engine(2, loops: loops)
        let first = try await self.serve(engine, "a")
        let second = try await self.serve(engine, "b")
        let third = try await self.serve(engine, "c")
        #expect(await engine.nextStopped() == first)
        let fourth = try await self.serve(engine, "d")
        #expect(await engine.nextStopped() == second)
        #expect(third != fourth)
    }

    @Test func `refuses where everything in it is busy`() async throws {
        let engine = self.engine(1)
        let first = engine.invoke(try self.function("a"))
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let (runtime, id) = try await sandbox.runtimeWithEvent()
        #expect(await engine.invoke(try self.function("b")).value == Self.full)
        _ = try await runtime.respond(id, "1")
        _ = Task { try await runtime.next() }
        _ = try await first.value.get()
    }

    @Test func `makes room for what is to be kept ready, and none by stopping that`() async throws {
        let engine = self.engine(1)
        let idle = try await self.serve(engine, "a")
        let key = try engine.function().key
        let record = ProvisionedConcurrencyRecord(
            function: key, qualifier: "1", requested: 1, modified: WallTime(milliseconds: 0))
        try engine.reserve(
            nil,
            provisioned: [.init(record, shares: [.init(function: try engine.function(version: "1"), count: 1)])])
        #expect(await engine.nextStopped() == idle)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        _ = Task { try await runtime.next() }
        await engine.reached(.ready, sandbox.environment)
        #expect(engine.plane.status(of: record).state == .ready)
        #expect(await engine.invoke(try self.function("b")).value == Self.full)
        #expect(engine.plane.status(of: record).state == .ready)
    }
}
