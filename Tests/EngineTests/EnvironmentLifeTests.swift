import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import TestSupport
import Testing

/// The transitions of a fixture's environments, in order.
private struct Transitions {
    private let stream: AsyncStream<EnvironmentEvent>

    init(of engine: EngineFixture) {
        let (stream, continuation) = AsyncStream.makeStream(of: EnvironmentEvent.self)
        engine.events.listen { continuation.yield($0) }
        self.stream = stream
    }

    /// Waits for the next one from one state to another; gives the states on the way there.
    @discardableResult
    func until(
        _ from: EnvironmentMachine.State, _ to: EnvironmentMachine.State
    ) async -> [EnvironmentMachine.State] {
        var states: [EnvironmentMachine.State] = []
        for await event in self.stream {
            states.append(event.to)
            if event.from == from, event.to == to { break }
        }
        return states
    }
}

extension FakeRuntime {
    /// Takes the next event and gives its request's id.
    fileprivate func nextID() async throws -> String {
        try #require(try await self.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
    }
}

@Suite struct `The life of an environment` {
    @Test func `is told transition by transition`() async throws {
        let engine = EngineFixture()
        let transitions = Transitions(of: engine)
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        _ = try await runtime.respond(try await runtime.nextID(), "1")
        _ = Task { try await runtime.next() }
        _ = try await answer.value.get()
        #expect(await transitions.until(.invoking, .ready) == [.starting, .ready, .invoking, .ready])
        engine.plane.functionDeleted(try engine.function().key)
        #expect(await transitions.until(.draining, .stopped) == [.draining, .stopped])
    }

    @Test func `ends when its runtime ends while it is idle, and the next invocation gets another`() async throws {
        let engine = EngineFixture()
        let transitions = Transitions(of: engine)
        let function = try engine.function()
        let first = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        _ = try await runtime.respond(try await runtime.nextID(), "1")
        _ = Task { try await runtime.next() }
        _ = try await first.value.get()
        await transitions.until(.invoking, .ready)
        sandbox.reportExit(tag: 1, status: 1)
        #expect(await engine.nextStopped() == sandbox.environment)

        let second = engine.invoke(function)
        let other = try #require(await engine.launcher.nextSandbox())
        #expect(other.environment != sandbox.environment)
        let otherRuntime = try await other.runtime()
        _ = try await otherRuntime.respond(try await otherRuntime.nextID(), "2")
        #expect(try await second.value.get().payload == Array("2".utf8))
    }

    @Test func `ends with its sandbox, and what ran is answered as killed`() async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        let id = try await sandbox.runtime().nextID()
        sandbox.vanish()
        let result = try await answer.value.get()
        #expect(result.isFunctionError)
        #expect(
            String(decoding: result.payload, as: UTF8.self)
                == "{\"errorType\":\"Runtime.ExitError\","
                + "\"errorMessage\":\"RequestId: \(id) Error: Runtime exited with error: signal: killed\"}")
        #expect(await engine.nextStopped() == sandbox.environment)
    }

    @Test func `is one invocation long when it is as old as it may be`() async throws {
        let engine = EngineFixture(EngineSettings(maximumAge: .zero))
        for _ in 0..<2 {
            let answer = engine.invoke(try engine.function())
            let sandbox = try #require(await engine.launcher.nextSandbox())
            let runtime = try await sandbox.runtime()
            _ = try await runtime.respond(try await runtime.nextID(), "1")
            _ = Task { try await runtime.next() }
            _ = try await answer.value.get()
            #expect(await engine.nextStopped() == sandbox.environment)
        }
    }
}

@Suite struct `A start` {
    @Test func `that takes too long is given up, and says so in the log and the answer`() async throws {
        let clock = ManualClock()
        let engine = EngineFixture(EngineSettings(lifecycle: .init(startupTimeout: .seconds(1))), time: clock)
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        clock.advance(by: .seconds(1))
        let result = try await answer.value.get()
        #expect(result.isFunctionError)
        let body = String(decoding: result.payload, as: UTF8.self)
        #expect(body.hasPrefix("{\"errorType\":\"Sandbox.Timedout\""))
        #expect(body.hasSuffix("Error: Task timed out after 1.00 seconds\"}"))
        #expect(await engine.nextStopped() == sandbox.environment)
        #expect(engine.log.lines.contains { $0.hasSuffix("\tPhase: init\tStatus: timeout") })
        #expect(engine.log.lines.last?.hasSuffix("\tStatus: timeout") == true)
    }

