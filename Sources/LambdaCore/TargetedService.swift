/// A verified request to a service that speaks AWS's JSON protocol, where a header names the operation.
package struct TargetedCall: Sendable {
    package let operation: String
    /// Account and region of the caller.
    package let scope: Scope
    package let body: [UInt8]
    package let requestID: RequestID

    package init(operation: String, scope: Scope, body: [UInt8], requestID: RequestID) {
        self.operation = operation
        self.scope = scope
        self.body = body
        self.requestID = requestID
    }
}

package struct TargetedAnswer: Sendable, Equatable {
    package let status: Int
    package let body: JSONObject

    package init(status: Int = 200, body: JSONObject) {
        self.status = status
        self.body = body
    }

    /// An error, as AWS's JSON protocol writes it.
    package init(error: String, message: String?, status: Int = 400) {
        var body: JSONObject = ["__type": .string(error)]
        if let message { body["message"] = .string(message) }
        self.init(status: status, body: body)
    }
}

/// One message of an answer that goes on: an event, or the error that ends it.
package struct TargetedEvent: Sendable, Equatable {
    package enum Kind: Sendable, Equatable { case event, exception }

    package let kind: Kind
    /// The name of the event or of the error.
    package let name: String
    package let payload: JSONObject

    package init(_ name: String, kind: Kind = .event, payload: JSONObject) {
        self.name = name
        self.kind = kind
        self.payload = payload
    }
}

/// An answer that goes on: a sequence of messages, asked for one after the other, each when the one before is sent.
package protocol TargetedEvents: Sendable {
    /// The next message, perhaps much later; `nil` where there is none any more.
    func next() async -> TargetedEvent?
    /// Nobody asks any more. Called once.
    func ended()
}

package enum TargetedReply: Sendable {
    case answer(TargetedAnswer)
    case events(any TargetedEvents)
}

/// Another of AWS's services at the same address as the Lambda API, told apart by the header `X-Amz-Target`.
package protocol TargetedService: Sendable {
    /// What stands before the dot in the header, such as `Logs_20140328`.
    var targetPrefix: String { get }
    /// The service's name in the scope of a signature, such as `logs`.
    var signingName: String { get }
    /// May take long, but does not block its thread.
    func answer(_ call: TargetedCall) async -> TargetedAnswer
    /// As ``answer(_:)``, also for operations whose answers go on.
    func reply(_ call: TargetedCall) async -> TargetedReply
}

extension TargetedService {
    package func reply(_ call: TargetedCall) async -> TargetedReply { .answer(await self.answer(call)) }
}
