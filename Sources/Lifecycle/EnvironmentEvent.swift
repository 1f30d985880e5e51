package import LambdaCore

/// One transition, for the journal, the metrics, the status page and the tests.
package struct EnvironmentEvent: Sendable, Equatable {
    package let environment: EnvironmentID
    package let version: VersionKey
    package let from: EnvironmentMachine.State
    package let to: EnvironmentMachine.State
    package let at: Instant

    package init(
        environment: EnvironmentID, version: VersionKey, from: EnvironmentMachine.State,
        to: EnvironmentMachine.State, at: Instant
    ) {
        self.environment = environment
        self.version = version
        self.from = from
        self.to = to
        self.at = at
    }
}
