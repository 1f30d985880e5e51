internal import Engine
internal import LambdaCore
internal import Lifecycle

/// Settings of how environments begin, rest and end.
struct EnvironmentSettings: Sendable, Equatable {
    static let keys: Set<String> = ["init_timeout", "freeze_grace", "drain_timeout"]

    /// See ``EnvironmentMachine/Settings/initTimeout``.
    let initTimeout: Duration
    /// How long an idle environment runs on before it is frozen; `nil` where none is.
    let freezeGrace: Duration?
    /// How long running invocations may finish when the daemon stops; `nil`: by their functions' own timeouts.
    let drainTimeout: Duration?

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        let standardInit = Int(Limits.initPhase.components.seconds)
        self.initTimeout = try reader.seconds("init_timeout", or: standardInit, range: 1...900)
        if reader.value("freeze_grace") == "off" {
            self.freezeGrace = nil
        } else {
            let standard = Int(Limits.freezeGrace.nanoseconds / 1_000_000)
            self.freezeGrace = .milliseconds(try reader.number("freeze_grace", or: standard, range: 0...3_600_000))
        }
        if let text = reader.value("drain_timeout"), text != "auto" {
            self.drainTimeout = try reader.seconds("drain_timeout", or: 0, range: 0...960)
        } else {
            self.drainTimeout = nil
        }
    }

    func apply(to engine: inout EngineSettings) {
        engine.lifecycle.initTimeout = self.initTimeout
        engine.freezeGrace = self.freezeGrace
    }
}
