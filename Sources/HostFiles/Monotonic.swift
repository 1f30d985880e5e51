internal import Glibc
internal import LambdaCore

/// The machine's clocks.
enum Monotonic {
    static var now: Instant {
        let time = self.read(CLOCK_MONOTONIC)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// The clock that files are stamped with, which moves in steps of milliseconds: nanoseconds since 1970.
    static var fileTime: Int64 {
        let time = self.read(CLOCK_REALTIME_COARSE)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // Safety: the value lives for the call, which cannot fail for these clocks.
        _ = unsafe clock_gettime(clock, &time)
        return time
    }
}
