internal import LambdaCore

extension EnvironmentMachine {
    /// Settings that are read when they are used: a reload changes environments that are already there.
    package struct Settings: Sendable, Equatable {
        /// From the start of the launch to the runtime's first `next`.
        package var startupTimeout: Duration
        /// How long an idle environment is kept; zero gives every invocation a sandbox of its own.
        package var keepalive: Duration
        /// From the runtime's start to its first `next`; an init that takes longer begins anew inside an invocation.
        package var initTimeout: Duration

        package init(
            startupTimeout: Duration = .seconds(20), keepalive: Duration = .seconds(600),
            initTimeout: Duration = Limits.initPhase
        ) {
            self.startupTimeout = startupTimeout
            self.keepalive = keepalive
            self.initTimeout = initTimeout
        }
    }
}
