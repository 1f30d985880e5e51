import NIOCore

/// What a connection is doing, and until when it may.
///
/// Three words, held in place by its connection: it is asked for every request. Nothing rings at a deadline; somebody looks
/// now and then, and says what the time is.
struct ConnectionMachine {
    private enum Phase: Equatable {
        /// Between two requests.
        case resting
        /// The first bytes of a head are there, its end is not.
        case head
        /// The head is there; the body is being read. `known`: Bytes of it that were there when its deadline was set.
        case body(known: Int)
        /// Read whole; the answer is being made.
        case answering
        /// Refused with its body still coming. The answer is out; the rest is thrown away, and then the connection ends.
        case discarding
        /// The last answer is on its way out; what still comes is not looked at.
        case ending
        case closed
    }

    /// How much of a body must come in which time.
    struct Pace {
        let time: TimeAmount
        let bytes: Int
    }

    enum EndAction: Equatable {
        case answer
        case close
        case nothing
    }

    enum TimeAction: Equatable {
        case close
        /// The client is told that it is too slow.
        case refuse
        case nothing
    }

    private var phase = Phase.resting
    /// When the present phase is overdue; of no meaning while an answer is made, which has its own limits.
    private var deadline: NIODeadline

    /// A connection that has just been made and waits for its first request until `deadline`.
    init(until deadline: NIODeadline) { self.deadline = deadline }

    // MARK: Questions

    /// Whether parts of a request are taken, be it to throw them away.
    var takesInput: Bool {
        switch self.phase {
        case .resting, .head, .body, .discarding: true
        case .answering, .ending, .closed: false
        }
    }

    /// Whether there is no request yet of which anything is known.
    var awaitsHead: Bool {
        switch self.phase {
        case .resting, .head: true
        case .body, .answering, .discarding, .ending, .closed: false
        }
    }

    var isReadingBody: Bool { if case .body = self.phase { true } else { false } }
    var isAnswering: Bool { self.phase == .answering }
    var isDiscarding: Bool { self.phase == .discarding }

    // MARK: Events

    /// Bytes came that are no whole head. Further ones of the same head give it no more time.
    mutating func headBegan(until deadline: NIODeadline) {
        guard self.phase == .resting else { return }
        self.phase = .head
        self.deadline = deadline
    }

    mutating func headEnded(until deadline: NIODeadline) {
        self.phase = .body(known: 0)
        self.deadline = deadline
    }

    /// The last byte of a request is there.
    mutating func requestEnded() -> EndAction {
        switch self.phase {
        case .body:
            self.phase = .answering
            return .answer
        case .discarding: return .close
        case .resting, .head, .answering, .ending, .closed: return .nothing
        }
    }

    /// A request is answered before its body is read.
    mutating func bodyRefused(until deadline: NIODeadline) {
        self.phase = .discarding
        self.deadline = deadline
    }

    /// What came is no request. The time of what it was taken for is not prolonged.
    mutating func decodingFailed() { self.phase = .ending }

    /// The end of an answer is being written.
    ///
    /// - Parameter isLast: Whether the connection ends with it.
    mutating func answerEnded(isLast: Bool, until deadline: NIODeadline) {
        // Writing may have shown that the client has gone.
        guard self.phase != .closed else { return }
        self.phase = isLast ? .ending : .resting
        self.deadline = deadline
    }

    mutating func closed() { self.phase = .closed }

    /// Somebody looks at the time.
    ///
    /// - Parameters:
    ///   - received: Bytes of the body that are there by now.
    ///   - pace: What a body must keep to.
    mutating func timeLooked(at now: NIODeadline, received: Int, pace: Pace) -> TimeAction {
        guard now >= self.deadline else { return .nothing }
        switch self.phase {
        // Of a request whose head is not whole nothing was parsed, so the pipeline takes no answer; the client has shown
        // that it does not wait for one.
        case .resting, .head, .discarding, .ending: return .close
        case .body(let known):
            guard received - known >= pace.bytes else { return .refuse }
            self.phase = .body(known: received)
            self.deadline = now + pace.time
            return .nothing
        case .answering, .closed: return .nothing
        }
    }
}
