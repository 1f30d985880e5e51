import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

/// A function whose version 1 keeps environments ready.
private struct Provisioned {
    let engine: EngineFixture

    init(accountLimit: Int = 100, settings: EnvironmentMachine.Settings = .init(keepalive: .zero)) {
        self.engine = EngineFixture(
            EngineSettings(lifecycle: settings, concurrency: .init(accountLimit: accountLimit)))
    }

    func record(_ qualifier: String, _ count: Int) throws -> ProvisionedConcurrencyRecord {
        ProvisionedConcurrencyRecord(
            function: try self.engine.function().key, qualifier: qualifier, requested: count,
            modified: WallTime(milliseconds: 0))
    }

    /// Each of the shares is a version and a number.
    func configuration(
        _ qualifier: String, _ shares: [(version: String, count: Int)]
    ) throws -> FunctionConcurrency.Provisioned {
        .init(
            try self.record(qualifier, shares.reduce(0) { $0 + $1.count }),
            shares: try shares.map { .init(function: try self.engine.function(version: $0.version), count: $0.count) })
    }

    func keep(_ configurations: [FunctionConcurrency.Provisioned], reserved: Int? = nil) throws {
        try self.engine.reserve(reserved, provisioned: configurations)
    }

    func keep(_ count: Int, version: String = "1") throws {
        try self.keep(count == 0 ? [] : [self.configuration("live", [(version, count)])])
    }

    func status(_ count: Int, _ qualifier: String = "live") throws -> ProvisionedStatus {
        self.engine.plane.status(of: try self.record(qualifier, count))
    }

    /// A sandbox whose runtime has asked for its first event; returns when the engine knows it.
    func ready() async throws -> (sandbox: FakeSandbox, event: Task<FakeRuntime.Reply, any Error>, runtime: FakeRuntime)
    {
        let sandbox = try #require(await self.engine.launcher.nextSandbox())
        let runtime = try await sandbox.runtime()
        let event = Task { try await runtime.next() }
        await self.engine.reached(.ready, sandbox.environment)
        return (sandbox, event, runtime)
    }
}

