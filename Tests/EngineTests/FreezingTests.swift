import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

extension FakeRuntime {
    /// Answers the next event and asks for more, which waits.
    fileprivate func serve(_ body: String) async throws -> Task<Reply, any Error> {
        let event = try await self.next()
        return try await self.answer(event, body)
    }

    fileprivate func answer(_ event: Reply, _ body: String) async throws -> Task<Reply, any Error> {
        let id = try #require(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await self.respond(id, body)
        return Task { try await self.next() }
    }
}

@Suite(.timeLimit(.minutes(2))) struct `An idle environment of the plane` {
    @Test func `is frozen, and thawed before its runtime has the next event`() async throws {
        let engine = EngineFixture(EngineSettings(freezeGrace: .milliseconds(1)))
        let function = try engine.function()
        let first = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        var waiting = try await runtime.serve("1")
        _ = try await first.value.get()
        for round in 0..<3 {
            #expect(await sandbox.nextSwitch() == "1")
            let answer = engine.invoke(function)
            #expect(await sandbox.nextSwitch() == "0")
            // The connection that was open all the time has it.
            waiting = try await runtime.answer(try await waiting.value, "\(round)")
            #expect(try await answer.value.get().payload == Array("\(round)".utf8))
        }
    }

    @Test func `is not frozen between invocations within the grace`() async throws {
        let engine = EngineFixture(EngineSettings(freezeGrace: .seconds(3600)))
        let function = try engine.function()
        let first = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        var waiting = try await runtime.serve("1")
        _ = try await first.value.get()
        for _ in 0..<5 {
            let answer = engine.invoke(function)
            waiting = try await runtime.answer(try await waiting.value, "2")
            _ = try await answer.value.get()
        }
        engine.plane.functionDeleted(function.key)
        // Nothing was written until its descriptor was closed.
        #expect(await sandbox.nextSwitch() == nil)
    }

    @Test func `is left alone where freezing is off`() async throws {
        let engine = EngineFixture(EngineSettings(freezeGrace: nil))
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        _ = try await sandbox.runtime().serve("1")
        _ = try await answer.value.get()
        engine.plane.functionDeleted(try engine.function().key)
        #expect(await sandbox.nextSwitch() == nil)
    }

    @Test func `goes at its keepalive's end although it is frozen, and is thawed first`() async throws {
        let engine = EngineFixture(
            EngineSettings(lifecycle: .init(keepalive: .milliseconds(300)), freezeGrace: .milliseconds(1)))
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        _ = try await sandbox.runtime().serve("1")
        _ = try await answer.value.get()
        #expect(await sandbox.nextSwitch() == "1")
        #expect(await sandbox.nextSwitch() == "0")
        #expect(await sandbox.nextSwitch() == nil)
        #expect(await engine.nextStopped() == sandbox.environment)
    }

    @Test func `that is reset is frozen without a runtime, and thawed for the next init`() async throws {
        let engine = EngineFixture(EngineSettings(freezeGrace: .milliseconds(1)))
        let first = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        _ = try await sandbox.runtime().next()
        sandbox.reportExit(tag: 1, status: 1)
        #expect(try await first.value.get().isFunctionError)
        #expect(await sandbox.nextCommand() == .killAll)
        sandbox.reportAllKilled()
        #expect(await sandbox.nextSwitch() == "1")
        let second = engine.invoke(try engine.function())
        #expect(await sandbox.nextSwitch() == "0")
        #expect(await sandbox.nextCommand() == .start(tag: 2))
        _ = try await sandbox.runtime().serve("2")
        #expect(try await second.value.get().payload == Array("2".utf8))
    }
}
