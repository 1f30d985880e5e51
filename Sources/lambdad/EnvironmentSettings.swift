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
    }

    func apply(to engine: inout EngineSettings) {
        engine.lifecycle.initTimeout = self.initTimeout
        engine.restoreTimeout = self.restoreTimeout
        engine.freezeGrace = self.freezeGrace
    }
}