extension FakeRuntime {
    /// Answers the event that it was given, and asks for more.
    func finish(_ event: Task<FakeRuntime.Reply, any Error>, _ body: String) async throws {
        let id = try #require(try await event.value.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await self.respond(id, body)
        _ = Task { try await self.next() }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `Environments that a function keeps ready` {
    @Test func `are started before any invocation, and say so`() async throws {
        let work = Provisioned()
        try work.keep(2)
        #expect(try work.status(2) == ProvisionedStatus(allocated: 0, available: 0, state: .inProgress))
        let first = try await work.ready()
        #expect(try work.status(2) == ProvisionedStatus(allocated: 1, available: 1, state: .inProgress))
        let second = try await work.ready()
        #expect(try work.status(2) == ProvisionedStatus(allocated: 2, available: 2, state: .ready))
        #expect(
            await first.sandbox.startEnvironment?.contains("AWS_LAMBDA_INITIALIZATION_TYPE=provisioned-concurrency")
                == true)
        // One line of the init each, also where all went well.
        let reports = work.engine.log.lines.filter { $0.hasPrefix("INIT_REPORT Init Duration: ") }
        #expect(reports.count == 2 && reports.allSatisfy { $0.hasSuffix("\tPhase: init\tStatus: success") })
        _ = second
    }

    @Test func `serve before any other, the others are started on demand, and no keepalive ends them`() async throws {
        let work = Provisioned()
        try work.keep(1)
        let kept = try await work.ready()
        let function = try work.engine.function(version: "1")
        let first = work.engine.invoke(function, tail: true)
        await work.engine.reached(.invoking, kept.sandbox.environment)
        #expect(try work.status(1) == ProvisionedStatus(allocated: 1, available: 0, state: .ready))
        // Over what is kept: one of its own, and that says so.
        let second = work.engine.invoke(function)
        let spilled = try #require(await work.engine.launcher.nextSandbox())
        #expect(await spilled.startEnvironment?.contains("AWS_LAMBDA_INITIALIZATION_TYPE=on-demand") == true)
        let (runtime, id) = try await spilled.runtimeWithEvent()
        _ = try await runtime.respond(id, "2")
        _ = Task { try await runtime.next() }
        #expect(try await second.value.get().payload == Array("2".utf8))
        // The keepalive is zero here: the one on demand goes, the kept one stays.
        #expect(await work.engine.nextStopped() == spilled.environment)
        try await kept.runtime.finish(kept.event, "1")
        let tail = String(decoding: try #require(try await first.value.get().logTail), as: UTF8.self)
        #expect(!tail.contains("Init Duration"))
        await work.engine.reached(.ready, kept.sandbox.environment)
        #expect(try work.status(1) == ProvisionedStatus(allocated: 1, available: 1, state: .ready))
    }

    @Test func `are not for other versions, and hold no lease`() async throws {
        let work = Provisioned(accountLimit: 2)
        try work.keep(1)
        let kept = try await work.ready()
        let first = work.engine.invoke(try work.engine.function(version: "1"))
        await work.engine.reached(.invoking, kept.sandbox.environment)
        let second = work.engine.invoke(try work.engine.function(version: "2"))
        let other = try #require(await work.engine.launcher.nextSandbox())
        // One of the two is kept ready, used or not; the other is used.
        #expect(
            await work.engine.invoke(try work.engine.function(version: "2")).value
                == .failure(.throttled(.concurrentInvocations)))
        other.vanish()
        _ = await second.value
        try await kept.runtime.finish(kept.event, "1")
        _ = try await first.value.get()
    }

    @Test func `are raised and lowered by the difference, idle ones first`() async throws {
        let work = Provisioned()
        try work.keep(1)
        let first = try await work.ready()
        let answer = work.engine.invoke(try work.engine.function(version: "1"))
        await work.engine.reached(.invoking, first.sandbox.environment)
        try work.keep(2)
        let second = try await work.ready()
        #expect(work.engine.launcher.isIdle)
        try work.keep(1)
        #expect(await work.engine.nextStopped() == second.sandbox.environment)
        try work.keep(0)
        // Busy: it finishes what it runs, and goes then.
        try await first.runtime.finish(first.event, "1")
        #expect(try await answer.value.get().payload == Array("1".utf8))
        #expect(await work.engine.nextStopped() == first.sandbox.environment)
        #expect(await work.engine.plane.codeInUse() == [])
    }

    @Test func `follow their alias to another version`() async throws {
        let work = Provisioned()
        try work.keep(1, version: "1")
        let old = try await work.ready()
        try work.keep(1, version: "2")
        #expect(await work.engine.nextStopped() == old.sandbox.environment)
        let new = try await work.ready()
        #expect(await new.sandbox.startEnvironment?.contains("AWS_LAMBDA_FUNCTION_VERSION=2") == true)
        #expect(try work.status(1) == ProvisionedStatus(allocated: 1, available: 1, state: .ready))
    }

    @Test func `are split by an alias with weights, and told of together`() async throws {
        let work = Provisioned()
        try work.keep([work.configuration("live", [("1", 1), ("2", 1)])])
        let first = try await work.ready()
        #expect(try work.status(2).state == .inProgress)
        let second = try await work.ready()
        #expect(try work.status(2) == ProvisionedStatus(allocated: 2, available: 2, state: .ready))
        var versions: Set<String> = []
        for sandbox in [first.sandbox, second.sandbox] {
            for line in await sandbox.startEnvironment ?? [] where line.hasPrefix("AWS_LAMBDA_FUNCTION_VERSION=") {
                versions.insert(line)
            }
        }
        #expect(versions == ["AWS_LAMBDA_FUNCTION_VERSION=1", "AWS_LAMBDA_FUNCTION_VERSION=2"])
    }

    @Test func `of two aliases of one version are the first one's first`() async throws {
        let work = Provisioned()
        try work.keep([work.configuration("blue", [("1", 1)]), work.configuration("green", [("1", 1)])])
        _ = try await work.ready()
        #expect(try work.status(1, "blue").state == .ready)
        #expect(try work.status(1, "green") == ProvisionedStatus(allocated: 0, available: 0, state: .inProgress))
        _ = try await work.ready()
        #expect(try work.status(1, "green").state == .ready)
    }

    @Test func `whose init fails say so, and are tried anew when they are configured again`() async throws {
        let work = Provisioned()
        try work.keep(1)
        let broken = try #require(await work.engine.launcher.nextSandbox())
        #expect(await broken.nextCommand() == .start(tag: 1))
        broken.reportExit(tag: 1, status: 3)
        #expect(await work.engine.nextStopped() == broken.environment)
        #expect(
            try work.status(1)
                == ProvisionedStatus(
                    allocated: 0, available: 0, state: .failed, reason: "FUNCTION_ERROR_INIT_FAILURE"))
        #expect(
            work.engine.log.lines.contains { $0.hasSuffix("Phase: init\tStatus: error\tError Type: Runtime.ExitError") }
        )
        try work.keep(1)
        #expect(try work.status(1).state == .inProgress)
        _ = try await work.ready()
        #expect(try work.status(1).state == .ready)
    }

    @Test func `that could not be made by the platform say why`() async throws {
        let work = Provisioned()
        work.engine.launcher.failNext(with: .setupFailed(step: "pivot_root", errno: 22))
        try work.keep(1)
        _ = await work.engine.nextStopped()
        #expect(
            try work.status(1)
                == ProvisionedStatus(
                    allocated: 0, available: 0, state: .failed,
                    reason:
                        "The environment could not be started: step pivot_root of the sandbox failed with errno 22."))
        // After a second it is tried again by itself.
        _ = try await work.ready()
        #expect(try work.status(1).state == .ready)
    }

    @Test func `are replaced when they end`() async throws {
        let work = Provisioned()
        try work.keep(1)
        let first = try await work.ready()
        first.sandbox.vanish()
        #expect(await work.engine.nextStopped() == first.sandbox.environment)
        #expect(try work.status(1).allocated == 0)
        _ = try await work.ready()
        #expect(try work.status(1).state == .ready)
    }

    @Test func `serve whoever waits for one of its own`() async throws {
        let work = Provisioned(accountLimit: 2)
        try work.keep(1)
        let sandbox = try #require(await work.engine.launcher.nextSandbox())
        let function = try work.engine.function(version: "1")
        let answer = work.engine.invoke(function)
        let own = try #require(await work.engine.launcher.nextSandbox())
        let (runtime, id) = try await sandbox.runtimeWithEvent()
        // It holds nothing of the account now: another may have the one that is left.
        let second = work.engine.invoke(try work.engine.function(version: "2"))
        let other = try #require(await work.engine.launcher.nextSandbox())
        _ = try await runtime.respond(id, "1")
        #expect(try await answer.value.get().payload == Array("1".utf8))
        for sandbox in [own, other] { sandbox.vanish() }
        _ = await second.value
    }

    @Test func `end with their version, and with the plane`() async throws {
        let work = Provisioned()
        try work.keep(1)
        let first = try await work.ready()
        work.engine.plane.versionDeleted(try work.engine.function(version: "1").versionKey)
        #expect(await work.engine.nextStopped() == first.sandbox.environment)
        try work.keep(1, version: "2")
        let second = try await work.ready()
        await work.engine.plane.drain(within: .zero)
        #expect(await work.engine.nextStopped() == second.sandbox.environment)
        #expect(work.engine.launcher.isIdle)
    }

    @Test func `are not kept of a version that is not active yet`() async throws {
        let work = Provisioned()
        var pending = try work.engine.function(version: "1")
        pending.state = .pending
        let record = try work.record("1", 1)
        try work.keep([.init(record, shares: [.init(function: pending, count: 1)])])
        #expect(try work.status(1, "1") == ProvisionedStatus(allocated: 0, available: 0, state: .inProgress))
        #expect(await work.engine.plane.codeInUse() == [])
        try work.keep([.init(record, shares: [.init(function: try work.engine.function(version: "1"), count: 1)])])
        _ = try await work.ready()
        #expect(try work.status(1, "1").state == .ready)
    }
}
