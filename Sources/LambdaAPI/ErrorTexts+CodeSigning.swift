import LambdaCore

/// Texts of the operations on code signing configurations.
extension APIError {
    /// Of the operations on the configuration itself. AWS's answer has no `Type`.
    static func codeSigningConfigNotFound(arn: String) -> APIError {
        APIError(
            .resourceNotFound, "The Lambda code signing configuration \(arn) can not be found.", showsFault: false)
    }

    /// Of operations on functions that name a configuration.
    static func noSuchCodeSigningConfig(arn: String) -> APIError {
        APIError(
            .codeSigningConfigNotFound,
            "The code signing configuration cannot be found. "
                + "Check that the provided configuration is not deleted: \(arn).")
    }

    static func codeSigningConfigInUse(arn: String) -> APIError {
        APIError(
            .resourceConflict,
            "The code signing configuration \(arn) is used by a function. Remove it from all functions first.")
    }

    /// Of operations on what all versions of a function have in common.
    static let functionsOnly = APIError.invalid(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
            + "Please specify either a function name or an unqualified function ARN.")

    static let codeSigningOfImage = APIError.invalid(
        "Code signing is not supported for functions created with container images.")
}
