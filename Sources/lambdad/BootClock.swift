internal import Foundation
internal import LambdaCore

/// The kernel's count of time since the boot, which goes on where the process does not.
struct BootClock: EventMomentSource {
    private let boot: String
    /// Milliseconds since the boot at ``start``.
    private let uptimeAtStart: Int64
    private let start: Instant
    private let time: SystemTime

    /// Reads both files once: afterwards the process's own clock, which counts sleep as well, tells the rest.
    init(time: SystemTime) throws {
        self.time = time
        self.boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let text = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
        guard let seconds = text.split(separator: " ").first.flatMap({ Double($0) }) else {
            throw Daemon.StartError(description: "/proc/uptime cannot be read")
        }
        self.uptimeAtStart = Int64(seconds * 1_000)
        self.start = time.now
    }

    var moment: EventMoment {
        EventMoment(
            boot: self.boot, uptime: self.uptimeAtStart + self.time.now.since(self.start).nanoseconds / 1_000_000,
            wall: self.time.wallTime)
    }
}
