import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `Telemetry that waits for its consumer` {
    private static let event = [UInt8](repeating: 0x61, count: 100)
    private static let settings = TelemetryBufferMachine.Settings(items: 3, bytes: 1_000, timeout: .milliseconds(25))

    @Test func `goes when its oldest event has waited long enough`() {
        let clock = ManualClock()
        var machine = TelemetryBufferMachine(Self.settings)
        let due = clock.now.advanced(by: .milliseconds(25))
        #expect(machine.appended(Self.event, now: clock.now) == .armTimer(at: due))
        clock.advance(by: .milliseconds(24))
        #expect(machine.appended(Self.event, now: clock.now) == .nothing)
        #expect(machine.timerFired(now: clock.now) == .armTimer(at: due))
        clock.advance(by: .milliseconds(1))
        #expect(machine.timerFired(now: clock.now) == .send([Self.event, Self.event]))
        #expect(machine.timerFired(now: clock.now) == .nothing)
    }

    @Test func `goes when there are enough events, or enough bytes`() {
        let clock = ManualClock()
        var machine = TelemetryBufferMachine(Self.settings)
        _ = machine.appended(Self.event, now: clock.now)
        _ = machine.appended(Self.event, now: clock.now)
        #expect(machine.appended(Self.event, now: clock.now) == .send([Self.event, Self.event, Self.event]))

        var second = TelemetryBufferMachine(Self.settings)
        let large = [UInt8](repeating: 0x62, count: 1_000)
        #expect(second.appended(large, now: clock.now) == .send([large]))
    }

    @Test func `waits while a batch is on its way, and goes then`() {
        let clock = ManualClock()
        var machine = TelemetryBufferMachine(Self.settings)
        for _ in 0..<3 { _ = machine.appended(Self.event, now: clock.now) }
        #expect(machine.appended([1], now: clock.now) == .nothing)
        clock.advance(by: .seconds(1))
        #expect(machine.timerFired(now: clock.now) == .nothing)
        let (dropped, action) = machine.delivered(now: clock.now)
        #expect(dropped == nil)
        #expect(action == .send([[1]]))
    }

    @Test func `is dropped and counted where a second batch is whole before the first arrived`() {
        let clock = ManualClock()
        var machine = TelemetryBufferMachine(Self.settings)
        for _ in 0..<3 { _ = machine.appended(Self.event, now: clock.now) }
        for _ in 0..<7 { #expect(machine.appended(Self.event, now: clock.now) == .nothing) }
        let (dropped, action) = machine.delivered(now: clock.now)
        #expect(dropped == .init(records: 6, bytes: 600))
        #expect(action == .armTimer(at: clock.now.advanced(by: .milliseconds(25))))
        #expect(machine.timerFired(now: clock.now.advanced(by: .milliseconds(25))) == .send([Self.event]))
        #expect(machine.delivered(now: clock.now).dropped == nil)
        #expect(machine.isEmpty)
    }

    @Test func `goes at once when an input ends, and after that nothing waits`() {
        let clock = ManualClock()
        var machine = TelemetryBufferMachine(Self.settings)
        #expect(machine.flushed() == .nothing)
        #expect(machine.appended([1], now: clock.now) == .send([[1]]))
        #expect(machine.appended([2], now: clock.now) == .nothing)
        #expect(machine.delivered(now: clock.now).action == .send([[2]]))

        var second = TelemetryBufferMachine(Self.settings)
        _ = second.appended([3], now: clock.now)
        #expect(second.flushed() == .send([[3]]))
    }

    /// Every event is sent or counted as dropped, once, in order.
    @Test(arguments: 0..<100)
    func `is neither lost silently nor sent twice`(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let clock = ManualClock()
        var machine = TelemetryBufferMachine(Self.settings)
        var next: UInt16 = 0
        var sent: [UInt16] = []
        var dropped = 0
        var isSending = false
        func perform(_ action: TelemetryBufferMachine.Action) {
            guard case .send(let events) = action else { return }
            verify(!isSending, "two batches at once, seed \(seed)")
            isSending = true
            sent += events.map { UInt16($0[0]) << 8 | UInt16($0[1]) }
        }
        for _ in 0..<500 {
            clock.advance(by: .milliseconds(Int64.random(in: 0...10, using: &random)))
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                perform(machine.appended([UInt8(next >> 8), UInt8(next & 255)], now: clock.now))
                next += 1
            case 2:
                perform(machine.timerFired(now: clock.now))
            default:
                guard isSending else { continue }
                isSending = false
                let (lost, action) = machine.delivered(now: clock.now)
                dropped += lost?.records ?? 0
                perform(action)
            }
        }
        for _ in 0..<3 {
            isSending = false
            let (lost, action) = machine.delivered(now: clock.now)
            dropped += lost?.records ?? 0
            perform(action)
            perform(machine.flushed())
        }
        #expect(sent == sent.sorted())
        #expect(Set(sent).count == sent.count)
        #expect(sent.count + dropped == Int(next))
    }
}
