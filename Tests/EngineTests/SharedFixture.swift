import Engine
import LambdaCore
import NIOHTTP1
import TestSupport
import Testing

/// The runtime `test` holds several invocations, `single` does not.
struct SharedRuntimes: RuntimeDirectory {
    let slots: Int

    func manifest(for id: String) -> RuntimeManifest? {
        let concurrency = id == "single" ? 1 : self.slots
        return try? RuntimeManifest(
            parsing: "[runtime]\nid = \(id)\ncommand = /usr/bin/runtime\nmax_concurrency = \(concurrency)\n")
    }

    func refusal(of id: String) -> String? { nil }
}

/// A plane whose environments hold several invocations, on a clock that stands still.
struct SharedFixture {
    let clock = ManualClock()
    let engine: EngineFixture

    init(slots: Int, settings: EngineSettings = EngineSettings()) {
        self.engine = EngineFixture(settings, time: self.clock, runtimes: SharedRuntimes(slots: slots))
    }

    func invoke(
        _ payload: String, timeout: Int = 30, generation: Int = 1, tail: Bool = false
    ) throws -> Task<Result<InvocationAnswer, InvocationFailure>, Never> {
        self.engine.invoke(
            try self.engine.function(timeout: timeout, generation: generation), payload: payload, tail: tail)
    }

    /// So many invocations, `0`, `1` and so on, each with its worker in one new environment.
    func running(_ count: Int, timeout: Int = 30) async throws -> Running {
        let answers = try (0..<count).map { try self.invoke("\($0)", timeout: timeout) }
        let sandbox = try #require(await self.engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        var workers: [Worker] = []
        for number in 0..<count {
            let worker = try await Worker(sandbox)
            #expect(worker.payload == "\(number)")
            workers.append(worker)
        }
        return Running(sandbox: sandbox, answers: answers, workers: workers)
    }

    struct Running {
        let sandbox: FakeSandbox
        let answers: [Task<Result<InvocationAnswer, InvocationFailure>, Never>]
        let workers: [Worker]

        func payload(_ number: Int) async throws -> String {
            String(decoding: try await self.answers[number].value.get().payload, as: UTF8.self)
        }
    }
}

/// One of a runtime's workers, with an event.
struct Worker {
    let runtime: FakeRuntime
    let id: String
    let payload: String

    init(_ sandbox: FakeSandbox) async throws { try await self.init(sandbox.runtime()) }

    /// Asks for an event and waits until it is there.
    init(_ runtime: FakeRuntime) async throws {
        self.runtime = runtime
        let event = try await runtime.next()
        #expect(event.status == 200)
        self.id = try #require(event.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        self.payload = event.text
    }

    func answer(_ body: String) async throws -> FakeRuntime.Reply { try await self.runtime.respond(self.id, body) }
}