    @Test func `that is going on when the daemon stops is given up`() async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        await engine.plane.drain(within: .zero)
        #expect(await answer.value == .failure(.shuttingDown))
        #expect(await engine.nextStopped() == sandbox.environment)
    }

    @Test func `that is going on when the function is deleted still serves who waited for it`() async throws {
        let engine = EngineFixture()
        let function = try engine.function()
        let answer = engine.invoke(function)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        engine.plane.functionDeleted(function.key)
        let runtime = try await sandbox.runtime()
        _ = try await runtime.respond(try await runtime.nextID(), "\"last\"")
        _ = Task { try await runtime.next() }
        #expect(try await answer.value.get().payload == Array("\"last\"".utf8))
        #expect(await engine.nextStopped() == sandbox.environment)
    }

    @Test func `of code that is replaced meanwhile serves nobody who came after the update`() async throws {
        let engine = EngineFixture()
        let first = engine.invoke(try engine.function())
        let old = try #require(await engine.launcher.nextSandbox())
        let updated = try engine.function(generation: 2)
        engine.plane.functionChanged(updated)
        let second = engine.invoke(updated)
        let new = try #require(await engine.launcher.nextSandbox())
        #expect(new.request.codeDirectory == "/code/d2")

        // The new one is ready first, and takes the one that waited longest.
        let newRuntime = try await new.runtime()
        let id = try await newRuntime.nextID()
        _ = try await newRuntime.respond(id, "\"first\"")
        #expect(try await first.value.get().payload == Array("\"first\"".utf8))

        // The old one is ready then, and must not have the other.
        let oldRuntime = try await old.runtime()
        let waiting = Task { try await oldRuntime.next() }
        #expect(await engine.nextStopped() == old.environment)
        await #expect(throws: (any Error).self) { try await waiting.value }
        // The other is served by the new one when that asks for more, or by another of its kind.
        async let event = newRuntime.next()
        let secondID = try #require(try await event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        #expect(secondID != id)
        _ = try await newRuntime.respond(secondID, "\"second\"")
        #expect(try await second.value.get().payload == Array("\"second\"".utf8))
    }
}

@Suite struct `A runtime that was started anew` {
    /// An engine whose first invocation ended with the runtime's exit, and the sandbox that it happened in.
    private static func engineAfterExit() async throws -> (EngineFixture, FakeSandbox) {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        let runtime = try await sandbox.runtime()
        _ = try await runtime.next()
        sandbox.reportExit(tag: 1, status: 1)
        #expect(try await answer.value.get().isFunctionError)
        #expect(await sandbox.nextCommand() == .killAll)
        return (engine, sandbox)
    }

    @Test func `and ends in its init fails the invocation that it was started for, and no other`() async throws {
        let (engine, sandbox) = try await Self.engineAfterExit()
        let second = engine.invoke(try engine.function())
        sandbox.reportAllKilled()
        #expect(await sandbox.nextCommand() == .start(tag: 2))
        sandbox.reportExit(tag: 2, status: 7)
        let body = String(decoding: try await second.value.get().payload, as: UTF8.self)
        #expect(body.hasSuffix("Error: Runtime exited with error: exit status 7\"}"))
        #expect(await sandbox.nextCommand() == .killAll)
    }

    @Test func `is not ended by what is still told of the one before it`() async throws {
        let (engine, sandbox) = try await Self.engineAfterExit()
        let second = engine.invoke(try engine.function())
        sandbox.reportAllKilled()
        #expect(await sandbox.nextCommand() == .start(tag: 2))
        sandbox.reportExit(tag: 1, status: 9)
        let runtime = try await sandbox.runtime()
        _ = try await runtime.respond(try await runtime.nextID(), "\"fine\"")
        #expect(try await second.value.get().payload == Array("\"fine\"".utf8))
    }
}
