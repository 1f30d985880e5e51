internal import Engine
internal import LambdaCore
internal import Lifecycle

/// The settings of how fast functions may be invoked and scaled; how many may run is in ``AccountSettings``.
struct ConcurrencySettings: Sendable, Equatable {
    static let keys: Set<String> = ["invocation_rate", "scaling_rate"]

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

    /// Settings that differ in `other`; all of them need a restart.
    func restartOnlyDifferences(from other: ConcurrencySettings) -> [String] {
        var names: [String] = []
        if self.invocationRate != other.invocationRate { names.append("invocation_rate") }
        if self.scalingRate != other.scalingRate { names.append("scaling_rate") }
        return names
    }
}
