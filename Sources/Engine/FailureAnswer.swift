package import LambdaCore
package import Lifecycle

/// The platform's words where a function could not answer itself. HTTP 200 and `X-Amz-Function-Error: Unhandled` all.
package struct FailureAnswer: Equatable, Sendable {
    package let errorType: String
    package let body: [UInt8]

    /// A failure during an invocation.
    package init(_ failure: InvocationMachine.Failure, request: RequestID, timeout: Int) {
        switch failure {
        case .timedOut:
            self.init(type: "Sandbox.Timedout", request: request, text: "Task timed out after \(timeout).00 seconds")
        case .runtimeExited(let exit, let outOfMemory):
            self.init(exit: exit, outOfMemory: outOfMemory, request: request)
        case .sandboxEnded(let outOfMemory):
            self.init(exit: .signal(9), outOfMemory: outOfMemory, request: request)
        case .stopped:
            self.init(type: "Sandbox.Failure", request: request, text: "The environment was stopped")
        case .initFailed(let reason):
            self =
                FailureAnswer(startFailure: reason, request: request, startupTimeout: .seconds(timeout))
                ?? FailureAnswer(type: "Sandbox.Failure", request: request, text: "\(reason)")
        }
    }

    /// A failed start that is the function's own; `nil` where the platform failed.
    package init?(startFailure: StartFailure, request: RequestID, startupTimeout: Duration) {
        switch startFailure {
        case .initError(let type, let body):
            self.init(type: type, body: body)
        case .runtimeExited(let exit, let outOfMemory):
            self.init(exit: exit, outOfMemory: outOfMemory, request: request)
        case .invalidEntrypoint(let text):
            self.init(type: "Runtime.InvalidEntrypoint", request: request, text: text)
        case .timedOut:
            let seconds = PlatformLog.milliseconds(startupTimeout / 1000)
            self.init(type: "Sandbox.Timedout", request: request, text: "Task timed out after \(seconds) seconds")
        case .sandbox, .credentials, .sandboxEnded, .cancelled:
            return nil
        }
    }

    package static func responseTooLarge(limit: Int) -> FailureAnswer {
        FailureAnswer(
            type: "Function.ResponseSizeTooLarge",
            message: "Response payload size exceeded maximum allowed payload size "
                + "(\(limit) bytes).")
    }

    package static func plain(type: String, request: RequestID, text: String) -> FailureAnswer {
        FailureAnswer(type: type, request: request, text: text)
    }

    private init(exit: InitEvent.Exit, outOfMemory: Bool, request: RequestID) {
        let text =
            switch exit {
            case .status(0): "Runtime exited without providing a reason"
            case .status(let status): "Runtime exited with error: exit status \(status)"
            case .signal(let number): "Runtime exited with error: signal: \(Self.signalName(number))"
            }
        self.init(type: outOfMemory ? "Runtime.OutOfMemory" : "Runtime.ExitError", request: request, text: text)
    }

    private init(type: String, request: RequestID, text: String) {
        self.init(type: type, message: "RequestId: \(request) Error: \(text)")
    }

    private init(type: String, message: String) {
        self.init(
            type: type,
            body: Array("{\"errorType\":\(Self.quoted(type)),\"errorMessage\":\(Self.quoted(message))}".utf8))
    }

    private init(type: String, body: [UInt8]) {
        self.errorType = type
        self.body = body
    }

    /// Go's names of signals, for AWS's supervisor is written in it.
    private static func signalName(_ number: Int32) -> String {
        switch number {
        case 1: "hangup"
        case 2: "interrupt"
        case 3: "quit"
        case 4: "illegal instruction"
        case 5: "trace/breakpoint trap"
        case 6: "aborted"
        case 7: "bus error"
        case 8: "floating point exception"
        case 9: "killed"
        case 10: "user defined signal 1"
        case 11: "segmentation fault"
        case 12: "user defined signal 2"
        case 13: "broken pipe"
        case 14: "alarm clock"
        case 15: "terminated"
        default: "signal \(number)"
        }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\u{0}"..<"\u{20}":
                out += "\\u00" + Hexadecimal.encode([UInt8(truncatingIfNeeded: scalar.value)])
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

/// AWS's rule for the error type that a runtime names: it must contain a match of `(Runtime|Function)\.[A-Z][a-zA-Z]+`.
package enum RuntimeErrorType {
    package static func accepted(_ given: String?) -> String {
        guard let given else { return "Runtime.Unknown" }
        for prefix in ["Runtime.", "Function."] where Self.contains(given, prefix: prefix) { return given }
        return given.hasPrefix("Function.") ? "Function.Unknown" : "Runtime.Unknown"
    }

    private static func contains(_ text: String, prefix: String) -> Bool {
        let bytes = Array(text.utf8)
        let wanted = Array(prefix.utf8)
        guard bytes.count >= wanted.count + 2 else { return false }
        for start in 0...(bytes.count - wanted.count - 2) where Array(bytes[start..<start + wanted.count]) == wanted {
            let first = bytes[start + wanted.count]
            let second = bytes[start + wanted.count + 1]
            let isUpper = first >= 0x41 && first <= 0x5A
            let isLetter = (second >= 0x41 && second <= 0x5A) || (second >= 0x61 && second <= 0x7A)
            if isUpper && isLetter { return true }
        }
        return false
    }
}
