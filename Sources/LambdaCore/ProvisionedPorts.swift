/// How far the environments of one provisioned concurrency configuration have come.
package struct ProvisionedStatus: Sendable, Equatable {
    /// `Status` of the API.
    package enum State: String, Sendable { case inProgress = "IN_PROGRESS", ready = "READY", failed = "FAILED" }

    /// `StatusReason` where the function's own init failed.
    package static let initFailure = "FUNCTION_ERROR_INIT_FAILURE"

    /// Environments that have been made, busy ones included.
    package let allocated: Int
    /// Environments that have been made and wait for an invocation.
    package let available: Int
    package let state: State
    /// `StatusReason`; only with ``State/failed``.
    package let reason: String?

    package init(allocated: Int, available: Int, state: State, reason: String? = nil) {
        self.allocated = allocated
        self.available = available
        self.state = state
        self.reason = reason
    }
}

/// Whoever keeps environments ready says here how it stands with them.
package protocol ProvisionedStatusSource: Sendable {
    func status(of configuration: ProvisionedConcurrencyRecord) -> ProvisionedStatus
}
