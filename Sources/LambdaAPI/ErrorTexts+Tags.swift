import LambdaCore

/// Texts of the operations on tags.
extension APIError {
    static let tagsOnQualified = APIError.invalid(
        "Tags on function aliases and versions are not supported. Please specify a function ARN.")

    /// What AWS says to an empty map of tags.
    static let noTags = APIError.invalid("An error occurred and the request cannot be processed.")

    static func eventSourceMappingNotFound(arn: String) -> APIError {
        APIError(.resourceNotFound, "Event source mapping not found: \(arn)")
    }

    static func capacityProviderNotFound(arn: String) -> APIError {
        APIError(.resourceNotFound, "Capacity provider not found: \(arn)")
    }
}
