/// How far something that is tried again and again has come.
package struct EventProgress: Sendable, Equatable {
    /// Tries that count: the function answered, or the target said no.
    package var attempts: Int
    /// Tries that did not come that far, in a row.
    package var setbacks: Int
    /// The age from which it may be tried again.
    package var dueAge: Duration
    package var age: EventAge

    package init(attempts: Int = 0, setbacks: Int = 0, dueAge: Duration = .zero, age: EventAge) {
        self.attempts = attempts
        self.setbacks = setbacks
        self.dueAge = dueAge
        self.age = age
    }
}

/// An asynchronous invocation in the queue.
package struct QueuedEvent: Sendable, Equatable {
    /// Its place in the queue, given once.
    package let sequence: Int64
    /// Its payload may be left out; see ``payloadBytes`` and ``hasPayload``.
    package var event: AcceptedEvent
    package let payloadBytes: Int
    package var progress: EventProgress

    package init(sequence: Int64, event: AcceptedEvent, payloadBytes: Int? = nil, progress: EventProgress) {
        self.sequence = sequence
        self.event = event
        self.payloadBytes = payloadBytes ?? event.payload.count
        self.progress = progress
    }

    /// An event is never empty: one without a body is `{}`.
    package var hasPayload: Bool { self.event.payload.count == self.payloadBytes }
}

/// Something to be sent because an asynchronous invocation is over.
package struct EventDelivery: Sendable, Equatable {
    package enum Purpose: Sendable, Equatable {
        /// The record of an invocation, for a destination.
        case destination(succeeded: Bool)
        /// The event itself, for a dead letter queue; with an HTTP status and what went wrong.
        case deadLetter(status: Int, message: String)
    }

    /// Given once.
    package let sequence: Int64
    package let requestID: RequestID
    package let function: FunctionKey
    /// Always with a qualifier.
    package let functionARN: String
    /// The ARN of the queue, topic, bus or bucket.
    package let target: String
    package let purpose: Purpose
    package let body: [UInt8]
    package var progress: EventProgress

    package init(
        sequence: Int64, requestID: RequestID, function: FunctionKey, functionARN: String, target: String,
        purpose: Purpose, body: [UInt8], progress: EventProgress
    ) {
        self.sequence = sequence
        self.requestID = requestID
        self.function = function
        self.functionARN = functionARN
        self.target = target
        self.purpose = purpose
        self.body = body
        self.progress = progress
    }
}

/// A delivery carries what a function was sent and answered, so it has no textual form but where it goes.
extension EventDelivery: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        "delivery of \(self.body.count) bytes about \(self.requestID) to \(self.target)"
    }
    package var debugDescription: String { self.description }
}

/// One change of the queue.
package enum EventChange: Sendable, Equatable {
    /// With its payload.
    case add(QueuedEvent)
    case postpone(sequence: Int64, EventProgress)
    case remove(sequence: Int64)
    case addDelivery(EventDelivery)
    case postponeDelivery(sequence: Int64, EventProgress)
    case removeDelivery(sequence: Int64)
}

/// All that is in the queue.
package struct EventBacklog: Sendable, Equatable {
    /// In the order of their places; without payloads.
    package let events: [QueuedEvent]
    package let deliveries: [EventDelivery]

    package init(events: [QueuedEvent], deliveries: [EventDelivery]) {
        self.events = events
        self.deliveries = deliveries
    }

    /// The first number that nothing has.
    package var nextSequence: Int64 {
        1 + max(self.events.map(\.sequence).max() ?? 0, self.deliveries.map(\.sequence).max() ?? 0)
    }
}

/// Keeps asynchronous invocations, and what is to be told of those that are over.
package protocol EventStore: Sendable {
    /// Whether the disk has space for an event with so many bytes of payload, beside what is in the queue: outcomes need some,
    /// too, and an event whose outcome cannot be written does not leave the queue.
    func hasRoom(for bytes: Int) -> Bool

    /// Gives back to the disk what the queue does not need any more. Returns at once: it goes on beside everything else.
    func makeRoom()

    /// Does all of the changes or none. They are on disk when this returns.
    func commit(_ changes: [EventChange]) async throws(StoreError)

    /// The bytes of an event's payload; `nil` where the event is gone.
    func payload(of sequence: Int64) async throws(StoreError) -> [UInt8]?

    /// What was committed and not removed, for the start. Whatever ran when the process ended is in it, too.
    func backlog() async throws(StoreError) -> EventBacklog
}

/// What an event is run by: looked up for each attempt, so that an alias that moved leads to its new version.
package struct EventTarget: Sendable {
    package let function: FunctionRecord
    /// That of the qualifier which the event was sent to; `nil` where it has none.
    package let config: EventInvokeConfigRecord?
    /// Reserved concurrency is 0: the function must not run.
    package let isSwitchedOff: Bool
    /// Whether a chain of invocations that comes back too often is ended; see ``FunctionProperties/recursiveLoop``.
    package let endsLoops: Bool

    package init(
        function: FunctionRecord, config: EventInvokeConfigRecord?, isSwitchedOff: Bool, endsLoops: Bool = true
    ) {
        self.function = function
        self.config = config
        self.isSwitchedOff = isSwitchedOff
        self.endsLoops = endsLoops
    }
}

/// Finds functions as they are now.
package protocol FunctionLookup: Sendable {
    /// `nil` where there is no such function, version or alias any more.
    func target(of function: FunctionKey, qualifier: String?) -> EventTarget?
}

/// Why a delivery did not arrive; the text is for the operator.
package struct DeliveryError: Error, Equatable {
    package let text: String

    package init(text: String) { self.text = text }
}

/// Sends to services outside.
package protocol DeliverySender: Sendable {
    func send(_ delivery: EventDelivery) async throws(DeliveryError)
}
