import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

/// How an init fails, and what is told of it.
struct InitFault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Makes the init fail that has this tag.
    let happen: @Sendable (FakeSandbox, UInt32) async throws -> Void
    let body: @Sendable (String) -> String
    let type: String

    static let all: [InitFault] = [
        InitFault(
            testDescription: "its runtime posts an error",
            happen: { sandbox, _ in
                let reply = try await sandbox.runtime().call(
                    "POST", "/2018-06-01/runtime/init/error",
                    headers: [("Lambda-Runtime-Function-Error-Type", "Runtime.ImportModuleError")],
                    body: Array("{\"errorMessage\": \"no module\", \"requestId\": \"\"}".utf8))
                #expect(reply.status == 202)
            },
            body: { _ in "{\"errorMessage\": \"no module\", \"requestId\": \"\"}" },
            type: "Runtime.ImportModuleError"),
        InitFault(
            testDescription: "its runtime exits with 0",
            happen: { sandbox, tag in sandbox.reportExit(tag: tag, status: 0) },
            body: { Self.exit($0, "Runtime exited without providing a reason") }, type: "Runtime.ExitError"),
        InitFault(
            testDescription: "its runtime exits with 3",
            happen: { sandbox, tag in sandbox.reportExit(tag: tag, status: 3) },
            body: { Self.exit($0, "Runtime exited with error: exit status 3") }, type: "Runtime.ExitError"),
        InitFault(
            testDescription: "its runtime is killed",
            happen: { sandbox, tag in sandbox.reportSignal(tag: tag, number: 11) },
            body: { Self.exit($0, "Runtime exited with error: signal: segmentation fault") }, type: "Runtime.ExitError"),
        InitFault(
            testDescription: "its runtime is killed for memory",
            happen: { sandbox, tag in
                sandbox.setMemoryKills(Int(tag))
                sandbox.reportSignal(tag: tag, number: 9)
            },
            body: { Self.exit($0, "Runtime exited with error: signal: killed", type: "Runtime.OutOfMemory") },
            type: "Runtime.OutOfMemory"),
        InitFault(
            testDescription: "its runtime cannot be executed",
            happen: { sandbox, tag in sandbox.reportStartFailed(tag: tag, errno: 2) },
            body: {
                Self.exit($0, "/usr/bin/runtime could not be executed: errno 2", type: "Runtime.InvalidEntrypoint")
            },
            type: "Runtime.InvalidEntrypoint"),
    ]

    private static func exit(_ id: String, _ text: String, type: String = "Runtime.ExitError") -> String {
        "{\"errorType\":\"\(type)\",\"errorMessage\":\"RequestId: \(id) Error: \(text)\"}"
    }
}

extension EngineFixture {
    /// The platform's lines, each without what differs from run to run.
    fileprivate var platformLines: [String] {
        self.log.all.filter { $0.kind == .platform }.map { entry in
            let line = String(decoding: entry.message, as: UTF8.self)
            guard line.hasPrefix("INIT_REPORT") else { return String(line.prefix { $0 != " " }) }
            return line.split(separator: "\t").dropFirst().joined(separator: "\t")
        }
    }
}

