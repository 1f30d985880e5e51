internal import LambdaCore
internal import Lifecycle
internal import Logging

/// What is different in an environment that is kept ready, and in one that holds several invocations.
extension EnvironmentDriver {
    /// It may take longer to start. No keepalive ends one that is kept ready: it goes when it is too old, or when fewer are
    /// wanted.
    var lifecycleSettings: EnvironmentMachine.Settings {
        let settings = self.settings
        var lifecycle = settings.lifecycle
        switch self.initialization {
        case .onDemand where self.shared == nil: return lifecycle
        case .onDemand: break
        case .provisionedConcurrency: lifecycle.keepalive = settings.maximumAge
        case .snapStart: break
        }
        lifecycle.startupTimeout = Self.longStart(of: self.function, settings)
        lifecycle.initTimeout = lifecycle.startupTimeout
        return lifecycle
    }

    /// How long the start of such an environment may take.
    static func longStart(of function: FunctionRecord, _ settings: EngineSettings) -> Duration {
        max(settings.provisionedInit, .seconds(function.timeout))
    }

    /// Its INIT_REPORT is written also where all went well, and no invocation has its init's duration.
    func forgetUnawaitedInit() { if self.initialization != .onDemand { self.initDuration = nil } }

    /// What its records call its first init.
    var firstPhase: PlatformRecord.Phase { self.initialization == .snapStart ? .snapStart : .`init` }

    /// A start that took too long has no invocation that would tell of it.
    func reportProvisionedFailure(_ failure: StartFailure) {
        if case .cancelled = failure { return }
        self.parts.logger.warning(
            "an environment that is to be kept ready could not be started: \(failure)", metadata: self.logMetadata)
        guard failure == .timedOut, self.sandbox != .launching else { return }
        self.logFailedInit(failure, began: self.initBegan, phase: "init")
    }
}
