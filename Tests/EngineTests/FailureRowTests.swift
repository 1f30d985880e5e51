import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

/// One row of what can go wrong while a function runs: what happens, the caller's body, and the end of the REPORT line.
struct FailureRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var timeout = 30
    let happen: @Sendable (FakeSandbox, FakeRuntime, String) async throws -> Void
    let body: @Sendable (String) -> String
    /// `nil` for a REPORT without a status.
    let status: String?
    /// Whether the processes are ended and the runtime is started anew for the next invocation.
    let isReset: Bool

    static func words(_ id: String, _ text: String, type: String = "Runtime.ExitError") -> String {
        "{\"errorType\":\"\(type)\",\"errorMessage\":\"RequestId: \(id) Error: \(text)\"}"
    }

    private static func post(
        _ runtime: FakeRuntime, _ path: String, headers: [(String, String)] = [], _ body: String
    ) async throws {
        _ = try await runtime.call("POST", "/2018-06-01/runtime/\(path)", headers: headers, body: Array(body.utf8))
        _ = Task { try await runtime.next() }
    }

    static let all: [FailureRow] = [
        FailureRow(
            testDescription: "the handler raises",
            happen: { _, runtime, id in
                try await Self.post(
                    runtime, "invocation/\(id)/error",
                    headers: [("Lambda-Runtime-Function-Error-Type", "Runtime.ValueError")],
                    "{\"errorMessage\": \"spoiled\", \"errorType\": \"ValueError\", \"stackTrace\": []}")
            }, body: { _ in "{\"errorMessage\": \"spoiled\", \"errorType\": \"ValueError\", \"stackTrace\": []}" },
            status: nil, isReset: false),
        FailureRow(
            testDescription: "the handler raises, and the runtime names no type",
            happen: { _, runtime, id in try await Self.post(runtime, "invocation/\(id)/error", "not even JSON") },
            body: { _ in "not even JSON" }, status: nil, isReset: false),
        FailureRow(
            testDescription: "the function takes too long", timeout: 1, happen: { _, _, _ in },
            body: { Self.words($0, "Task timed out after 1.00 seconds", type: "Sandbox.Timedout") },
            status: "Status: timeout", isReset: true),
        FailureRow(
            testDescription: "the runtime exits with 0",
            happen: { sandbox, _, _ in sandbox.reportExit(tag: 1, status: 0) },
            body: { Self.words($0, "Runtime exited without providing a reason") },
            status: "Status: error\tError Type: Runtime.ExitError", isReset: true),
        FailureRow(
            testDescription: "the runtime exits with 127",
            happen: { sandbox, _, _ in sandbox.reportExit(tag: 1, status: 127) },
            body: { Self.words($0, "Runtime exited with error: exit status 127") },
            status: "Status: error\tError Type: Runtime.ExitError", isReset: true),
        FailureRow(
            testDescription: "the runtime is killed by a signal",
            happen: { sandbox, _, _ in sandbox.reportSignal(tag: 1, number: 11) },
            body: { Self.words($0, "Runtime exited with error: signal: segmentation fault") },
            status: "Status: error\tError Type: Runtime.ExitError", isReset: true),
        FailureRow(
            testDescription: "the runtime is killed, and not for memory",
            happen: { sandbox, _, _ in sandbox.reportSignal(tag: 1, number: 9) },
            body: { Self.words($0, "Runtime exited with error: signal: killed") },
            status: "Status: error\tError Type: Runtime.ExitError", isReset: true),
        FailureRow(
            testDescription: "the runtime is killed for memory",
            happen: { sandbox, _, _ in
                sandbox.setMemoryKills(1)
                sandbox.reportSignal(tag: 1, number: 9)
            }, body: { Self.words($0, "Runtime exited with error: signal: killed", type: "Runtime.OutOfMemory") },
            status: "Status: error\tError Type: Runtime.OutOfMemory", isReset: true),
        FailureRow(
            testDescription: "the shell around the runtime tells that it was killed for memory",
            happen: { sandbox, _, _ in
                sandbox.setMemoryKills(1)
                sandbox.reportExit(tag: 1, status: 137)
            }, body: { Self.words($0, "Runtime exited with error: exit status 137", type: "Runtime.OutOfMemory") },
            status: "Status: error\tError Type: Runtime.OutOfMemory", isReset: true),
        FailureRow(
            testDescription: "the runtime exits by itself after a child was killed for memory",
            happen: { sandbox, _, _ in
                sandbox.setMemoryKills(1)
                sandbox.reportExit(tag: 1, status: 1)
            }, body: { Self.words($0, "Runtime exited with error: exit status 1") },
            status: "Status: error\tError Type: Runtime.ExitError", isReset: true),
        FailureRow(
            testDescription: "the response is too large",
            happen: { _, runtime, id in
                let large = String(repeating: "x", count: Limits.responsePayloadBytes + 1)
                try await Self.post(runtime, "invocation/\(id)/response", large)
            },
            body: { _ in
                "{\"errorType\":\"Function.ResponseSizeTooLarge\",\"errorMessage\":\"Response payload size exceeded "
                    + "maximum allowed payload size (6291556 bytes).\"}"
            }, status: nil, isReset: false),
    ]
}

@Suite(.timeLimit(.minutes(2))) struct `What goes wrong while a function runs` {
    @Test(arguments: FailureRow.all)
    func `is answered and logged as AWS does`(row: FailureRow) async throws {
        let engine = EngineFixture()
        let function = try engine.function(timeout: row.timeout)
        let answer = engine.invoke(function, tail: true)
        let sandbox = try #require(await engine.launcher.nextSandbox())
        #expect(await sandbox.nextCommand() == .start(tag: 1))
        let runtime = try await sandbox.runtime()
        let id = try #require(try await runtime.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        sandbox.writeLog("so far\n")
        try await row.happen(sandbox, runtime, id)

        let result = try await answer.value.get()
        #expect(result.isFunctionError)
        #expect(result.executedVersion == "$LATEST")
        #expect(String(decoding: result.payload, as: UTF8.self) == row.body(id))
        let tail = String(decoding: try #require(result.logTail), as: UTF8.self)
        let lines = tail.split(separator: "\n").map(String.init)
        #expect(lines.first == "START RequestId: \(id) Version: $LATEST")
        #expect(lines.contains("so far"))
        #expect(lines.dropLast().last == "END RequestId: \(id)")
        let report = try #require(lines.last)
        #expect(report.hasPrefix("REPORT RequestId: \(id)\tDuration: "))
        #expect(report.contains(" ms\tMemory Size: 128 MB\tMax Memory Used: 8 MB\tInit Duration: "))
        #expect(report.hasSuffix(" ms\t\(row.status ?? "")"))
        #expect(lines.contains { $0.hasSuffix("\(id) Task timed out after 1.00 seconds") } == (row.timeout == 1))

        // The same sandbox serves the next: after a reset with a new runtime, whose init is inside the invocation.
        let next = engine.invoke(function, tail: true)
        var again = runtime
        if row.isReset {
            #expect(await sandbox.nextCommand() == .killAll)
            sandbox.reportAllKilled()
            #expect(await sandbox.nextCommand() == .start(tag: 2))
            again = try await sandbox.runtime()
            let event = try #require(try await again.next().headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
            _ = try await again.respond(event, "1")
            _ = Task { try await again.next() }
            let tail = try #require(try await next.value.get().logTail)
            #expect(!String(decoding: tail, as: UTF8.self).contains("Init"))
        }
        #expect(engine.launcher.isIdle)
    }
}
