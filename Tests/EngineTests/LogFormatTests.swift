import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

/// What one invocation of a function writes into its log, driven through a sandbox that the test plays.
private struct LoggedRun {
    let engine: EngineFixture
    let sandbox: FakeSandbox
    let runtime: FakeRuntime
    let id: String
    let answer: Task<Result<InvocationAnswer, InvocationFailure>, Never>

    init(
        format: String, application: String? = nil, system: String? = nil, isManaged: Bool = true, timeout: Int = 30
    ) async throws {
        self.engine = EngineFixture(isManaged: isManaged)
        var function = try self.engine.function(timeout: timeout)
        function.logging = .init(
            format: format, group: "/aws/lambda/hello", applicationLevel: application, systemLevel: system)
        self.answer = self.engine.invoke(function, tail: true)
        self.sandbox = try #require(await self.engine.launcher.nextSandbox())
        self.runtime = try await self.sandbox.runtime()
        self.id = try #require(try await self.runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
    }

    /// Answers, and gives the lines of the answer's tail.
    func finish() async throws -> [String] {
        _ = try await self.runtime.respond(self.id, "1")
        _ = Task { [runtime = self.runtime] in try await runtime.next() }
        return try await self.tail()
    }

    func tail() async throws -> [String] {
        let tail = try await self.answer.value.get().logTail ?? []
        return String(decoding: tail, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// The members of a system event.
private func event(_ line: String) throws -> (type: String, record: JSONObject) {
    let object = try #require(try JSONValue.parse(Array(line.utf8)).objectValue)
    #expect(object.map { $0.key } == ["time", "type", "record"])
    return (object["type"]?.stringValue ?? "", object["record"]?.objectValue ?? [:])
}

@Suite struct `A function's log in JSON format` {
    @Test func `has objects instead of START, END and REPORT`() async throws {
        let run = try await LoggedRun(format: "JSON")
        let lines = try await run.finish()
        #expect(try lines.map { try event($0).type } == ["platform.start", "platform.report"])
        let report = try event(lines[1]).record
        #expect(report["requestId"]?.stringValue == run.id && report["status"]?.stringValue == "success")
        #expect(report["metrics"]?.objectValue?["initDurationMs"]?.doubleValue != nil)
        #expect(try run.engine.log.lines.prefix(1).map { try event($0).type } == ["platform.initStart"])
        #expect(run.engine.log.lines.suffix(2) == lines[...])
    }

    @Test func `tells everything at level DEBUG`() async throws {
        let run = try await LoggedRun(format: "JSON", system: "DEBUG")
        _ = try await run.finish()
        let types = try run.engine.log.lines.map { try event($0).type }
        #expect(
            types == [
                "platform.initStart", "platform.initRuntimeDone", "platform.initReport", "platform.start",
                "platform.runtimeDone", "platform.report",
            ])
        let done = try event(run.engine.log.lines[4]).record
        #expect(done["metrics"]?.objectValue?["producedBytes"]?.intValue == 1)
        #expect(
            done["spans"]?.arrayValue?.compactMap { $0.objectValue?["name"]?.stringValue }
                == ["responseLatency", "responseDuration", "runtimeOverhead"])
    }

    @Test func `tells of failures only at level WARN`() async throws {
        let quiet = try await LoggedRun(format: "JSON", system: "WARN")
        #expect(try await quiet.finish().isEmpty)
        let run = try await LoggedRun(format: "JSON", system: "WARN")
        run.sandbox.reportExit(tag: 1, status: 3)
        let lines = try await run.tail()
        #expect(try lines.map { try event($0).type } == ["platform.runtimeDone", "platform.report"])
        for line in lines {
            let record = try event(line).record
            #expect(record["status"]?.stringValue == "error")
            #expect(record["errorType"]?.stringValue == "Runtime.ExitError")
        }
    }

    @Test func `has no free text of a timeout`() async throws {
        let run = try await LoggedRun(format: "JSON", timeout: 1)
        let lines = try await run.tail()
        #expect(try lines.map { try event($0).type } == ["platform.start", "platform.runtimeDone", "platform.report"])
        #expect(try lines.dropFirst().allSatisfy { try event($0).record["status"]?.stringValue == "timeout" })
    }

    @Test func `has the function's lines from the configured level on, in the log and in the tail`() async throws {
        let run = try await LoggedRun(format: "JSON", application: "WARN", system: "WARN")
        let kept = #"{"timestamp":"2025-03-07T09:30:12.345Z","level":"ERROR","message":"kept"}"#
        run.sandbox.writeLog("plain\n\(kept)\n")
        run.sandbox.writeFrames(frame("debug\n", type: 0xA55A_000A) + frame("{\"a\":\n\"b\"}\n", type: 0xA55A_0012))
        let lines = try await run.finish()
        #expect(lines == [kept, "{\"a\":", "\"b\"}"])
        let own = run.engine.log.all.filter { $0.kind == .function }.map { String(decoding: $0.message, as: UTF8.self) }
        #expect(own == [kept, "{\"a\":\n\"b\"}"])
    }
}

@Suite struct `A function's framed records` {
    @Test func `are one entry each, in text format too`() async throws {
        let run = try await LoggedRun(format: "Text")
        run.sandbox.writeFrames(
            frame("[ERROR] KeyError\nTraceback:\n  line 1\n", type: 0xA55A_0017) + frame("second", type: 0xA55A_0003))
        _ = try await run.finish()
        let own = run.engine.log.all.filter { $0.kind == .function }
        #expect(
            own.map { String(decoding: $0.message, as: UTF8.self) } == [
                "[ERROR] KeyError\nTraceback:\n  line 1", "second",
            ])
        #expect(own.allSatisfy { $0.requestID?.text == run.id })
        // The pipe does not change what the platform writes, nor the order.
        let platform = run.engine.log.lines.map { $0.prefix { $0 != " " } }
        #expect(platform.first == "INIT_START" && platform.suffix(2) == ["END", "REPORT"])
    }

