package import LambdaCore

/// One transition, for the journal, the metrics, the status page and the tests.
package struct EnvironmentEvent: Sendable, Equatable {
    package let environment: EnvironmentID
    package let function: FunctionKey
    package let from: EnvironmentMachine.State
    package let to: EnvironmentMachine.State
    package let at: Instant

    package init(
        environment: EnvironmentID, function: FunctionKey, from: EnvironmentMachine.State,
        to: EnvironmentMachine.State, at: Instant
    ) {
        self.environment = environment
        self.function = function
        self.from = from
        self.to = to
        self.at = at
    }
}
