/// One asynchronous invocation, checked, on its way to the queue.
package struct AcceptedEvent: Sendable, Equatable {
    /// The same for every attempt.
    package let requestID: RequestID
    package let function: FunctionKey
    /// As the caller addressed it: an alias is resolved anew for each attempt. `nil` means `$LATEST`.
    package let qualifier: String?
    /// With the qualifier where one was given.
    package let invokedARN: String
    /// The event's bytes, at most ``Limits/eventPayloadBytes``: one JSON text.
    package let payload: [UInt8]
    /// JSON text, already decoded from the caller's base64.
    package let clientContext: String?
    /// A complete X-Ray header: `Root=…;Parent=…;Sampled=…`.
    package let traceHeader: String
    /// As ``Invocation/tenantID``.
    package let tenantID: String?
    /// From here the event's age counts.
    package let receivedAt: WallTime

    package init(
        requestID: RequestID, function: FunctionKey, qualifier: String?, invokedARN: String, payload: [UInt8],
        clientContext: String?, traceHeader: String, tenantID: String? = nil, receivedAt: WallTime
    ) {
        self.requestID = requestID
        self.function = function
        self.qualifier = qualifier
        self.invokedARN = invokedARN
        self.payload = payload
        self.clientContext = clientContext
        self.traceHeader = traceHeader
        self.tenantID = tenantID
        self.receivedAt = receivedAt
    }

    /// The same event with other bytes: queues leave large payloads on disk.
    package func carrying(_ payload: [UInt8]) -> AcceptedEvent {
        AcceptedEvent(
            requestID: self.requestID, function: self.function, qualifier: self.qualifier,
            invokedARN: self.invokedARN, payload: payload, clientContext: self.clientContext,
            traceHeader: self.traceHeader, tenantID: self.tenantID,
            receivedAt: self.receivedAt)
    }

    /// The ARN that records of the event name: always with a qualifier.
    package var qualifiedARN: String { "\(self.function.arn):\(self.qualifier ?? FunctionRecord.latest)" }
}

/// An event carries what its sender wrote, so it has no textual form but where it goes.
extension AcceptedEvent: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        "event \(self.requestID) of \(self.payload.count) bytes for \(self.invokedARN)"
    }
    package var debugDescription: String { self.description }
}

/// Why an event was not taken. It is stored nowhere when one of these is thrown.
package enum EventRefusal: Error, Equatable {
    /// The queue holds as many events as it may; the sender should try again later.
    case full
    /// The disk has little space left, which the outcomes of earlier events need.
    case noRoom
    /// The daemon is draining.
    case shuttingDown
    /// The disk or the database said no; the text is its own.
    case failed(String)
}

/// Takes asynchronous invocations.
package protocol EventAcceptor: Sendable {
    /// Returns once the event is on disk: from then on it will be run, or its loss be recorded, whatever happens.
    func accept(_ event: AcceptedEvent) async throws(EventRefusal)
}
