internal import LambdaCore
internal import Lifecycle
internal import Logging

/// What is different in an environment that is kept ready.
extension EnvironmentDriver {
    /// It may take longer to start, and no keepalive ends it: it goes when it is too old, or when fewer are wanted.
    var lifecycleSettings: EnvironmentMachine.Settings {
        let settings = self.settings
        switch self.initialization {
        case .onDemand: return settings.lifecycle
        case .provisionedConcurrency:
            let limit = max(Limits.provisionedInit, .seconds(self.function.timeout))
            return EnvironmentMachine.Settings(
                startupTimeout: limit, keepalive: settings.maximumAge, initTimeout: limit)
        }
    }

    /// Its INIT_REPORT is written also where all went well, and no invocation has its init's duration.
    func forgetProvisionedInit() { if self.initialization == .provisionedConcurrency { self.initDuration = nil } }

    /// A start that took too long has no invocation that would tell of it.
    func reportProvisionedFailure(_ failure: StartFailure) {
        if case .cancelled = failure { return }
        self.parts.logger.warning(
            "an environment that is to be kept ready could not be started: \(failure)", metadata: self.logMetadata)
        guard failure == .timedOut, self.sandbox != .launching else { return }
        self.logFailedInit(failure, began: self.initBegan, phase: "init")
    }
}
