import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `The reason of a failed start` {
    private static let words: [(StartFailure, String)] = [
        (
            .initError(type: "Runtime.ImportModuleError", body: Array("secret".utf8)),
            "the runtime reported Runtime.ImportModuleError in its init, 6 bytes"
        ),
        (.runtimeExited(.status(3), outOfMemory: false), "the runtime ended in its init with exit status 3"),
        (
            .runtimeExited(.signal(9), outOfMemory: true),
            "the runtime ended in its init with signal 9, for lack of memory"
        ),
        (.invalidEntrypoint("Couldn't find valid bootstrap(s)"), "Couldn't find valid bootstrap(s)"),
        (.sandbox(.refused("memory")), "the executor refused the plan: memory"),
        (
            .sandbox(.setupFailed(step: "pivot_root", errno: 22)),
            "step pivot_root of the sandbox failed with errno 22"
        ),
        (.sandbox(.vanished), "the sandbox was killed while it was made"),
        (.sandbox(.timedOut), "the executor did not answer in time"),
        (.sandbox(.disconnected("refused")), "no connection to the executor: refused"),
        (
            .credentials(.refused(code: "AccessDenied", message: "no")),
            "the execution role's credentials were refused: AccessDenied: no"
        ),
        (.credentials(.unavailable("refused")), "the execution role's credentials were not to be had: refused"),
        (.sandboxEnded, "the sandbox ended while it was starting"),
        (.timedOut, "it was not ready in time"),
        (.cancelled(by: .update), "the function was updated while it started"),
        (.cancelled(by: .delete), "the function was deleted while it started"),
        (.cancelled(by: .shutdown), "the daemon stopped while it started"),
    ]

    @Test(arguments: words)
    func `is told in words`(failure: StartFailure, words: String) {
        #expect("\(failure)" == words)
    }

    @Test func `does not show what the function said`() {
        let probe = RedactionProbe(secret: "hunter2!")
        let body = Array("{\"errorMessage\":\"hunter2!\"}".utf8)
        #expect(probe.leaks(in: body) == RedactionProbe.Form.allCases)
        #expect(probe.leaks(in: StartFailure.initError(type: "Runtime.Unknown", body: body)) == [])
        #expect(probe.leaks(in: InvocationMachine.Failure.initFailed(.initError(type: "Function.X", body: body))) == [])
    }
}
