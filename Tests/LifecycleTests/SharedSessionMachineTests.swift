import LambdaCore
import Lifecycle
import TestSupport
import Testing

private typealias Refusal = SharedSessionMachine.Refusal

@Suite struct `A runtime that works on several invocations` {
    /// A session that serves, with so many workers that wait.
    private static func session(slots: Int = 2, workers: Int) throws -> SharedSessionMachine {
        var session = SharedSessionMachine(slots: slots)
        for _ in 0..<workers { _ = try session.nextRequested() }
        #expect(session.becameReady() == min(slots, workers))
        return session
    }

    @Test func `has done its init with the first worker that asks`() throws {
        var session = SharedSessionMachine(slots: 3)
        #expect(try session.nextRequested() == .initDone)
        // Extensions are still at work: workers that come meanwhile are counted once.
        #expect(try session.nextRequested() == .park)
        #expect(session.becameReady() == 2)
        #expect(session.becameReady() == 0)
        #expect(try session.nextRequested() == .offer)
    }

    @Test func `is offered no more events than it may hold at one time`() throws {
        var session = try Self.session(workers: 2)
        #expect(try session.nextRequested() == .park)
        session.eventDelivered(.numbered(1))
        session.eventDelivered(.numbered(2))
        #expect(try session.nextRequested() == .park)
        #expect(session.offersMore() == false)
        #expect(try session.answered(RequestID.numbered(1).text) == .numbered(1))
        #expect(session.offersMore() == true)
        #expect(session.offersMore() == false)
        session.eventDelivered(.numbered(3))
    }

    @Test func `loses a place with a worker that goes, unless another waits`() throws {
        var session = try Self.session(workers: 3)
        let isFirstLost = session.nextAbandoned()
        let isSecondLost = session.nextAbandoned()
        #expect(!isFirstLost && isSecondLost)
        #expect(try session.nextRequested() == .offer)
    }

    @Test func `may answer in any order, each once`() throws {
        var session = try Self.session(workers: 2)
        session.eventDelivered(.numbered(1))
        session.eventDelivered(.numbered(2))
        #expect(try session.canAnswer(RequestID.numbered(2).text.uppercased()) == .numbered(2))
        #expect(try session.answered(RequestID.numbered(2).text) == .numbered(2))
        #expect(throws: Refusal.invalidRequestID) { try session.answered(RequestID.numbered(2).text) }
        #expect(try session.answered(RequestID.numbered(1).text) == .numbered(1))
        for wrong in ["", "x", RequestID.numbered(3).text] {
            #expect(throws: Refusal.invalidRequestID) { try session.canAnswer(wrong) }
        }
    }

    @Test func `hears of the last 1,000 invocations that they have timed out`() throws {
        var session = SharedSessionMachine(slots: 1)
        _ = try session.nextRequested()
        _ = session.becameReady()
        for number in 1...1_001 {
            session.eventDelivered(.numbered(number))
            session.timedOut(.numbered(number))
            // The worker that still runs is none of those that may be given an event; another comes.
            #expect(try session.nextRequested() == .offer)
        }
        #expect(throws: Refusal.invalidRequestID) { try session.answered(RequestID.numbered(1).text) }
        for number in [2, 500, 1_001] {
            #expect(throws: Refusal.timedOut) { try session.answered(RequestID.numbered(number).text) }
        }
        // A further attempt of the same event is a running one.
        session.eventDelivered(.numbered(2))
        #expect(try session.answered(RequestID.numbered(2).text) == .numbered(2))
    }

    @Test func `keeps 10,000 calls waiting, and no more`() throws {
        var session = try Self.session(workers: 10_000)
        #expect(throws: Refusal.tooManyWaiting) { try session.nextRequested() }
        session.eventDelivered(.numbered(1))
        #expect(try session.nextRequested() == .park)
        #expect(throws: Refusal.tooManyWaiting) { try session.nextRequested() }
    }

    @Test func `may report a failed init before any worker asks, once`() throws {
        var session = SharedSessionMachine(slots: 2)
        try session.initErrorReceived()
        #expect(throws: Refusal.invalidTransition(from: "InitError", to: "InitError")) {
            try session.initErrorReceived()
        }
        #expect(throws: Refusal.invalidTransition(from: "InitError", to: "Ready")) { try session.nextRequested() }
        var other = try Self.session(workers: 1)
        #expect(throws: Refusal.invalidTransition(from: "Ready", to: "InitError")) { try other.initErrorReceived() }
    }

    @Test func `forgets what ran when it ends`() throws {
        var session = try Self.session(workers: 2)
        session.eventDelivered(.numbered(1))
        session.ended()
        #expect(throws: Refusal.invalidRequestID) { try session.answered(RequestID.numbered(1).text) }
    }

    @Test(arguments: [
        (Refusal.timedOut, 410, "InvokeTimeout", "Invoke timeout"),
        (.invalidRequestID, 400, "InvalidRequestID", "Invalid request ID"),
        (.tooManyWaiting, 500, "InternalServerError", "Internal Server Error"),
        (
            .invalidTransition(from: "Ready", to: "InitError"), 403, "InvalidStateTransition",
            "State transition from Ready to InitError failed for runtime. Error: State transition is not allowed"
        ),
    ])
    private func `is refused in AWS's words`(refusal: Refusal, status: Int, type: String, message: String) {
        #expect(refusal.status == status)
        #expect(refusal.errorType == type)
        #expect(refusal.message == message)
    }
}
