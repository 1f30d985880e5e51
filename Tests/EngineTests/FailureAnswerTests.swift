import Engine
import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `The platform's answer for a function that gave none` {
    private static let prefix = "RequestId: \(PureSample.requestText) Error: "

    private func body(_ answer: FailureAnswer?) -> String? {
        answer.map { String(decoding: $0.body, as: UTF8.self) }
    }

    @Test(arguments: [
        (InvocationMachine.Failure.timedOut, "Sandbox.Timedout", "Task timed out after 3.00 seconds"),
        (
            .runtimeExited(.status(0), outOfMemory: false), "Runtime.ExitError",
            "Runtime exited without providing a reason"
        ),
        (
            .runtimeExited(.status(127), outOfMemory: false), "Runtime.ExitError",
            "Runtime exited with error: exit status 127"
        ),
        (
            .runtimeExited(.signal(11), outOfMemory: false), "Runtime.ExitError",
            "Runtime exited with error: signal: segmentation fault"
        ),
        (
            .runtimeExited(.signal(9), outOfMemory: true), "Runtime.OutOfMemory",
            "Runtime exited with error: signal: killed"
        ),
        (.sandboxEnded(outOfMemory: false), "Runtime.ExitError", "Runtime exited with error: signal: killed"),
        (.sandboxEnded(outOfMemory: true), "Runtime.OutOfMemory", "Runtime exited with error: signal: killed"),
        (
            .initFailed(.invalidEntrypoint("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")),
            "Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
        ),
        (.initFailed(.sandboxEnded), "Sandbox.Failure", "the sandbox ended while it was starting"),
    ])
    func `has AWS's type and words`(failure: InvocationMachine.Failure, type: String, text: String) {
        let answer = FailureAnswer(failure, request: PureSample.request, timeout: 3)
        #expect(answer.errorType == type)
        #expect(self.body(answer) == "{\"errorType\":\"\(type)\",\"errorMessage\":\"\(Self.prefix)\(text)\"}")
    }

    @Test func `is the runtime's own where its init reported an error`() {
        let own = "{\"errorMessage\": \"no module\", \"errorType\": \"Runtime.ImportModuleError\", \"requestId\": \"\"}"
        let failure = StartFailure.initError(type: "Runtime.ImportModuleError", body: Array(own.utf8))
        let first = FailureAnswer(startFailure: failure, request: PureSample.request, startupTimeout: .seconds(20))
        #expect(self.body(first) == own)
        #expect(first?.errorType == "Runtime.ImportModuleError")
        #expect(FailureAnswer(.initFailed(failure), request: PureSample.request, timeout: 3) == first)
    }

    @Test func `names the startup timeout where the runtime was not ready in time`() {
        let answer = FailureAnswer(
            startFailure: .timedOut, request: PureSample.request, startupTimeout: .milliseconds(20_500))
        #expect(
            self.body(answer)
                == "{\"errorType\":\"Sandbox.Timedout\","
                + "\"errorMessage\":\"\(Self.prefix)Task timed out after 20.50 seconds\"}")
    }

    @Test(arguments: [
        StartFailure.sandbox(.vanished), .credentials(.unavailable("refused")), .sandboxEnded,
        .cancelled(by: .update), .cancelled(by: .delete), .cancelled(by: .shutdown),
    ])
    func `does not blame the function for what the platform failed at`(failure: StartFailure) {
        let answer = FailureAnswer(startFailure: failure, request: PureSample.request, startupTimeout: .seconds(20))
        #expect(answer == nil)
    }

    @Test func `says how large a response may be`() {
        #expect(
            self.body(.responseTooLarge(limit: Limits.responsePayloadBytes))
                == "{\"errorType\":\"Function.ResponseSizeTooLarge\",\"errorMessage\":\"Response payload size exceeded "
                + "maximum allowed payload size (6291556 bytes).\"}")
    }

    @Test func `is JSON whatever text is in it`() {
        let answer = FailureAnswer.plain(
            type: "Runtime.X", request: PureSample.request, text: "\"quoted\" back\\slash\nline\u{1}é")
        #expect(
            self.body(answer)
                == "{\"errorType\":\"Runtime.X\",\"errorMessage\":\"\(Self.prefix)"
                + "\\\"quoted\\\" back\\\\slash\\nline\\u0001é\"}")
    }

    @Test(arguments: [
        (Int32(1), "hangup"), (2, "interrupt"), (3, "quit"), (4, "illegal instruction"), (5, "trace/breakpoint trap"),
        (6, "aborted"), (7, "bus error"), (8, "floating point exception"), (9, "killed"),
        (10, "user defined signal 1"), (11, "segmentation fault"), (12, "user defined signal 2"), (13, "broken pipe"),
        (14, "alarm clock"), (15, "terminated"), (40, "signal 40"),
    ])
    func `calls a signal by its name in AWS's supervisor`(number: Int32, name: String) {
        let answer = FailureAnswer(
            .runtimeExited(.signal(number), outOfMemory: false), request: PureSample.request, timeout: 3)
        #expect(self.body(answer)?.hasSuffix("Runtime exited with error: signal: \(name)\"}") == true)
    }
}

@Suite struct `An error type that a runtime names` {
    @Test(arguments: [
        "Runtime.ImportModuleError", "Function.TimeoutError", "Runtime.Ab", "xRuntime.Unknown!", "My.Function.Error",
    ])
    func `is taken where AWS takes it`(type: String) {
        #expect(RuntimeErrorType.accepted(type) == type)
    }

    private static let replaced: [(String?, String)] = [
        (nil, "Runtime.Unknown"), ("", "Runtime.Unknown"), ("ValueError", "Runtime.Unknown"),
        ("Runtime.", "Runtime.Unknown"), ("Runtime.A", "Runtime.Unknown"), ("Runtime.lower", "Runtime.Unknown"),
        ("Runtime.A1", "Runtime.Unknown"), ("Function.", "Function.Unknown"), ("Function.lower", "Function.Unknown"),
        ("Extension.Crash", "Runtime.Unknown"),
    ]

    @Test(arguments: replaced)
    func `is replaced where AWS replaces it`(type: String?, replacement: String) {
        #expect(RuntimeErrorType.accepted(type) == replacement)
    }
}
