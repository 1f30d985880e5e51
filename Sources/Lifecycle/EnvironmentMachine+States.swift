package import LambdaCore

/// What the machine tells others about where it stands. What it keeps for itself is more: deadlines, causes.
extension EnvironmentMachine {
    /// The states that the event stream, the log and the tests speak of.
    package enum State: String, Sendable, CaseIterable {
        case inactive = "INACTIVE"
        case starting = "STARTING"
        case ready = "READY"
        case invoking = "INVOKING"
        case startupFailed = "STARTUP_FAILED"
        case startupTimedOut = "STARTUP_TIMED_OUT"
        case timingOut = "TIMING_OUT"
        case stopped = "STOPPED"
        case resetting = "RESETTING"
        case draining = "DRAINING"
    }

    /// A transition that the table does not have. Says what was asked for and changes nothing.
    package struct IllegalTransition: Error, Equatable, CustomStringConvertible {
        package let environment: EnvironmentID
        package let from: State
        package let to: State

        package var description: String {
            "environment \(self.environment) cannot go from \(self.from.rawValue) to \(self.to.rawValue)"
        }
    }
}
