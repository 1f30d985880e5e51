import LambdaCore

/// What function URLs and the operations on them answer.
extension APIError {
    /// Sent where a URL is to be made or listed, for functions and aliases alike.
    static let noFunctionForURL = APIError(.resourceNotFound, "Function does not exist")

    /// The two blanks are AWS's.
    static func functionURLExists(_ arn: String) -> APIError {
        APIError(
            .resourceConflict,
            "Failed to create function url config for [functionArn = \(arn)]. "
                + "Error message:  FunctionUrlConfig exists for this Lambda function")
    }

    static func functionURLIDTaken(_ id: String) -> APIError {
        APIError(.resourceConflict, "The function URL id '\(id)' belongs to another function URL.")
    }

    // MARK: The URLs themselves

    /// AWS does not say whether there is such a URL.
    static let unknownFunctionURL = APIError(.accessDenied, nil)

    static let functionURLForbidden = APIError(
        .accessDenied,
        "Forbidden. For troubleshooting Function URL authorization issues, see: "
            + "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html")

    static func functionURLBodyTooLarge(limit: Int) -> APIError {
        APIError(
            .requestEntityTooLarge, "Request must be smaller than \(limit) bytes for the InvokeFunction operation")
    }
}
