/// How far the environments of one provisioned concurrency configuration have come.
package struct ProvisionedStatus: Sendable, Equatable {
    /// `Status` of the API.
    package enum State: String, Sendable { case inProgress = "IN_PROGRESS", ready = "READY", failed = "FAILED" }

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

/// Where nobody keeps environments ready: a configuration is stored and has no effect, and says so.
package struct NoProvisionedEnvironments: ProvisionedStatusSource {
    package init() {}

    package func status(of configuration: ProvisionedConcurrencyRecord) -> ProvisionedStatus {
        ProvisionedStatus(
            allocated: 0, available: 0, state: .failed,
            reason: "Environments are not kept ready on this server yet. Invocations start their own.")
    }
}