@Suite(.timeLimit(.minutes(2))) struct `An init that fails` {
    @Test(arguments: InitFault.all)
    func `is tried again inside the invocation, which has its second failure`(fault: InitFault) async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function(), tail: true)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        try await fault.happen(sandbox, 1)
        #expect(await sandbox.nextCommand() == .killAll)
        sandbox.reportAllKilled()
        #expect(await sandbox.nextCommand() == .start(tag: 2))
        try await fault.happen(sandbox, 2)
        #expect(await sandbox.nextCommand() == .killAll)
        let result = try await answer.value.get()
        #expect(result.isFunctionError)
        let tail = String(decoding: try #require(result.logTail), as: UTF8.self)
        let report = try #require(tail.split(separator: "\n").last.map(String.init))
        let id = String(report.dropFirst("REPORT RequestId: ".count).prefix(36))
        #expect(String(decoding: result.payload, as: UTF8.self) == fault.body(id))
        #expect(report.hasSuffix(" MB\tStatus: error\tError Type: \(fault.type)"))
        #expect(
            engine.platformLines == [
                "INIT_START", "Phase: init\tStatus: error\tError Type: \(fault.type)",
                "Phase: invoke\tStatus: error\tError Type: \(fault.type)", "START", "END", "REPORT",
            ])
        // The sandbox is kept, and its next init is again inside an invocation.
        sandbox.reportAllKilled()
        let next = engine.invoke(try engine.function())
        #expect(await sandbox.nextCommand() == .start(tag: 3))
        try await Self.serve(sandbox)
        #expect(try await next.value.get().payload == Array("\"fine\"".utf8))
        #expect(engine.launcher.isIdle)
    }

    @Test(arguments: InitFault.all)
    func `once is hidden by the second try, which counts into the invocation`(fault: InitFault) async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function(), tail: true)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        try await fault.happen(sandbox, 1)
        #expect(await sandbox.nextCommand() == .killAll)
        sandbox.reportAllKilled()
        #expect(await sandbox.nextCommand() == .start(tag: 2))
        try await Self.serve(sandbox)
        let result = try await answer.value.get()
        #expect(result.payload == Array("\"fine\"".utf8) && !result.isFunctionError)
        #expect(
            engine.platformLines == [
                "INIT_START", "Phase: init\tStatus: error\tError Type: \(fault.type)", "START", "END", "REPORT",
            ])
        #expect(engine.log.lines.last?.contains("Init Duration") == false)
        #expect(engine.log.lines.last?.hasSuffix(" MB\t") == true)
    }

    @Test func `for lack of time is tried again with the function's own`() async throws {
        let engine = EngineFixture(EngineSettings(lifecycle: .init(initTimeout: .milliseconds(300))))
        let answer = engine.invoke(try engine.function(), tail: true)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        #expect(await sandbox.nextCommand() == .killAll)
        sandbox.reportAllKilled()
        #expect(await sandbox.nextCommand() == .start(tag: 2))
        try await Self.serve(sandbox)
        #expect(try await answer.value.get().payload == Array("\"fine\"".utf8))
        #expect(engine.platformLines == ["INIT_START", "Phase: init\tStatus: timeout", "START", "END", "REPORT"])
    }

    @Test func `for lack of time twice is a timeout of the function`() async throws {
        let engine = EngineFixture(EngineSettings(lifecycle: .init(initTimeout: .milliseconds(100))))
        let answer = engine.invoke(try engine.function(timeout: 1))
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        #expect(await sandbox.nextCommand() == .killAll)
        sandbox.reportAllKilled()
        #expect(await sandbox.nextCommand() == .start(tag: 2))
        let body = String(decoding: try await answer.value.get().payload, as: UTF8.self)
        #expect(body.hasPrefix("{\"errorType\":\"Sandbox.Timedout\""))
        #expect(body.hasSuffix(" Error: Task timed out after 1.00 seconds\"}"))
        #expect(await sandbox.nextCommand() == .killAll)
        let lines = engine.platformLines
        // Between START and END stands the line that tools look for, which begins with a time.
        #expect(
            lines.prefix(4) == [
                "INIT_START", "Phase: init\tStatus: timeout", "Phase: invoke\tStatus: timeout", "START",
            ])
        #expect(lines.suffix(2) == ["END", "REPORT"] && lines.count == 7)
        #expect(engine.log.lines.last?.hasSuffix("\tStatus: timeout") == true)
    }

    @Test func `while the daemon stops is not tried again`() async throws {
        let engine = EngineFixture()
        let answer = engine.invoke(try engine.function())
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        sandbox.reportExit(tag: 1, status: 1)
        #expect(await sandbox.nextCommand() == .killAll)
        await engine.plane.drain(within: .zero)
        #expect(await answer.value == .failure(.shuttingDown))
        #expect(await sandbox.nextCommand() == .closed)
        #expect(await engine.nextStopped() == sandbox.environment)
    }

    private static func serve(_ sandbox: FakeSandbox) async throws {
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        _ = try await runtime.respond(id, "\"fine\"")
        _ = Task { try await runtime.next() }
    }
}
