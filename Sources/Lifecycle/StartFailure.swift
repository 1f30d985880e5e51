package import LambdaCore

/// Why an environment never became ready. Each is answered and logged in its own way.
package enum StartFailure: Error, Equatable, Sendable {
    /// Who gave the start up.
    package enum Cancellation: String, Sendable { case update, delete, shutdown }

    /// The runtime posted `/runtime/init/error`: its type and its body.
    case initError(type: String, body: [UInt8])
    /// The runtime ended before it asked for an event.
    case runtimeExited(InitEvent.Exit, outOfMemory: Bool)
    /// The program could not be executed; the text is the one AWS answers with.
    case invalidEntrypoint(String)
    /// An extension could not be started, reported an error or ended.
    case extensionFailed(ExtensionFailure)
    /// The sandbox could not be made.
    case sandbox(LaunchError)
    /// The execution role's credentials were not to be had.
    case credentials(RoleCredentialsError)
    /// The sandbox ended by itself.
    case sandboxEnded
    /// Not ready in time.
    case timedOut
    case cancelled(by: Cancellation)
}

/// Words for the log and for a service error. The body of an init error is the function's own data and is not among them.
extension StartFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .initError(let type, let body): "the runtime reported \(type) in its init, \(body.count) bytes"
        case .runtimeExited(let exit, let outOfMemory):
            "the runtime ended in its init with \(exit.words)\(outOfMemory ? ", for lack of memory" : "")"
        case .invalidEntrypoint(let text): text
        case .extensionFailed(let failure): "\(failure.type) in its init: \(failure.words)"
        case .sandbox(let error): Self.words(error)
        case .credentials(.refused(let code, let message)):
            "the execution role's credentials were refused: \(code): \(message)"
        case .credentials(.unavailable(let reason)):
            "the execution role's credentials were not to be had: \(reason)"
        case .sandboxEnded: "the sandbox ended while it was starting"
        case .timedOut: "it was not ready in time"
        case .cancelled(.update): "the function was updated while it started"
        case .cancelled(.delete): "the function was deleted while it started"
        case .cancelled(.shutdown): "the daemon stopped while it started"
        }
    }

    private static func words(_ error: LaunchError) -> String {
        switch error {
        case .refused(let rule): "the executor refused the plan: \(rule)"
        case .notConfigured(let what): what
        case .setupFailed(let step, let number): "step \(step) of the sandbox failed with errno \(number)"
        case .vanished: "the sandbox was killed while it was made"
        case .timedOut: "the executor did not answer in time"
        case .disconnected(let reason): "no connection to the executor: \(reason)"
        }
    }
}

extension InitEvent.Exit {
    fileprivate var words: String {
        switch self {
        case .status(let status): "exit status \(status)"
        case .signal(let number): "signal \(number)"
        }
    }
}
