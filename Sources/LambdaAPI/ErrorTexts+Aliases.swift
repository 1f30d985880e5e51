import LambdaCore

/// Texts about aliases. Source: recordings of AWS, except where a text says that it is this server's.
extension APIError {
    static func aliasExists(_ alias: AliasRecord) -> APIError {
        APIError(.resourceConflict, "Alias already exists: \(alias.arn)")
    }

    static func aliasMissing(_ name: String, of key: FunctionKey) -> APIError {
        APIError(.resourceNotFound, "Cannot find alias arn: \(key.arn):\(name)")
    }

    /// UpdateAlias has its own words for the same.
    static func aliasToUpdateMissing(_ name: String, of key: FunctionKey) -> APIError {
        APIError(.resourceNotFound, "Alias not found: \(key.arn):\(name)")
    }

    static let tooManyWeights = APIError.invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")

    static func versionRoutedTwice(_ version: String) -> APIError {
        .invalid(
            "Invalid function version \(version). "
                + "Function version \(version) is already included in routing configuration.")
    }

    static let latestWithWeights = APIError(
        .invalidParameterValue, "$LATEST is not supported for an alias pointing to more than 1 version",
        showsFault: false)

    /// AWS has the rule; its words are not known, so these are this server's.
    static func routedVersionsDiffer(_ what: String) -> APIError {
        .invalid("The versions that an alias points to must have the same \(what).")
    }
}
