import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

/// What can happen to a function or to the daemon while an invocation runs.
struct DrainCause: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let happen: @Sendable (EngineFixture) async throws -> Void
    /// Whether the environment goes once it has served.
    var ends = true

    static let all: [DrainCause] = [
        DrainCause(testDescription: "an update of code") {
            $0.plane.functionChanged(try $0.function(generation: 2))
        },
        DrainCause(testDescription: "an update of configuration that arrives with another invocation") {
            var function = try $0.function(generation: 2)
            function.memorySize = 512
            $0.plane.functionChanged(function)
        },
        DrainCause(testDescription: "a delete of the function") { $0.plane.functionDeleted(try $0.function().key) },
        DrainCause(testDescription: "a delete of the version") {
            $0.plane.versionDeleted(try $0.function().versionKey)
        },
        DrainCause(testDescription: "a reload that sets a keepalive of zero") {
            $0.settings.replace(with: EngineSettings(lifecycle: .init(keepalive: .zero)))
        },
        DrainCause(
            testDescription: "a reload that sets shorter limits",
            happen: {
                $0.settings.replace(
                    with: EngineSettings(
                        lifecycle: .init(startupTimeout: .nanoseconds(1), initTimeout: .nanoseconds(1)),
                        maximumAge: .nanoseconds(1), freezeGrace: .zero))
            }, ends: false),
        DrainCause(testDescription: "a stop") { engine in
            let plane = engine.plane
            _ = Task { await plane.drain(within: .seconds(600)) }
            while plane.acceptsInvocations { await Task.yield() }
        },
    ]
}

@Suite(.timeLimit(.minutes(2))) struct `A running invocation` {
    @Test(arguments: DrainCause.all)
    func `is ended by its own limits only, and then its environment goes`(cause: DrainCause) async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        try await cause.happen(engine)
        // What was told travels over the plane's loop, and so does this.
        _ = await engine.plane.codeInUse()

        // It goes on, answers, and works on after its answer.
        #expect(try await runtime.call("GET", "/2018-06-01/ping").status == 200)
        #expect(try await runtime.respond(id, "\"whole\"").status == 202)
        #expect(try await answer.value.get().payload == Array("\"whole\"".utf8))
        #expect(try await runtime.call("GET", "/2018-06-01/ping").status == 200)
        _ = Task { try await runtime.next() }
        guard cause.ends else { return }
        // The first thing that its init hears after the start is the end, and not that it shall kill.
        #expect(await sandbox.nextCommand() == .closed)
        #expect(await engine.nextStopped() == sandbox.environment)
        #expect(engine.log.lines.contains { $0.hasPrefix("REPORT RequestId: \(id)\t") && $0.hasSuffix(" ms\t") })
    }

    @Test(arguments: DrainCause.all.filter { $0.testDescription != "a stop" })
    func `that times out while its environment drains has the timeout's answer`(cause: DrainCause) async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function(timeout: 1))
        let sandbox = try #require(await engine.launcher.nextSandbox())
        _ = try await sandbox.runtime().next()
        try await cause.happen(engine)
        let body = String(decoding: try await answer.value.get().payload, as: UTF8.self)
        #expect(body.hasPrefix("{\"errorType\":\"Sandbox.Timedout\""))
    }

    @Test func `that the stop's limit ends is not called the function's fault`() async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let id = try #require(
            try await sandbox.runtime().next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        await engine.plane.drain(within: .zero)
        #expect(await answer.value == .failure(.shuttingDown))
        #expect(await engine.nextStopped() == sandbox.environment)
        #expect(
            engine.log.lines.contains { $0.hasPrefix("REPORT RequestId: \(id)\t") && $0.hasSuffix("Sandbox.Failure") })
    }

    @Test func `and one that waits tell how long they may take`() async throws {
        let engine = EngineFixture()
        #expect(await engine.plane.longestWork() == .zero)
        let running = engine.invoke(try engine.function(timeout: 600))
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        let own = await engine.plane.longestWork()
        #expect(own > .seconds(500) && own <= .seconds(600))

        // Its start or a reset comes first, and then its own time begins.
        let waiting = engine.invoke(try engine.function(timeout: 600))
        let other = try #require(await engine.launcher.nextSandbox())
        let both = await engine.plane.longestWork()
        #expect(both >= .seconds(622))
        other.vanish()
        _ = await waiting.value
        _ = try await runtime.respond(id, "1")
        _ = Task { try await runtime.next() }
        _ = try await running.value.get()
        while await engine.plane.longestWork() > .zero { await Task.yield() }
    }
}
