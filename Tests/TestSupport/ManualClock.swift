package import LambdaCore
internal import Synchronization

/// A clock that stands still until a test moves it. Both of its hands move together.
package final class ManualClock: TimeSource {
    private struct Hands {
        var now: Instant
        var wallTime: WallTime
    }

    private let hands: Mutex<Hands>

    /// - Parameters:
    ///   - now: Not zero, so that a machine that goes back in time by mistake is not saved by saturation.
    ///   - wallTime: 2018-11-27T15:10:45.123Z where nothing else is asked for.
    package init(
        now: Instant = Instant(nanoseconds: 1_000_000_000_000),
        wallTime: WallTime = WallTime(milliseconds: 1_543_331_445_123)
    ) {
        self.hands = Mutex(Hands(now: now, wallTime: wallTime))
    }

    package var now: Instant { self.hands.withLock { $0.now } }
    package var wallTime: WallTime { self.hands.withLock { $0.wallTime } }

    /// Moves both hands; `duration` is not negative, for a monotonic clock has no way back.
    package func advance(by duration: Duration) {
        precondition(duration >= .zero, "a monotonic clock does not go back")
        self.hands.withLock { hands in
            hands.now = hands.now.advanced(by: duration)
            hands.wallTime = hands.wallTime.advanced(by: duration)
        }
    }
}
