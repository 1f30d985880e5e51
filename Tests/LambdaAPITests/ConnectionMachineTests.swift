import NIOCore
import Testing

@testable import LambdaAPI

@Suite struct `A connection's machine` {
    private enum Event {
        case headBegan(until: Int64)
        case headEnded(until: Int64)
        case requestEnded
        case bodyRefused(until: Int64)
        case decodingFailed
        case answerEnded(isLast: Bool, until: Int64)
        case closed
    }

    /// The names of what is true of it.
    private struct Traits: OptionSet {
        let rawValue: Int

        static let takesInput = Traits(rawValue: 1)
        static let awaitsHead = Traits(rawValue: 2)
        static let readsBody = Traits(rawValue: 4)
        static let answers = Traits(rawValue: 8)
        static let discards = Traits(rawValue: 16)
    }

    private struct Life: CustomTestStringConvertible {
        let testDescription: String
        let events: [Event]
        let traits: Traits
        let end: ConnectionMachine.EndAction
        /// Second at which it is overdue, and what is done then; `nil` where it never is.
        let overdue: (Int64, ConnectionMachine.TimeAction)?

        init(
            _ name: String, _ events: [Event], _ traits: Traits, end: ConnectionMachine.EndAction = .nothing,
            overdue: (Int64, ConnectionMachine.TimeAction)?
        ) {
            self.testDescription = name
            self.events = events
            self.traits = traits
            self.end = end
            self.overdue = overdue
        }
    }

    private static let pace = ConnectionMachine.Pace(time: .seconds(30), bytes: 1_024)

    private static func second(_ second: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(second) }

    /// Made at second 0, with 75 seconds for its first request.
    private static func machine(after events: [Event] = []) -> ConnectionMachine {
        var machine = ConnectionMachine(until: self.second(75))
        for event in events { self.tell(&machine, event) }
        return machine
    }

    private static func tell(_ machine: inout ConnectionMachine, _ event: Event) {
        switch event {
        case .headBegan(let deadline): machine.headBegan(until: self.second(deadline))
        case .headEnded(let deadline): machine.headEnded(until: self.second(deadline))
        case .requestEnded: _ = machine.requestEnded()
        case .bodyRefused(let deadline): machine.bodyRefused(until: self.second(deadline))
        case .decodingFailed: machine.decodingFailed()
        case .answerEnded(let isLast, let deadline):
            machine.answerEnded(isLast: isLast, until: self.second(deadline))
        case .closed: machine.closed()
        }
    }

    private static let lives = [
        Life("new", [], [.takesInput, .awaitsHead], overdue: (75, .close)),
        Life("with some bytes of a head", [.headBegan(until: 30)], [.takesInput, .awaitsHead], overdue: (30, .close)),
        Life(
            "with more bytes of that head", [.headBegan(until: 30), .headBegan(until: 50)], [.takesInput, .awaitsHead],
            overdue: (30, .close)),
        Life(
            "with a head", [.headEnded(until: 31)], [.takesInput, .readsBody], end: .answer, overdue: (31, .refuse)),
        Life(
            "with a head that came in pieces", [.headBegan(until: 30), .headEnded(until: 45)],
            [.takesInput, .readsBody], end: .answer, overdue: (45, .refuse)),
        Life("with a whole request", [.headEnded(until: 31), .requestEnded], .answers, overdue: nil),
        Life(
            "that has answered",
            [.headEnded(until: 31), .requestEnded, .answerEnded(isLast: false, until: 90)], [.takesInput, .awaitsHead],
            overdue: (90, .close)),
        Life(
            "with bytes of a second head",
            [.headEnded(until: 31), .requestEnded, .answerEnded(isLast: false, until: 90), .headBegan(until: 50)],
            [.takesInput, .awaitsHead], overdue: (50, .close)),
        Life(
            "that has answered for the last time",
            [.headEnded(until: 31), .requestEnded, .answerEnded(isLast: true, until: 90)], [], overdue: (90, .close)),
        Life(
            "with a refused body", [.headEnded(until: 31), .bodyRefused(until: 5)], [.takesInput, .discards],
            end: .close, overdue: (5, .close)),
        Life("with no HTTP at all", [.decodingFailed], [], overdue: (75, .close)),
        Life("with no HTTP in a head", [.headBegan(until: 30), .decodingFailed], [], overdue: (30, .close)),
        Life("with no HTTP in a body", [.headEnded(until: 31), .decodingFailed], [], overdue: (31, .close)),
        Life("that was closed", [.closed], [], overdue: nil),
        Life(
            "that was closed while its answer was written",
            [.headEnded(until: 31), .requestEnded, .closed, .answerEnded(isLast: false, until: 90)], [], overdue: nil),
    ]

