internal import Engine
internal import LambdaCore
internal import Lifecycle

/// The settings of how fast functions may be invoked and scaled; how many may run is in ``AccountSettings``.
struct ConcurrencySettings: Sendable, Equatable {
    /// See ``ConcurrencyMachine/Settings/invocationRate``.
    let invocationRate: Int
    /// See ``ConcurrencyMachine/Settings/scalingRate``.
    let scalingRate: Int

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        self.invocationRate = try reader.number("invocation_rate", or: Limits.invocationRate, range: 0...1_000_000)
        self.scalingRate = try reader.number("scaling_rate", or: Limits.scalingRate, range: 0...1_000_000)
    }

    func machine(accountLimit: Int) -> ConcurrencyMachine.Settings {
        .init(accountLimit: accountLimit, invocationRate: self.invocationRate, scalingRate: self.scalingRate)
    }
}
