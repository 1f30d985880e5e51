internal import LambdaCore

/// The idle environments of all loops, for when the machine is full: then they make room for those that are needed.
final class IdleEnvironments: Sendable {
    private let places: [LoopPlace]

    init(of places: [LoopPlace]) { self.places = places }

    /// Stops the environment that has been idle longest, and says whether there was one. Those that are kept ready stay.
    ///
    /// Every pool of every loop is looked at: a machine is rarely full, and nothing has to be kept for it elsewhere.
    func stopOne(_ done: @escaping @Sendable (Bool) -> Void) { self.look(at: 0, best: nil, done) }

    private func look(
        at index: Int, best: (place: LoopPlace, end: Instant)?, _ done: @escaping @Sendable (Bool) -> Void
    ) {
        guard index < self.places.count else {
            guard let place = best?.place else { return done(false) }
            // An invocation may have taken it meanwhile; then another is looked for.
            return place.run { place.stopLongestIdle() ? done(true) : self.stopOne(done) }
        }
        let place = self.places[index]
        place.run {
            var best = best
            if let end = place.longestIdleEnd, best.map({ end < $0.end }) ?? true { best = (place, end) }
            self.look(at: index + 1, best: best, done)
        }
    }
}
