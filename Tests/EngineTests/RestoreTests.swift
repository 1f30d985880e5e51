import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import TestSupport
import Testing

/// A function whose version 1 has SnapStart, and the sandbox of its first environment.
private struct Snapped {
    let clock = ManualClock()
    let engine: EngineFixture
    let function: FunctionRecord

    /// - Parameter time: Telemetry goes out by a clock that moves by itself.
    init(restoreTimeout: Duration = Limits.restorePhase, time: (any TimeSource)? = nil) throws {
        var settings = EngineSettings()
        settings.restoreTimeout = restoreTimeout
        self.engine = EngineFixture(settings, time: time ?? self.clock)
        var function = try self.engine.function(version: "1")
        function.snapStart = .publishedVersions
        self.function = function
    }

    func sandbox() async throws -> FakeSandbox { try #require(await self.engine.launcher.nextSandbox()) }

    /// Begins a preparation; it is awaited through the task.
    func prepare() -> Task<PreparationFailure?, Never> {
        Task { [engine, function] in
            do throws(PreparationFailure) { try await engine.plane.prepare(function) } catch { return error }
            return nil
        }
    }

    /// The platform's lines, each by its first word, with the part that says how it went.
    var lines: [String] {
        self.engine.log.all.filter { $0.kind == .platform }.map { entry in
            let line = String(decoding: entry.message, as: UTF8.self)
            let word = String(line.prefix { $0 != " " })
            guard word.hasSuffix("_REPORT") else { return word }
            return ([word] + line.split(separator: "\t").dropFirst().map(String.init)).joined(separator: "|")
        }
    }
}

extension FakeRuntime {
    fileprivate func restoreNext() async throws -> Reply {
        try await self.call("GET", "/2018-06-01/runtime/restore/next")
    }

    fileprivate func post(_ path: String, type: String? = nil) async throws -> Reply {
        try await self.call(
            "POST", "/2018-06-01/runtime/\(path)",
            headers: type.map { [("Lambda-Runtime-Function-Error-Type", $0)] } ?? [], body: Array("{}".utf8))
    }
}

@Suite(.timeLimit(.minutes(1))) struct `An environment of SnapStart` {
    @Test func `runs its hooks around a restore, and then its first invocation`() async throws {
        let work = try Snapped()
        let answer = work.engine.invoke(work.function, tail: true)
        let sandbox = try await work.sandbox()
        let runtime = try await sandbox.runtime()
        let environment = try #require(await sandbox.startEnvironment)
        #expect(environment.contains("AWS_LAMBDA_INITIALIZATION_TYPE=snap-start"))
        #expect(!environment.contains { $0.hasPrefix("AWS_ACCESS_KEY_ID=") || $0.hasPrefix("AWS_LAMBDA_LOG_") })
        let restored = try await runtime.restoreNext()
        #expect(restored.status == 200 && restored.text == "")
        #expect(work.lines == ["INIT_START", "INIT_REPORT|Phase: snap-start|Status: success", "RESTORE_START"])
        work.clock.advance(by: .milliseconds(250))
        try await runtime.answerNext("\"fine\"")
        _ = Task { try await runtime.next() }
        let result = try await answer.value.get()
        #expect(result.payload == Array("\"fine\"".utf8) && !result.isFunctionError)
        #expect(work.lines.suffix(5) == ["RESTORE_START", "RESTORE_REPORT", "START", "END", "REPORT"])
        let report = try #require(work.engine.log.lines.last)
        #expect(report.contains("\tDuration: 0.00 ms\tBilled Duration: 251 ms\t"))
        #expect(report.hasSuffix("\tRestore Duration: 250.00 ms\tBilled Restore Duration: 250 ms\t"))
        #expect(!report.contains("Init Duration"))
    }

    @Test func `is restored once`() async throws {
        let work = try Snapped()
        let first = work.engine.invoke(work.function)
        let sandbox = try await work.sandbox()
        let runtime = try await sandbox.runtime()
        #expect(try await runtime.restoreNext().status == 200)
        try await runtime.answerNext("1")
        let event = Task { try await runtime.next() }
        _ = try await first.value.get()
        await work.engine.reached(.ready, sandbox.environment, times: 2)
        let second = work.engine.invoke(work.function, tail: true)
        let id = try #require(try await event.value.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "2")
        _ = Task { try await runtime.next() }
        #expect(try await second.value.get().payload == Array("2".utf8))
        #expect(work.lines.count { $0 == "RESTORE_START" } == 1)
        #expect(work.engine.log.lines.last?.contains("Restore") == false)
    }

    @Test func `waits for nobody whose runtime asks for an event at once`() async throws {
        let work = try Snapped()
        let answer = work.engine.invoke(work.function, tail: true)
        let runtime = try await work.sandbox().runtime()
        try await runtime.answerNext("1")
        _ = Task { try await runtime.next() }
        #expect(try await answer.value.get().payload == Array("1".utf8))
        #expect(
            work.lines == [
                "INIT_START", "INIT_REPORT|Phase: snap-start|Status: success", "RESTORE_START", "RESTORE_REPORT",
                "START", "END", "REPORT",
            ])
    }

