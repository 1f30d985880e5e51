import Engine
import LambdaCore
import NIOHTTP1
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A machine that has as many environments as it may` {
    @Test func `takes no invocation that would need another, and those that it has an environment for`() async throws {
        let engine = EngineFixture(EngineSettings(concurrentExecutions: 1), time: ManualClock())
        let function = try engine.function()
        let first = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        guard case .failure(let failure) = await engine.invoke(function).value else {
            Issue.record("a second environment was made")
            return
        }
        // With AWS's reason, where there is one.
        #expect("\(failure)".hasPrefix("throttled"))
        #expect(engine.launcher.isIdle)
        _ = try await runtime.respond(id, "1")
        async let next = runtime.next()
        _ = try await first.value.get()
        // Answered, it is busy until its runtime asks for more.
        while await engine.plane.longestWork() > .zero { await Task.yield() }
        let third = engine.invoke(function)
        let other = try #require(try await next.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(other, "3")
        #expect(try await third.value.get().payload == Array("3".utf8))
    }

    @Test func `may have a thousand where nothing is configured`() {
        #expect(EngineSettings().concurrentExecutions == 1_000)
    }
}
