package import LambdaCore

/// The Runtime API's view of a runtime that works on several invocations at one time: which call is allowed when, and how
/// many of its workers may be given an event.
///
/// Workers have no names: one that asks for an event is idle until it has one or its connection closes.
package struct SharedSessionMachine: Sendable {
    /// A call that is not allowed now.
    package enum Refusal: Error, Equatable, Sendable {
        /// 403 `InvalidStateTransition`.
        case invalidTransition(from: String, to: String)
        /// 400 `InvalidRequestID`.
        case invalidRequestID
        /// 410: the invocation's caller has been told that it timed out.
        case timedOut
        /// 500: too many calls of `next` wait already.
        case tooManyWaiting

        package var status: Int {
            switch self {
            case .invalidTransition: 403
            case .invalidRequestID: 400
            case .timedOut: 410
            case .tooManyWaiting: 500
            }
        }

        package var errorType: String {
            switch self {
            case .invalidTransition: "InvalidStateTransition"
            case .invalidRequestID: "InvalidRequestID"
            case .timedOut: "InvokeTimeout"
            case .tooManyWaiting: "InternalServerError"
            }
        }

        package var message: String {
            switch self {
            case .invalidTransition(let from, let to):
                RuntimeSessionMachine.Refusal.invalidTransition(from: from, to: to).message
            case .invalidRequestID: RuntimeSessionMachine.Refusal.invalidRequestID.message
            case .timedOut: "Invoke timeout"
            case .tooManyWaiting: "Internal Server Error"
            }
        }
    }

    package enum NextAction: Equatable, Sendable {
        /// The first `next` of the first worker: the runtime's init is done. The caller waits.
        case initDone
        /// One more event can be taken. The caller waits.
        case offer
        /// The caller waits, and as many events as the environment may hold are here or can be taken already.
        case park
    }

    private enum Phase: Sendable, Equatable {
        case started
        case initError
        /// The runtime's init is done; extensions may still be at work.
        case initialized
        case serving
    }

    /// Invocations at one time.
    package let slots: Int
    private var phase = Phase.started
    /// Calls of `next` that wait.
    private var idle = 0
    /// Those of ``idle`` that an event has been promised a place in. With ``running`` never more than ``slots``.
    private var offered = 0
    private var running: Set<RequestID> = []
    private var timeouts = RememberedRequests(limit: Limits.rememberedTimeouts)

    package init(slots: Int) { self.slots = slots }

    package mutating func nextRequested() throws(Refusal) -> NextAction {
        guard self.phase != .initError else { throw .invalidTransition(from: "InitError", to: "Ready") }
        guard self.idle < Limits.idleWorkers else { throw .tooManyWaiting }
        self.idle += 1
        if self.phase == .started {
            self.phase = .initialized
            return .initDone
        }
        return self.offersMore() ? .offer : .park
    }

    /// The whole init is done. Gives how many events can be taken.
    package mutating func becameReady() -> Int {
        guard self.phase == .initialized else { return 0 }
        self.phase = .serving
        self.offered = min(self.idle, self.slots)
        return self.offered
    }

    /// A worker's connection closed while it waited. Returns whether one event less can be taken.
    package mutating func nextAbandoned() -> Bool {
        self.idle -= 1
        guard self.offered > self.idle else { return false }
        self.offered -= 1
        return true
    }

    /// An event goes to a waiting worker.
    package mutating func eventDelivered(_ request: RequestID) {
        guard self.offered > 0, self.running.insert(request).inserted else {
            preconditionFailure("an event was delivered to no worker, or twice")
        }
        self.idle -= 1
        self.offered -= 1
    }

    /// Whether `id` may be answered now.
    package func canAnswer(_ id: String) throws(Refusal) -> RequestID {
        guard let request = RequestID(id) else { throw .invalidRequestID }
        if self.running.contains(request) { return request }
        throw self.timeouts.contains(request) ? .timedOut : .invalidRequestID
    }

    package mutating func answered(_ id: String) throws(Refusal) -> RequestID {
        let request = try self.canAnswer(id)
        self.running.remove(request)
        return request
    }

    /// Its caller has been told so. The worker goes on, and its answer comes too late.
    package mutating func timedOut(_ request: RequestID) {
        guard self.running.remove(request) != nil else { return }
        self.timeouts.insert(request)
    }

    /// An invocation is over. Returns whether another worker that waits can be given an event now.
    package mutating func offersMore() -> Bool {
        guard self.phase == .serving, self.offered < self.idle, self.offered + self.running.count < self.slots else {
            return false
        }
        self.offered += 1
        return true
    }

    /// The runtime is gone, and with it all that ran.
    package mutating func ended() { self.running = [] }

    package mutating func initErrorReceived() throws(Refusal) {
        guard self.phase == .started else {
            let isFailed = self.phase == .initError
            throw .invalidTransition(from: isFailed ? "InitError" : "Ready", to: "InitError")
        }
        self.phase = .initError
    }
}

/// The last so many of the requests that were put in.
private struct RememberedRequests: Sendable {
    let limit: Int
    private var known: Set<RequestID> = []
    /// Once it is full, a ring.
    private var order: [RequestID] = []
    private var oldest = 0

    init(limit: Int) { self.limit = limit }

    func contains(_ request: RequestID) -> Bool { self.known.contains(request) }

    mutating func insert(_ request: RequestID) {
        guard self.known.insert(request).inserted else { return }
        guard self.order.count == self.limit else { return self.order.append(request) }
        self.known.remove(self.order[self.oldest])
        self.order[self.oldest] = request
        self.oldest = (self.oldest + 1) % self.limit
    }
}
