internal import Engine
internal import LambdaCore
internal import Lifecycle

/// Settings of how environments begin, rest and end.
struct EnvironmentSettings: Sendable, Equatable {
    /// See ``EnvironmentMachine/Settings/initTimeout``.
    let initTimeout: Duration
    /// See ``EngineSettings/restoreTimeout``.
    let restoreTimeout: Duration
    /// How long an idle environment runs on before it is frozen; `nil` where none is.
    let freezeGrace: Duration?
    /// How long running invocations may finish when the daemon stops; `nil`: by their functions' own timeouts.
    let drainTimeout: Duration?
    /// What an execution role's credentials are asked to last.
    let credentials: Duration
    /// See ``EngineSettings/provisionedInit``.
    let provisionedInit: Duration
    let extensionShutdown: ExtensionShutdownMachine.Budgets

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        let initPhase = Int(Limits.initPhase.components.seconds)
        self.initTimeout = try reader.seconds("init_timeout", or: initPhase, range: 1...900, .reload)
        let restorePhase = Int(Limits.restorePhase.components.seconds)
        self.restoreTimeout = try reader.seconds("restore_timeout", or: restorePhase, range: 1...900, .reload)
        let grace = Int(Limits.freezeGrace.nanoseconds / 1_000_000)
        self.freezeGrace = try reader.number("freeze_grace", or: grace, range: 0...3_600_000, word: "off", .reload).map
        {
            .milliseconds($0)
        }
        self.drainTimeout = try reader.number("drain_timeout", or: nil, range: 0...960, word: "auto", .reload).map {
            .seconds($0)
        }
        self.credentials = try reader.seconds("credentials_duration", or: 43_200, range: 900...43_200, .reload)
        self.provisionedInit = try reader.seconds(
            "provisioned_init_timeout", or: Int(Limits.provisionedInit.components.seconds), range: 1...900, .reload)
        func milliseconds(_ key: String, _ standard: Duration) throws(Configuration.ConfigurationError) -> Duration {
            .milliseconds(
                try reader.number(key, or: Int(standard.nanoseconds / 1_000_000), range: 0...60_000, .reload))
        }
        self.extensionShutdown = ExtensionShutdownMachine.Budgets(
            external: try milliseconds("extension_shutdown", Limits.externalExtensionShutdown),
            internal: try milliseconds("internal_extension_shutdown", Limits.internalExtensionShutdown))
    }

    func apply(to engine: inout EngineSettings) {
        engine.lifecycle.initTimeout = self.initTimeout
        engine.restoreTimeout = self.restoreTimeout
        engine.freezeGrace = self.freezeGrace
        engine.credentialsDuration = self.credentials
        engine.provisionedInit = self.provisionedInit
        engine.extensionShutdown = self.extensionShutdown
    }
}
