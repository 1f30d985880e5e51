internal import Foundation
internal import LambdaCore

/// The machine's clocks.
struct SystemTime: TimeSource {
    private static let start = ContinuousClock().now

    var now: Instant {
        // From the process's start; one more, so that no instant is the clock's zero.
        Instant(nanoseconds: UInt64(max(0, (ContinuousClock().now - Self.start).nanoseconds)) + 1)
    }

    var wallTime: WallTime {
        WallTime(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
