import LambdaCore

/// What goes with `TenancyConfig`.
enum TenancyRule {
    /// Whether the invocation names a tenant exactly where the function needs one.
    static func check(_ tenantID: String?, for function: FunctionRecord) throws(APIError) {
        switch (function.tenantIsolation, tenantID) {
        case (.some, nil): throw .tenantMissing
        case (nil, .some): throw .tenantUnexpected
        case (nil, nil), (.some, .some): return
        }
    }

    /// Source: Lambda developer guide, "Tenant isolation".
    static func check(_ record: FunctionRecord) throws(APIError) {
        guard record.tenantIsolation != nil else { return }
        guard record.snapStart == .none else { throw .tenantsWith("SnapStart") }
    }
}
