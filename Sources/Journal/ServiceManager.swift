import CSystemd
import Glibc
import LambdaCore

/// What a daemon tells systemd about itself. Without `NOTIFY_SOCKET`, nobody asked and every call does nothing.
///
/// Source: sd_notify(3), sd_watchdog_enabled(3).
package struct ServiceManager: Sendable {
    package init() {}

    /// Sends assignments such as `READY=1`. Returns whether systemd was there to hear.
    @discardableResult
    package func notify(_ assignments: [String]) -> Bool {
        // Safety: the text lives through the call. A failure leaves systemd uninformed, which its timeouts handle.
        unsafe sd_notify(0, assignments.joined(separator: "\n")) > 0
    }

    package func ready() { self.notify(["READY=1"]) }

    /// A line for `systemctl status`.
    package func status(_ text: String) { self.notify(["STATUS=" + LogText.singleLine(text)]) }

    /// A reload begins; ``ready()`` ends it.
    package func reloading() { self.notify(["RELOADING=1", "MONOTONIC_USEC=\(monotonicMicroseconds())"]) }

    package func stopping() { self.notify(["STOPPING=1"]) }

    /// How often ``watchdog()`` is due at the latest; call it twice as often. `nil` where systemd does not watch.
    package func watchdogInterval() -> Duration? {
        var microseconds: UInt64 = 0
        // Safety: a pointer to a local.
        guard unsafe sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }

    package func watchdog() { self.notify(["WATCHDOG=1"]) }

    /// Start, reload or stop takes longer: the next message comes within `duration`.
    package func extendTimeout(_ duration: Duration) {
        self.notify(["EXTEND_TIMEOUT_USEC=\(max(1, duration.nanoseconds / 1000))"])
    }

    private func monotonicMicroseconds() -> UInt64 {
        var time = timespec()
        // Safety: a pointer to a local. This clock cannot fail.
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }
}
