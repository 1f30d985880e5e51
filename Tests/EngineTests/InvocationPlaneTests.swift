import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

@Suite struct `An invocation` {
    @Test func `starts an environment, gets the function's answer, and writes AWS's lines around the function's`()
        async throws
    {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function(), payload: "{\"a\":1}", tail: true)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        let runtime = try await sandbox.runtime()
        let event = try await runtime.next()
        #expect(event.text == "{\"a\":1}")
        let id = try #require(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        sandbox.writeLog("from the function\n")
        #expect(try await runtime.respond(id, "\"done\"").status == 202)
        _ = Task { try await runtime.next() }

        let result = try await answer.value.get()
        #expect(result.payload == Array("\"done\"".utf8))
        #expect(!result.isFunctionError)
        let lines = engine.log.lines
        #expect(lines.count == 5)
        #expect(lines.first?.hasPrefix("INIT_START Runtime Version: test:1\t") == true)
        #expect(
            lines.dropFirst().prefix(3) == [
                "START RequestId: \(id) Version: $LATEST", "from the function", "END RequestId: \(id)",
            ])
        #expect(lines.last?.contains("Max Memory Used: 8 MB\tInit Duration: ") == true)
        let tail = String(decoding: try #require(result.logTail), as: UTF8.self)
        #expect(tail.hasPrefix("START RequestId: \(id)") && tail.contains("REPORT RequestId: \(id)"))
    }

    @Test func `has what the init printed before its START`() async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function(), tail: true)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        _ = await sandbox.nextCommand()
        let runtime = try await sandbox.runtime()
        sandbox.writeLog("at import\n")
        let event = try await runtime.next()
        let id = try #require(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "1")
        _ = Task { try await runtime.next() }
        _ = try await answer.value.get()
        #expect(Array(engine.log.lines[1...2]) == ["at import", "START RequestId: \(id) Version: $LATEST"])
    }

    @Test func `that went well has all its lines in the log when its environment ends`() async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let event = try await runtime.next()
        let id = try #require(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "1")
        _ = Task { try await runtime.next() }
        _ = try await answer.value.get()
        await engine.plane.drain(within: .seconds(10))
        let lines = engine.log.lines.dropFirst()
        #expect(
            lines.prefix(2) == ["START RequestId: \(id) Version: $LATEST", "END RequestId: \(id)"] && lines.count == 3)
        #expect(lines.last?.hasPrefix("REPORT RequestId: \(id)\t") == true)
    }

    @Test func `that follows another uses the same environment and has no init duration`() async throws {
        let engine = EngineFixture()
        let function = try engine.function()
        let first = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        var id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "1")
        async let event = runtime.next()
        _ = await first.value
        let second = engine.invoke(function, tail: true)
        id = try #require(try await event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "2")
        _ = Task { try await runtime.next() }
        #expect(try await second.value.get().payload == Array("2".utf8))
        #expect(engine.log.lines.last?.contains("Init Duration") == false)
    }

    @Test func `that times out is answered, and the next one finds the runtime started anew in the same sandbox`()
        async throws
    {
        let engine = EngineFixture()
        let function = try engine.function(timeout: 5)
        let first = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        let runtime = try await sandbox.runtime()
        _ = try await runtime.next()
        let result = try await first.value.get()
        #expect(String(decoding: result.payload, as: UTF8.self).contains("\"Sandbox.Timedout\""))
        #expect(String(decoding: result.payload, as: UTF8.self).contains("Error: Task timed out after 5.00 seconds"))
        #expect(await sandbox.nextCommand() == .killAll)
        runtime.close()
        let second = engine.invoke(function)
        sandbox.reportAllKilled()
        let again = try #require(await engine.startedAgain(sandbox))
        let id = try #require(try await again.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await again.respond(id, "\"again\"")
        #expect(try await second.value.get().payload == Array("\"again\"".utf8))
    }

    @Test func `of a newer generation gets a new environment, and the old one goes once it is idle`() async throws {
        let engine = EngineFixture()
        let first = engine.invoke(try engine.function())
        let old = try #require(await engine.launcher.nextSandbox())
        let runtime = try await old.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        engine.plane.functionChanged(try engine.function(generation: 2))
        // The update came while it ran: it finishes.
        _ = try await runtime.respond(id, "\"old\"")
        _ = Task { try await runtime.next() }
        #expect(try await first.value.get().payload == Array("\"old\"".utf8))
        #expect(await engine.nextStopped() == old.environment)
        let second = engine.invoke(try engine.function(generation: 2))
        let new = try #require(await engine.launcher.nextSandbox())
        #expect(new.request.codeDirectory == "/code/d2")
        new.vanish()
        #expect(await second.value == .failure(.startFailed("the sandbox ended while it was starting")))
    }

    @Test func `with keepalive 0 gets a sandbox of its own`() async throws {
        let engine = EngineFixture(EngineSettings(lifecycle: .init(keepalive: .zero)))
        for _ in 0..<2 {
            let answer = engine.invoke(try engine.function())
            let sandbox = try #require(await engine.launcher.nextSandbox())
            let runtime = try await sandbox.runtime()
            let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
            _ = try await runtime.respond(id, "1")
            _ = Task { try await runtime.next() }
            _ = try await answer.value.get()
            #expect(await engine.nextStopped() == sandbox.environment)
        }
    }

    @Test func `whose sandbox cannot be made fails with the step and its errno`() async throws {
        let engine = EngineFixture()
        engine.launcher.failNext(with: .setupFailed(step: "pivot_root", errno: 22))
        let result = await engine.invoke(try engine.function()).value
        #expect(result == .failure(.startFailed("step pivot_root of the sandbox failed with errno 22")))
    }

    @Test func `that the function answers twice keeps its first answer`() async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        #expect(try await runtime.respond("00000000-0000-4000-8000-000000000000", "9").status == 400)
        #expect(try await runtime.respond(id, "1").status == 202)
        #expect(try await runtime.respond(id, "2").status == 403)
        #expect(try await answer.value.get().payload == Array("1".utf8))
    }

    @Test func `whose attempt the runtime names wrongly is not answered by it`() async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let event = try await runtime.next()
        let id = try #require(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        let attempt = try #require(event.headers.first(name: "Lambda-Runtime-Invocation-Id"))
        let path = "/2018-06-01/runtime/invocation/\(id)/response"
        let wrong = try await runtime.call(
            "POST", path, headers: [("Lambda-Runtime-Invocation-Id", id)], body: Array("0".utf8))
        #expect(wrong.status == 400 && wrong.text.contains("InvalidInvocationId"))
        let right = try await runtime.call(
            "POST", path, headers: [("Lambda-Runtime-Invocation-Id", attempt)], body: Array("1".utf8))
        #expect(right.status == 202)
        #expect(try await answer.value.get().payload == Array("1".utf8))
    }

    @Test func `is drained at a stop: it finishes, later ones are turned away`() async throws {
        let engine = EngineFixture()
        let function = try engine.function()
        let answer = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        async let drained: Void = engine.plane.drain(within: .seconds(10))
        // One that came before the stop would wait for a sandbox that the test never answers for.
        while engine.plane.acceptsInvocations { await Task.yield() }
        #expect(await engine.invoke(function).value == .failure(.shuttingDown))
        _ = try await runtime.respond(id, "\"last\"")
        _ = Task { try await runtime.next() }
        #expect(try await answer.value.get().payload == Array("\"last\"".utf8))
        await drained
        #expect(await engine.nextStopped() == sandbox.environment)
    }
}

extension EngineFixture {
    /// Waits until the engine starts the runtime again, then connects as that runtime.
    func startedAgain(_ sandbox: FakeSandbox) async -> FakeRuntime? {
        guard case .start? = await sandbox.nextCommand() else { return nil }
        return try? await sandbox.runtime()
    }
}
