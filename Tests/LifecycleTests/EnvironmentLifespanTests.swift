import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `How long an environment is of use` {
    private static let now = ManualClock().now

    private struct Case: CustomTestStringConvertible, Sendable {
        var keepalive = Duration.seconds(600)
        /// From now.
        var retires: Duration?
        var isOutdated = false
        /// Before its first invocation; from now.
        let first: Duration
        let later: Later

        var testDescription: String { "\(self.keepalive), \(self.retires, default: "none"), \(self.isOutdated)" }
    }

    private enum Later: Sendable {
        case rests(Duration)
        case ends(EnvironmentLifespan.Rest)
    }

    private static let cases: [Case] = [
        Case(first: .seconds(600), later: .rests(.seconds(600))),
        Case(keepalive: .zero, first: EnvironmentLifespan.firstIdle, later: .ends(.expired)),
        Case(retires: .seconds(60), first: .seconds(60), later: .rests(.seconds(60))),
        Case(retires: .seconds(900), first: .seconds(600), later: .rests(.seconds(600))),
        Case(retires: .zero, first: .zero, later: .ends(.expired)),
        Case(isOutdated: true, first: .zero, later: .ends(.outdated)),
        Case(keepalive: .zero, isOutdated: true, first: .zero, later: .ends(.outdated)),
    ]

    @Test(arguments: Self.cases)
    private func `is the keepalive, less where its credentials or its version end`(_ given: Case) {
        var lifespan = EnvironmentLifespan()
        lifespan.retiresAt = given.retires.map { Self.now.advanced(by: $0) }
        lifespan.isOutdated = given.isOutdated
        let first = lifespan.firstRest(now: Self.now, keepalive: given.keepalive)
        #expect(first == .until(Self.now.advanced(by: given.first)))
        let later: EnvironmentLifespan.Rest =
            switch given.later {
            case .rests(let duration): .until(Self.now.advanced(by: duration))
            case .ends(let end): end
            }
        #expect(lifespan.rest(now: Self.now, keepalive: given.keepalive) == later)
    }
}
