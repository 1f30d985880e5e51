import LambdaCore

/// Texts of the operations on code signing configurations.
extension APIError {
    /// Of the operations on the configuration itself. AWS's answer has no `Type`.
    static func codeSigningConfigNotFound(arn: String) -> APIError {
        APIError(
            .resourceNotFound, "The Lambda code signing configuration \(arn) can not be found.", showsFault: false)
    }

    static func codeSigningConfigInUse(arn: String) -> APIError {
        APIError(
            .resourceConflict,
            "The code signing configuration \(arn) is used by a function. Remove it from all functions first.")
    }

    static let codeSigningOfImage = APIError.invalid(
        "Code signing is not supported for functions created with container images.")
}
