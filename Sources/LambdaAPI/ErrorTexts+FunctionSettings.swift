import LambdaCore

/// Texts about recursion and runtime management. AWS's words are known for the alias only; the others are this server's.
extension APIError {
    static func aliasNotAllowed(_ key: FunctionKey, _ alias: String) -> APIError {
        .invalid("The provided function name \(key.arn):\(alias) is invalid. Aliases are not allowed.")
    }

    static let runtimeVersionMissing = APIError.invalid(
        "RuntimeVersionArn is required when UpdateRuntimeOn is set to Manual.")

    static func runtimeVersionNotManual(_ mode: String) -> APIError {
        .invalid("RuntimeVersionArn is only allowed when UpdateRuntimeOn is set to Manual, not \(mode).")
    }

    /// There is one version of each runtime: the one that the machine has installed.
    static func otherRuntimeVersion(_ asked: String, present: String) -> APIError {
        .invalid("The runtime version \(asked) is not available on this server, whose version is \(present).")
    }
}
