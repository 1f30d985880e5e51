import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A function that isolates tenants` {
    private func function(_ engine: EngineFixture, generation: Int = 1) throws -> FunctionRecord {
        var function = try engine.function(generation: generation)
        function.tenantIsolation = "PER_TENANT"
        return function
    }

    /// One invocation; gives the environment that served it.
    private func serve(
        _ engine: EngineFixture, _ tenant: String
    ) async throws -> (environment: EnvironmentID, runtime: FakeRuntime, next: Task<FakeRuntime.Reply, any Error>) {
        let answer = engine.invoke(try self.function(engine), tenant: tenant)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let event = try await runtime.next()
        #expect(event.headers.first(name: "Lambda-Runtime-Aws-Tenant-Id") == tenant)
        let id = try #require(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "\"\(tenant)\"")
        let next = Task { try await runtime.next() }
        #expect(try await answer.value.get().payload == Array("\"\(tenant)\"".utf8))
        await engine.reached(.ready, sandbox.environment, times: 2)
        return (sandbox.environment, runtime, next)
    }

    @Test func `gives each its own environments, and each tenant's are used again`() async throws {
        let engine = EngineFixture(accountLimit: 10)
        let blue = try await self.serve(engine, "blue")
        let green = try await self.serve(engine, "green:1/2")
        #expect(blue.environment != green.environment)
        let again = engine.invoke(try self.function(engine), tenant: "blue")
        let event = try await blue.next.value
        #expect(event.headers.first(name: "Lambda-Runtime-Aws-Tenant-Id") == "blue")
        let id = try #require(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await blue.runtime.respond(id, "3")
        #expect(try await again.value.get().payload == Array("3".utf8))
        #expect(engine.launcher.isIdle)
    }

    @Test func `is updated and deleted for all its tenants`() async throws {
        let engine = EngineFixture(accountLimit: 10)
        let blue = try await self.serve(engine, "blue")
        let green = try await self.serve(engine, "green")
        engine.plane.functionChanged(try self.function(engine, generation: 2))
        #expect(
            Set([await engine.nextStopped(), await engine.nextStopped()]) == [blue.environment, green.environment])
    }

    @Test func `has 2.5 environments for each of its concurrency, idle ones included`() async throws {
        let engine = EngineFixture(accountLimit: 2)
        for tenant in ["a", "b", "c", "d", "e"] { _ = try await self.serve(engine, tenant) }
        let answer = await engine.invoke(try self.function(engine), tenant: "f").value
        #expect(answer == .failure(.tooManyTenantEnvironments))
        engine.plane.functionDeleted(try self.function(engine).key)
        for _ in 0..<5 { _ = await engine.nextStopped() }
        #expect(await engine.plane.codeInUse() == [])
        _ = try await self.serve(engine, "f")
    }

    @Test func `runs nothing without a tenant, nor another function anything with one`() async throws {
        let engine = EngineFixture(accountLimit: 2)
        let refused = Result<InvocationAnswer, InvocationFailure>.failure(
            .startFailed("the function's tenant isolation does not go with this invocation"))
        #expect(await engine.invoke(try self.function(engine)).value == refused)
        #expect(await engine.invoke(try engine.function(), tenant: "blue").value == refused)
    }
}
