package import LambdaCore

/// How fast one streamed response may go: when the function's bytes are read, and when it waits.
///
/// It waits while its caller is slow, and, where a rate is set, while it is too fast. What is read is passed on at once; only
/// reading stops, so the function's own writes stop once the socket between them is full.
package struct StreamMachine: Sendable {
    /// A bucket of tokens, one a byte, filled again every ``tick``.
    ///
    /// Source: the runtime emulator's shaper.
    package struct Shape: Sendable, Equatable {
        /// Bytes that go at once.
        package var burst: Int
        /// Bytes a second from then on.
        package var rate: Int

        package static let tick = Duration.milliseconds(125)

        package init(burst: Int, rate: Int) {
            self.burst = burst
            self.rate = rate
        }
    }

    package struct Settings: Sendable, Equatable {
        /// Bytes of a whole response.
        package var limit: Int
        /// Reading stops above the upper bound of what is out, and goes on at the lower one.
        package var window = Limits.streamedResponseWindow
        /// `nil` where a response may go as fast as it can.
        package var shape: Shape?

        package init(limit: Int = Limits.streamedResponseBytes, shape: Shape? = nil) {
            self.limit = limit
            self.shape = shape
        }
    }

    package enum Action: Equatable, Sendable {
        case nothing
        /// Read no more; where an instant is given, call ``timerFired(now:)`` then.
        case hold(until: Instant?)
        case resume
    }

    package enum Arrival: Equatable, Sendable {
        /// For the caller.
        case pass(Action)
        /// More than a response may have: nothing of this and of what follows is for the caller.
        case tooLarge
    }

    package let settings: Settings
    /// Bytes that came.
    package private(set) var total = 0
    /// Bytes that came and were not consumed.
    private var outstanding = 0
    private var isReading = true
    /// Below zero after a piece that was larger than what was left.
    private var tokens: Int
    private var filledAt: Instant

    package init(_ settings: Settings, now: Instant) {
        self.settings = settings
        self.tokens = settings.shape?.burst ?? 0
        self.filledAt = now
    }

    package mutating func arrived(_ bytes: Int, now: Instant) -> Arrival {
        self.total += bytes
        guard self.total <= self.settings.limit else { return .tooLarge }
        self.outstanding += bytes
        self.fill(now: now)
        if self.settings.shape != nil { self.tokens -= bytes }
        // What was on its way when reading stopped comes after all.
        guard self.isReading else { return .pass(.nothing) }
        guard self.outstanding > self.settings.window.upperBound || self.tokens < 0 else { return .pass(.nothing) }
        self.isReading = false
        return .pass(.hold(until: self.paidAt))
    }

    package mutating func consumed(_ bytes: Int, now: Instant) -> Action {
        self.outstanding -= bytes
        return self.goOn(now: now)
    }

    package mutating func timerFired(now: Instant) -> Action { self.goOn(now: now) }

    private mutating func goOn(now: Instant) -> Action {
        guard !self.isReading, self.outstanding <= self.settings.window.lowerBound else { return .nothing }
        self.fill(now: now)
        if let paidAt = self.paidAt { return .hold(until: paidAt) }
        self.isReading = true
        return .resume
    }

    private var tokensPerTick: Int { max(1, (self.settings.shape?.rate ?? 0) / 8) }

    private mutating func fill(now: Instant) {
        guard let shape = self.settings.shape else { return }
        // Whole numbers: a fraction that is a little too small would lose a tick.
        let ticks = Int(now.since(self.filledAt).nanoseconds / Shape.tick.nanoseconds)
        guard ticks > 0 else { return }
        self.filledAt = self.filledAt.advanced(by: Shape.tick * ticks)
        // Where it is full it stays so, however long nothing came.
        let missing = shape.burst - self.tokens
        self.tokens = ticks > missing / self.tokensPerTick ? shape.burst : self.tokens + ticks * self.tokensPerTick
    }

    /// When no token is owed any more; `nil` where none is owed now.
    private var paidAt: Instant? {
        guard self.tokens < 0 else { return nil }
        let ticks = (-self.tokens + self.tokensPerTick - 1) / self.tokensPerTick
        return self.filledAt.advanced(by: Shape.tick * ticks)
    }
}