    @Test(arguments: Self.lives) private func `is overdue at its deadline, and not before`(_ life: Life) {
        var machine = Self.machine(after: life.events)
        guard let (deadline, action) = life.overdue else {
            #expect(machine.timeLooked(at: .distantFuture, received: 0, pace: Self.pace) == .nothing)
            return
        }
        let before = Self.second(deadline) - .nanoseconds(1)
        #expect(machine.timeLooked(at: before, received: 0, pace: Self.pace) == .nothing)
        #expect(machine.timeLooked(at: Self.second(deadline), received: 0, pace: Self.pace) == action)
    }

    @Test(arguments: Self.lives) private func `says what it is doing`(_ life: Life) {
        var machine = Self.machine(after: life.events)
        var traits: Traits = []
        if machine.takesInput { traits.insert(.takesInput) }
        if machine.awaitsHead { traits.insert(.awaitsHead) }
        if machine.isReadingBody { traits.insert(.readsBody) }
        if machine.isAnswering { traits.insert(.answers) }
        if machine.isDiscarding { traits.insert(.discards) }
        #expect(traits == life.traits)
        #expect(machine.requestEnded() == life.end)
    }

    private struct Look {
        let second: Int64
        let received: Int
        let action: ConnectionMachine.TimeAction

        init(_ second: Int64, _ received: Int, _ action: ConnectionMachine.TimeAction) {
            self.second = second
            self.received = received
            self.action = action
        }
    }

    @Test(arguments: [
        [Look(30, 1_023, .refuse)],
        [Look(30, 1_024, .nothing), Look(59, 1_024, .nothing), Look(60, 2_047, .refuse)],
        [Look(30, 1_024, .nothing), Look(60, 2_048, .nothing), Look(90, 3_072, .nothing), Look(120, 3_072, .refuse)],
        // What came before the deadline counts at the deadline only, and the next one counts from the look.
        [Look(20, 9_000, .nothing), Look(34, 9_000, .nothing), Look(63, 9_000, .nothing), Look(64, 10_023, .refuse)],
    ]) private func `gives a body more time as long as it gets on`(_ looks: [Look]) {
        var machine = Self.machine(after: [.headEnded(until: 30)])
        for look in looks {
            let action = machine.timeLooked(at: Self.second(look.second), received: look.received, pace: Self.pace)
            #expect(action == look.action, "at second \(look.second)")
        }
    }

    @Test func `counts the bytes of each body from none`() {
        var machine = Self.machine(after: [.headEnded(until: 30)])
        #expect(machine.timeLooked(at: Self.second(30), received: 50_000, pace: Self.pace) == .nothing)
        for event in [
            Event.requestEnded, .answerEnded(isLast: false, until: 110), .headEnded(until: 65),
        ] { Self.tell(&machine, event) }
        #expect(machine.timeLooked(at: Self.second(65), received: 1_024, pace: Self.pace) == .nothing)
    }

    @Test func `is three words`() { #expect(MemoryLayout<ConnectionMachine>.size <= 24) }
}
