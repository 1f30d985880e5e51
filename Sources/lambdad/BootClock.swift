internal import Foundation
internal import LambdaCore

/// The kernel's count of time since the boot, which goes on where the process does not.
struct BootClock: EventMomentSource {
    private let boot: String
    /// Milliseconds since the boot at ``start``.
    private let uptimeAtStart: Int64
    private let start: Instant
    private let time: SystemTime

    init(time: SystemTime) throws {
        self.time = time
        self.boot = try Self.bootID()
        let clock = ContinuousClock()
        self.uptimeAtStart = clock.systemEpoch.duration(to: clock.now).nanoseconds / 1_000_000
        self.start = time.now
    }

    /// From the unit, for the file is hidden from a service that sees of `/proc` the processes only.
    private static func bootID() throws -> String {
        if let id = ProcessInfo.processInfo.environment[BootIdentity.variable], !id.isEmpty { return id }
        return try String(contentsOfFile: BootIdentity.path, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    var moment: EventMoment {
        EventMoment(
            boot: self.boot, uptime: self.uptimeAtStart + self.time.now.since(self.start).nanoseconds / 1_000_000,
            wall: self.time.wallTime)
    }
}
