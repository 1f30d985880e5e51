/// Why a version could not be prepared for its invocations.
package enum PreparationFailure: Error, Equatable, Sendable {
    /// The function's own init, or a hook before its snapshot, failed; its log says how.
    case function
    /// The platform could not start an environment; says why.
    case platform(String)
    /// The daemon stops, or the version is gone.
    case abandoned
}

/// Starts the first environment of a version before anybody invokes it.
package protocol VersionPreparer: Sendable {
    /// Returns once the init of one environment of `record` is over; the environment then waits for an invocation.
    func prepare(_ record: FunctionRecord) async throws(PreparationFailure)
}
