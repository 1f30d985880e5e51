import LambdaCore
import Lifecycle
import TestSupport
import Testing

@Suite struct `A streamed response` {
    private static let window = Limits.streamedResponseWindow

    @Test func `stops its function when too much is out, and lets it go on when little is`() {
        let clock = ManualClock()
        var machine = StreamMachine(.init(), now: clock.now)
        #expect(machine.arrived(Self.window.upperBound, now: clock.now) == .pass(.nothing))
        #expect(machine.arrived(1, now: clock.now) == .pass(.hold(until: nil)))
        // What was under way already.
        #expect(machine.arrived(65_536, now: clock.now) == .pass(.nothing))
        let out = Self.window.upperBound + 1 + 65_536
        #expect(machine.consumed(out - Self.window.lowerBound - 1, now: clock.now) == .nothing)
        #expect(machine.consumed(1, now: clock.now) == .resume)
        #expect(machine.consumed(Self.window.lowerBound, now: clock.now) == .nothing)
        #expect(machine.arrived(1, now: clock.now) == .pass(.nothing))
    }

    @Test func `has a largest size`() {
        let clock = ManualClock()
        var machine = StreamMachine(.init(limit: 100), now: clock.now)
        #expect(machine.arrived(100, now: clock.now) == .pass(.nothing))
        #expect(machine.arrived(1, now: clock.now) == .tooLarge)
        #expect(machine.arrived(1, now: clock.now) == .tooLarge)
    }

    @Test func `has no rate of its own`() {
        let clock = ManualClock()
        var machine = StreamMachine(.init(), now: clock.now)
        for _ in 0..<100 {
            #expect(machine.arrived(200_000, now: clock.now) == .pass(.nothing))
            #expect(machine.consumed(200_000, now: clock.now) == .nothing)
        }
    }
}

@Suite struct `A streamed response with a rate` {
    /// 1,000 bytes at once, then 8,000 a second, which is 1,000 in each 125 ms.
    private static let settings = StreamMachine.Settings(shape: .init(burst: 1_000, rate: 8_000))

    @Test func `goes at once as long as its first bytes last`() {
        let clock = ManualClock()
        var machine = StreamMachine(Self.settings, now: clock.now)
        #expect(machine.arrived(600, now: clock.now) == .pass(.nothing))
        #expect(machine.arrived(400, now: clock.now) == .pass(.nothing))
        let paid = clock.now.advanced(by: .milliseconds(125))
        #expect(machine.arrived(1, now: clock.now) == .pass(.hold(until: paid)))
    }

    @Test func `waits for what it took too much, and not longer`() {
        let clock = ManualClock()
        var machine = StreamMachine(Self.settings, now: clock.now)
        let paid = clock.now.advanced(by: .milliseconds(375))
        #expect(machine.arrived(3_500, now: clock.now) == .pass(.hold(until: paid)))
        #expect(machine.consumed(3_500, now: clock.now) == .hold(until: paid))
        clock.advance(by: .milliseconds(374))
        #expect(machine.timerFired(now: clock.now) == .hold(until: paid))
        clock.advance(by: .milliseconds(1))
        #expect(machine.timerFired(now: clock.now) == .resume)
        // 500 tokens are left over.
        #expect(machine.arrived(500, now: clock.now) == .pass(.nothing))
        #expect(machine.timerFired(now: clock.now) == .nothing)
    }

    @Test func `waits for a slow caller beyond that`() {
        let clock = ManualClock()
        var machine = StreamMachine(Self.settings, now: clock.now)
        let paid = clock.now.advanced(by: .milliseconds(37_375))
        #expect(machine.arrived(300_000, now: clock.now) == .pass(.hold(until: paid)))
        clock.advance(by: .seconds(60))
        #expect(machine.timerFired(now: clock.now) == .nothing, "the caller has taken nothing")
        #expect(machine.consumed(300_000, now: clock.now) == .resume)
    }

    @Test func `saves no more than its first bytes, however long it does nothing`() {
        let clock = ManualClock()
        var machine = StreamMachine(Self.settings, now: clock.now)
        #expect(machine.arrived(1_000, now: clock.now) == .pass(.nothing))
        clock.advance(by: .seconds(100_000))
        #expect(machine.arrived(1_000, now: clock.now) == .pass(.nothing))
        let paid = clock.now.advanced(by: .milliseconds(125))
        #expect(machine.arrived(1, now: clock.now) == .pass(.hold(until: paid)))
    }

    @Test func `comes to its rate over a long time`() {
        let clock = ManualClock()
        var machine = StreamMachine(Self.settings, now: clock.now)
        let began = clock.now
        var sent = 0
        while sent < 100_000 {
            var action = StreamMachine.Action.nothing
            if case .pass(let next) = machine.arrived(700, now: clock.now) { action = next }
            sent += 700
            _ = machine.consumed(700, now: clock.now)
            while case .hold(let until?) = action {
                clock.advance(by: until.since(clock.now))
                action = machine.timerFired(now: clock.now)
            }
        }
        let seconds = clock.now.since(began) / .seconds(1)
        #expect(abs(Double(sent - 1_000) / seconds - 8_000) < 100)
    }
}

@Suite struct `The session of a runtime that streams` {
    private let request = RequestID.random()

    private func responding() throws -> RuntimeSessionMachine {
        var machine = RuntimeSessionMachine()
        _ = try machine.nextRequested()
        machine.eventDelivered(self.request)
        try machine.responseBegan(for: self.request.text)
        return machine
    }

    @Test func `takes no second answer and gives no event before the first is whole`() throws {
        var machine = try self.responding()
        let id = self.request.text
        #expect(throws: RuntimeSessionMachine.Refusal.invalidTransition(from: "InvocationResponse", to: "Ready")) {
            _ = try machine.nextRequested()
        }
        let twice = RuntimeSessionMachine.Refusal.invalidTransition(
            from: "InvocationResponse", to: "InvocationResponse")
        #expect(throws: twice) { try machine.responseBegan(for: id) }
        #expect(throws: twice) { try machine.canAnswer(id) }
        #expect(throws: RuntimeSessionMachine.Refusal.invalidRequestID) {
            try machine.canAnswer(RequestID.random().text)
        }
    }

    @Test func `goes on once it is`() throws {
        var machine = try self.responding()
        machine.responseEnded()
        #expect(try machine.nextRequested() == .invocationDone(self.request))
        machine.responseEnded()
        #expect(machine.isWaitingForEvent)
    }
}