    @Test func `that an invocation leaves unfinished are whole once the runtime has written the rest`() async throws {
        let run = try await LoggedRun(format: "Text")
        let record = frame("begun in one, ended in the next")
        run.sandbox.writeFrames(Array(record.prefix(25)))
        _ = try await run.finish()
        #expect(run.engine.log.all.allSatisfy { $0.kind == .platform })
        run.sandbox.writeFrames(Array(record.dropFirst(25)))
        run.engine.plane.functionDeleted(try run.engine.function().key)
        _ = await run.engine.nextStopped()
        let own = run.engine.log.all.filter { $0.kind == .function }
        #expect(own.map { String(decoding: $0.message, as: UTF8.self) } == ["begun in one, ended in the next"])
    }

    @Test func `that a crash left behind are all there, the last one as far as it came`() async throws {
        let run = try await LoggedRun(format: "Text")
        run.sandbox.writeFrames(frame("whole") + frame("torn record", length: 100))
        run.sandbox.reportSignal(tag: 1, number: 9)
        let lines = try await run.tail()
        #expect(lines.dropFirst().prefix(2) == ["whole", "torn record"])
    }

    @Test func `have no pipe where the runtime is not a managed one`() async throws {
        let run = try await LoggedRun(format: "Text", isManaged: false)
        #expect(!run.sandbox.request.framesLog && run.sandbox.frameWriter == nil)
        let lines = try await run.finish()
        #expect(lines.map { $0.prefix { $0 != " " } } == ["START", "END", "REPORT"])
    }
}

@Suite struct `A failure in a log in text format` {
    @Test func `has one START`() async throws {
        let run = try await LoggedRun(format: "Text")
        run.sandbox.reportExit(tag: 1, status: 3)
        let lines = try await run.tail()
        #expect(lines.map { $0.prefix { $0 != " " } } == ["START", "END", "REPORT"])
        #expect(lines[2].hasSuffix("Status: error\tError Type: Runtime.ExitError"))
    }
}