    @Test(arguments: ["restore/error", "init/error"])
    func `whose after-restore hook fails answers with an error of the service, and goes`(path: String) async throws {
        let work = try Snapped()
        let answer = work.engine.invoke(work.function)
        let sandbox = try await work.sandbox()
        let runtime = try await sandbox.runtime()
        #expect(try await runtime.restoreNext().status == 200)
        #expect(try await runtime.post(path, type: "Runtime.AfterRestoreError").status == 202)
        #expect(await answer.value == .failure(.restoreFailed))
        #expect(await work.engine.nextStopped() == sandbox.environment)
        #expect(
            work.lines.last == "RESTORE_REPORT|Status: error|Error Type: Runtime.AfterRestoreError", "\(work.lines)")
        // The next invocation has another environment.
        let next = work.engine.invoke(work.function)
        try await work.sandbox().runtime().answerNext("1")
        #expect(try await next.value.get().payload == Array("1".utf8))
    }

    @Test func `whose after-restore hooks take too long is a timeout of the restore`() async throws {
        let work = try Snapped(restoreTimeout: .milliseconds(100))
        let answer = work.engine.invoke(work.function)
        let sandbox = try await work.sandbox()
        let runtime = try await sandbox.runtime()
        #expect(try await runtime.restoreNext().status == 200)
        work.clock.advance(by: .milliseconds(100))
        #expect(await answer.value == .failure(.restoreTimedOut))
        #expect(await work.engine.nextStopped() == sandbox.environment)
        #expect(work.lines.last == "RESTORE_REPORT|Status: timeout")
    }

    @Test func `whose runtime ends in the restore says how`() async throws {
        let work = try Snapped()
        let answer = work.engine.invoke(work.function)
        let sandbox = try await work.sandbox()
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        let runtime = try await sandbox.runtime()
        #expect(try await runtime.restoreNext().status == 200)
        sandbox.reportExit(tag: 1, status: 65)
        #expect(await answer.value == .failure(.restoreFailed))
        #expect(work.lines.last == "RESTORE_REPORT|Status: error|Error Type: Runtime.ExitError")
        #expect(await work.engine.nextStopped() == sandbox.environment)
    }

    @Test func `whose sandbox ends in the restore says so`() async throws {
        let work = try Snapped()
        let answer = work.engine.invoke(work.function)
        let sandbox = try await work.sandbox()
        let runtime = try await sandbox.runtime()
        #expect(try await runtime.restoreNext().status == 200)
        sandbox.vanish()
        #expect(await answer.value == .failure(.restoreFailed))
        #expect(await work.engine.nextStopped() == sandbox.environment)
    }

    @Test func `whose invocation fails is replaced, for its next init would be inside an invocation`() async throws {
        let work = try Snapped()
        let answer = work.engine.invoke(work.function)
        let sandbox = try await work.sandbox()
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        let runtime = try await sandbox.runtime()
        #expect(try await runtime.restoreNext().status == 200)
        #expect(try await runtime.next().status == 200)
        sandbox.reportExit(tag: 1, status: 1)
        #expect(try await answer.value.get().isFunctionError)
        #expect(await work.engine.nextStopped() == sandbox.environment)
    }

    @Test func `whose init fails answers with that failure, and does not try again`() async throws {
        let work = try Snapped()
        let answer = work.engine.invoke(work.function)
        let sandbox = try await work.sandbox()
        let reply = try await sandbox.runtime().post("init/error", type: "Runtime.BeforeSnapshotError")
        #expect(reply.status == 202)
        let result = try await answer.value.get()
        #expect(result.isFunctionError && result.payload == Array("{}".utf8))
        #expect(await work.engine.nextStopped() == sandbox.environment)
        #expect(
            work.lines.contains("INIT_REPORT|Phase: snap-start|Status: error|Error Type: Runtime.BeforeSnapshotError"))
    }

    @Test func `whose restore was not heard tells it again`() async throws {
        let work = try Snapped()
        let ready = work.prepare()
        let sandbox = try await work.sandbox()
        let lost = try await sandbox.runtime()
        let unheard = Task { try? await lost.restoreNext() }
        #expect(await ready.value == nil)
        lost.close()
        _ = await unheard.value
        let answer = work.engine.invoke(work.function)
        await work.engine.reached(.invoking, sandbox.environment)
        let runtime = try await sandbox.runtime()
        #expect(try await runtime.restoreNext().status == 200)
        try await runtime.answerNext("1")
        #expect(try await answer.value.get().payload == Array("1".utf8))
    }

    @Test func `refuses what its state does not allow`() async throws {
        let work = try Snapped()
        let ready = work.prepare()
        let sandbox = try await work.sandbox()
        let runtime = try await sandbox.runtime()
        let early = try await runtime.post("restore/error")
        #expect(early.status == 403 && early.text.contains("State transition from Started to RestoreError failed"))
        let waiting = Task { try await runtime.restoreNext() }
        #expect(await ready.value == nil)
        let other = try await sandbox.runtime()
        #expect(try await other.next().text.contains("State transition from RestoreReady to Ready failed"))
        _ = work.engine.invoke(work.function)
        #expect(try await waiting.value.status == 200)
        #expect(try await runtime.next().status == 200)
        let late = try await other.restoreNext()
        #expect(late.status == 403 && late.text.contains("State transition from Running to RestoreReady failed"))
        #expect(try await other.call("POST", "/2018-06-01/runtime/restore/next").status == 405)
    }

    @Test func `gives the role's credentials to whoever has its token`() async throws {
        let work = try Snapped()
        _ = work.engine.invoke(work.function)
        let sandbox = try await work.sandbox()
        let runtime = try await sandbox.runtime()
        let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN="
        let line = try #require(await sandbox.startEnvironment?.first { $0.hasPrefix(name) })
        let path = "/2021-04-23/credentials"
        let token = String(line.dropFirst(name.count))
        let found = try await runtime.call("GET", path, headers: [("Authorization", token)])
        #expect(found.status == 200 && found.headers.first(name: "Content-Type") == "application/json")
        #expect(found.text.hasPrefix(#"{"AccessKeyId":"AKIDTEST","SecretAccessKey":"secret","Token":"token","#))
        for headers in [[], [("Authorization", "another")]] {
            let refused = try await runtime.call("GET", path, headers: headers)
            #expect(refused.status == 404 && refused.text == "cannot get credentials for the provided token")
        }
        sandbox.vanish()
    }

    @Test(arguments: [
        ("GET", "/2018-06-01/runtime/restore/next"), ("POST", "/2018-06-01/runtime/restore/error"),
        ("GET", "/2021-04-23/credentials"),
    ])
    func `is the only one that has these paths`(method: String, path: String) async throws {
        let work = try Snapped()
        // $LATEST is never restored.
        var latest = work.function
        latest.version = FunctionRecord.latest
        _ = work.engine.invoke(latest)
        let sandbox = try await work.sandbox()
        #expect(try await sandbox.runtime().call(method, path).status == 404)
        #expect(await sandbox.startEnvironment?.contains("AWS_LAMBDA_INITIALIZATION_TYPE=on-demand") == true)
        sandbox.vanish()
    }

    @Test func `tells subscribers of its restore`() async throws {
        let work = try Snapped(time: WallClock())
        work.engine.launcher.hasExtensions()
        var function = work.function
        function.layers = [.init(versionARN: "arn:aws:lambda:us-east-1:000000000000:layer:l:1", code: function.code)]
        let answer = work.engine.invoke(function)
        let sandbox = try await work.sandbox()
        #expect(await sandbox.nextCommand() == .list(tag: 1))
        #expect(await sandbox.nextCommand() == .list(tag: 2))
        sandbox.reportFiles(tag: 1, ["one"])
        sandbox.reportFiles(tag: 2, [], errno: 2)
        #expect(await sandbox.nextCommand() == .log)
        guard case .startExtension? = await sandbox.nextCommand() else {
            Issue.record("the extension was not started")
            return
        }
        let consumer = try await TelemetryConsumer.http()
        let client = ExtensionClient(runtime: try await sandbox.runtime())
        let id = try await client.register("one", "[\"INVOKE\"]")
        #expect(
            try await client.subscribe(
                id,
                "{\"schemaVersion\":\"2022-12-13\",\"types\":[\"platform\"],"
                    + "\"buffering\":{\"timeoutMs\":25,\"maxBytes\":262144,\"maxItems\":1000},"
                    + "\"destination\":{\"protocol\":\"HTTP\",\"URI\":\"http://sandbox.localdomain:\(consumer.port)\"}}"
            ).status == 200)
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        let runtime = try await sandbox.runtime()
        let restored = Task { try await runtime.restoreNext() }
        _ = Task { try await client.next(id) }
        _ = try await restored.value
        try await runtime.answerNext("1")
        #expect(try await answer.value.get().payload == Array("1".utf8))
        let start = try #require(await consumer.next("platform.restoreStart"))
        #expect(start.contains("\"functionVersion\":\"1\""))
        #expect(await consumer.next("platform.restoreRuntimeDone")?.contains("\"status\":\"success\"") == true)
        #expect(await consumer.next("platform.restoreReport")?.contains("\"durationMs\":") == true)
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A version that is prepared` {
    @Test func `has its init before anybody invokes it, and its restore then`() async throws {
        let work = try Snapped()
        let ready = work.prepare()
        let sandbox = try await work.sandbox()
        let runtime = try await sandbox.runtime()
        let restored = Task { try await runtime.restoreNext() }
        #expect(await ready.value == nil)
        #expect(work.lines == ["INIT_START", "INIT_REPORT|Phase: snap-start|Status: success"])
        let answer = work.engine.invoke(work.function)
        #expect(try await restored.value.status == 200)
        try await runtime.answerNext("1")
        #expect(try await answer.value.get().payload == Array("1".utf8))
        #expect(work.engine.launcher.isIdle)
    }

    @Test func `is not where its init fails`() async throws {
        let work = try Snapped()
        let ready = work.prepare()
        let sandbox = try await work.sandbox()
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        sandbox.reportExit(tag: 1, status: 64)
        #expect(await ready.value == .function)
        #expect(await work.engine.nextStopped() == sandbox.environment)
    }

    @Test func `is not where the platform cannot start it`() async throws {
        let work = try Snapped()
        work.engine.launcher.failNext(with: .setupFailed(step: "pivot_root", errno: 22))
        #expect(
            await work.prepare().value
                == .platform(
                    "The environment could not be started: step pivot_root of the sandbox failed with errno 22."))
    }

    @Test func `needs no preparation where its environments hold several invocations`() async throws {
        let engine = EngineFixture(runtimes: SharedRuntimes(slots: 4))
        var function = try engine.function(version: "1")
        function.snapStart = .publishedVersions
        try await engine.plane.prepare(function)
        #expect(engine.launcher.isIdle)
    }

    @Test func `is not where it is deleted or the plane stops meanwhile`() async throws {
        let work = try Snapped()
        let deleted = work.prepare()
        let sandbox = try await work.sandbox()
        work.engine.plane.versionDeleted(work.function.versionKey)
        #expect(await deleted.value == .abandoned)
        sandbox.vanish()
        #expect(await work.engine.nextStopped() == sandbox.environment)
        let stopped = work.prepare()
        let other = try await work.sandbox()
        await work.engine.plane.drain(within: .zero)
        #expect(await stopped.value == .abandoned)
        #expect(await work.engine.nextStopped() == other.environment)
        #expect(await work.prepare().value == .abandoned)
    }
}
