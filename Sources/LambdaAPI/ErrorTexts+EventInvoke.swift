import LambdaCore

/// Texts about event invoke configurations. Source: recordings of AWS.
extension APIError {
    static let eventInvokeFunctionMissing = APIError(.resourceNotFound, "The function doesn't exist.")

    static func eventInvokeConfigMissing(_ key: FunctionKey, _ qualifier: String) -> APIError {
        APIError(.resourceNotFound, "The function \(key.arn):\(qualifier) doesn't have an EventInvokeConfig")
    }

    static let eventInvokeConfigEmpty = APIError.invalid(
        "You must specify at least one of error handling or destination setting.")

    static let destinationIsFunction = APIError.invalid("You can't specify the function as a destination for itself.")

    static func badDestination(_ arn: String) -> APIError { .invalid("The destination ARN \(arn) is invalid.") }

    static func badDestinationConfig(_ config: String) -> APIError {
        .invalid("The provided destination config \(config) is invalid.")
    }
}
