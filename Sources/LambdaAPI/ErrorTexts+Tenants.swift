/// Texts about functions that isolate tenants.
extension APIError {
    /// Source: AWS's announcement of tenant isolation, which shows it.
    static let tenantMissing = APIError.invalid(
        "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again."
    )

    /// AWS has the rule; its words are not known. These go with the others.
    static let tenantUnexpected = APIError.invalid(
        "The invoked function is not enabled with tenancy configuration. "
            + "Remove the tenant ID from your request and try again.")

    /// Source: Lambda developer guide, "Troubleshooting tenant isolation".
    static let tooManyTenantEnvironments = APIError(.tooManyRequests, "Rate exceeded")

    /// AWS has the rule; its words are not known, so these are this server's.
    static func tenantsWith(_ feature: String) -> APIError {
        .invalid("Tenant isolation is not supported for functions with \(feature).")
    }
}
