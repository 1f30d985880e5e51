import LambdaCore
import Lifecycle
import TestSupport
import Testing

/// A step from one state to another.
private struct Edge: Hashable, CustomStringConvertible {
    let from: EnvironmentMachine.State
    let to: EnvironmentMachine.State

    init(_ from: EnvironmentMachine.State, _ to: EnvironmentMachine.State) {
        self.from = from
        self.to = to
    }

    var description: String { "\(self.from.rawValue) -> \(self.to.rawValue)" }
}

@Suite struct `Whatever happens to an environment, in whatever order` {
    /// Every step that the table has.
    private static let edges: Set<Edge> = [
        Edge(.inactive, .starting),
        Edge(.starting, .ready), Edge(.starting, .startupFailed), Edge(.starting, .startupTimedOut),
        // An init that failed is tried again inside the first invocation.
        Edge(.starting, .resetting), Edge(.resetting, .startupFailed),
        Edge(.ready, .invoking), Edge(.ready, .timingOut), Edge(.ready, .draining),
        Edge(.invoking, .ready), Edge(.invoking, .resetting), Edge(.invoking, .timingOut), Edge(.invoking, .draining),
        Edge(.resetting, .ready), Edge(.resetting, .timingOut), Edge(.resetting, .draining),
        Edge(.startupFailed, .stopped), Edge(.startupTimedOut, .stopped), Edge(.timingOut, .stopped),
        Edge(.draining, .stopped),
    ]

    /// One life of random events; the steps it took and how often the sandbox was to be stopped.
    private static func live(seed: UInt64) throws -> (edges: Set<Edge>, stops: Int, machine: EnvironmentMachine) {
        var random = SplitMix64(seed: seed)
        let clock = ManualClock()
        var machine = EnvironmentMachine(environment: .numbered(1))
        var edges: Set<Edge> = []
        var stops = 0
        for _ in 0..<60 {
            clock.advance(by: .milliseconds(Int64.random(in: 0...30_000, using: &random)))
            let before = machine.state
            let reason = machine.startFailure
            do {
                let happening = Self.next(in: before, random: &random)
                let keepalive = [Duration.zero, .seconds(40)].randomElement(using: &random) ?? .zero
                let action = try Self.happen(happening, to: &machine, now: clock.now, keepalive: keepalive)
                if action == .stopSandbox { stops += 1 }
            } catch let error as EnvironmentMachine.IllegalTransition {
                verify(error.from == before, "seed \(seed): \(error) in \(before)")
                verify(machine.state == before, "seed \(seed): \(error) changed the state")
            }
            if machine.state != before { edges.insert(Edge(before, machine.state)) }
            if let reason, machine.state == before { verify(machine.startFailure == reason, "seed \(seed): \(reason)") }
            verify(!machine.isAvailable(now: clock.now) || machine.state == .ready, "seed \(seed): \(machine.state)")
        }
        return (edges, stops, machine)
    }

    /// Half of the time what is likely in this state, so that lives are long; otherwise anything.
    private static func next(in state: EnvironmentMachine.State, random: inout SplitMix64) -> Happening {
        let likely: [Happening] =
            switch state {
            case .inactive: [.startRequested]
            case .starting: [.runtimeBecameReady]
            case .ready: [.reserved]
            case .invoking: [.released, .resetRequested]
            case .resetting: [.resetFinished]
            case .startupFailed, .startupTimedOut, .timingOut, .draining, .stopped: Happening.allCases
            }
        let choices = Bool.random(using: &random) ? likely : Happening.allCases
        return choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    private static func happen(
        _ happening: Happening, to machine: inout EnvironmentMachine, now: Instant, keepalive: Duration
    ) throws -> EnvironmentMachine.Action {
        let settings = EnvironmentMachine.Settings(startupTimeout: .seconds(20), keepalive: keepalive)
        switch happening {
        case .startRequested: return try machine.startRequested(now: now, settings: settings)
        case .runtimeBecameReady: return try machine.runtimeBecameReady(now: now, settings: settings)
        case .initBegan: return try machine.initBegan(now: now, timeout: settings.initTimeout)
        case .initFailed: return try machine.initFailed(EnvironmentSample.failure, now: now)
        case .startFailed: return try machine.startFailed(EnvironmentSample.failure)
        case .reserved: try machine.reserved(now: now)
        case .released: return try machine.released(now: now, settings: settings)
        case .resetRequested: return try machine.resetRequested(now: now)
        case .resetFinished: return try machine.resetFinished(now: now, settings: settings)
        case .drainRequested: return try machine.drainRequested()
        case .stopRequested: return try machine.stopRequested(.delete)
        case .timerFiredEarly, .timerFiredLate: return machine.timerFired(now: now)
        case .sandboxVanished: return machine.sandboxVanished()
        case .sandboxStopped: try machine.sandboxStopped()
        }
        return .nothing
    }

    @Test func `it takes the steps of the table, all of them and no other`() throws {
        var seen: Set<Edge> = []
        for seed in UInt64(0)..<1500 { seen.formUnion(try Self.live(seed: seed).edges) }
        #expect(seen == Self.edges)
    }

    @Test func `its sandbox is stopped once at most, and before it is confirmed gone`() throws {
        var stoppedLives = 0
        for seed in UInt64(1500)..<3000 {
            let life = try Self.live(seed: seed)
            verify(life.stops <= 1, "seed \(seed): stopped \(life.stops) times")
            guard life.machine.state == .stopped else { continue }
            verify(life.stops == 1, "seed \(seed): gone without having been stopped")
            stoppedLives += 1
        }
        #expect(stoppedLives > 500)
    }

    @Test(arguments: Happening.allCases, Happening.allCases)
    func `a sandbox that is being stopped is not stopped again`(first: Happening, second: Happening) throws {
        for situation in [Situation.startupFailed, .startupTimedOut, .timingOut, .drainingStopping, .stopped] {
            var sample = try EnvironmentSample(situation, at: ManualClock().now)
            for happening in [first, second] {
                let action = try? sample.apply(happening)  // Refused ones are part of the table's own test.
                #expect(action ?? .nothing == .nothing, "\(situation), \(happening)")
            }
        }
    }
}
