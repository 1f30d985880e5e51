import LambdaCore

/// Texts about reserved and provisioned concurrency. Source: recordings of AWS.
///
/// Those about the account's limits and about shares come without `Type`.
extension APIError {
    static let functionsOnly = APIError.invalid(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
            + "Please specify either a function name or an unqualified function ARN.")

    static func reservationTooLarge(minimum: Int) -> APIError {
        .share(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                + "below its minimum value of [\(minimum)].")
    }

    /// The blanks are AWS's.
    static func reservationBelowProvisioned(_ share: Int, provisioned: Int) -> APIError {
        .share(
            " ReservedConcurrentExecutions  \(share) should not be lower than function's total provisioned concurrency "
                + "[\(provisioned)].")
    }

    static let provisionedAboveReserved = APIError.invalid(
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function")

    static func provisionedAboveUnreserved(_ unreserved: Int) -> APIError {
        .share(
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
                + "[\(unreserved)].")
    }

    static func provisionedTooLarge(minimum: Int) -> APIError {
        .share(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
                + "minimum value of [\(minimum)].")
    }

    private static func share(_ text: String) -> APIError {
        APIError(.invalidParameterValue, text, showsFault: false)
    }

    static let provisionedLatest = APIError.invalid(
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")

    /// Get and delete have their own words for the same.
    static let neitherAliasNorVersion = APIError.invalid(
        "The function resource provided must be an alias or a published version.")

    static let aliasOfProvisionedVersion = APIError(
        .resourceConflict,
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")

    static let versionOfProvisionedAlias = APIError(
        .resourceConflict, "Version is pointed by a Provisioned Concurrency alias")

    /// AWS has the rule; its words are not known, so these are this server's.
    static func provisionedWith(_ feature: String) -> APIError {
        .invalid("Provisioned concurrency is not supported for functions with \(feature).")
    }

    static let provisionedConfigMissing = APIError(
        .provisionedConcurrencyConfigNotFound, "No Provisioned Concurrency Config found for this function")

    static func throttled(_ reason: ThrottleReason) -> APIError {
        APIError(.tooManyRequests, "Rate Exceeded.", reason: reason)
    }

    /// A function whose reserved concurrency is 0.
    static let switchedOff = APIError.throttled(.reservedConcurrentInvocations)
}
