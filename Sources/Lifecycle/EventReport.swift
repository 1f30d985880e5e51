package import LambdaCore

/// What is to be told of an asynchronous invocation that is over, and to whom.
package struct EventReport: Sendable, Equatable {
    /// The function's last answer, where there is one.
    package struct Answer: Sendable, Equatable {
        package let payload: [UInt8]
        package let isFunctionError: Bool
        package let executedVersion: String

        package init(payload: [UInt8], isFunctionError: Bool, executedVersion: String) {
            self.payload = payload
            self.isFunctionError = isFunctionError
            self.executedVersion = executedVersion
        }
    }

    package let event: AcceptedEvent
    package let condition: EventMachine.Condition
    package let attempts: Int
    package let answer: Answer?
    package let now: WallTime

    /// - Parameter event: With its payload.
    package init(
        event: AcceptedEvent, condition: EventMachine.Condition, attempts: Int, answer: Answer?, now: WallTime
    ) {
        self.event = event
        self.condition = condition
        self.attempts = attempts
        self.answer = answer
        self.now = now
    }

    package var succeeded: Bool { self.condition == .success }

    /// The destination of `config` that this is for.
    package func destination(_ config: EventInvokeConfigRecord?) -> String? {
        self.succeeded ? config?.onSuccess : config?.onFailure
    }

    /// The record that a destination gets, compact JSON with its members in AWS's order. The payloads go in as they are.
    package var record: [UInt8] {
        let context: JSONObject = [
            "requestId": .string(self.event.requestID.text), "functionArn": .string(self.event.qualifiedARN),
            "condition": .string(self.condition.rawValue),
            "approximateInvokeCount": .number(String(self.attempts)),
        ]
        var out = Array(#"{"version":"1.0","timestamp":"\#(self.now.isoText)","requestContext":"#.utf8)
        out += JSONValue.object(context).serialized
        out += Array(#","requestPayload":"#.utf8) + Self.member(self.event.payload)
        if let answer {
            var response: JSONObject = [
                "statusCode": .number("200"), "executedVersion": .string(answer.executedVersion),
            ]
            if answer.isFunctionError { response["functionError"] = .string("Unhandled") }
            out += Array(#","responseContext":"#.utf8) + JSONValue.object(response).serialized
            out += Array(#","responsePayload":"#.utf8) + Self.member(answer.payload)
        }
        return out + Array("}".utf8)
    }

    /// What goes with the event into a dead letter queue; `nil` where the invocation succeeded.
    package var deadLetter: EventDelivery.Purpose? {
        guard !self.succeeded else { return nil }
        guard self.condition != .recursiveInvocation else {
            return .deadLetter(status: 400, message: Lineage.loopText)
        }
        guard let answer else { return .deadLetter(status: 429, message: "Rate Exceeded.") }
        let text = (try? JSONValue.parse(answer.payload))?.objectValue?["errorMessage"]?.stringValue ?? ""
        return .deadLetter(status: 200, message: text.prefix(bytes: Limits.deadLetterMessageBytes))
    }

    /// A function may answer what is no JSON; a record must be JSON nevertheless.
    private static func member(_ payload: [UInt8]) -> [UInt8] {
        guard !payload.isEmpty else { return Array("null".utf8) }
        do {
            try JSONValue.check(payload)
            return payload
        } catch { return JSONValue.string(String(decoding: payload, as: UTF8.self)).serialized }
    }
}

extension String {
    /// The longest beginning of at most so many bytes that ends with a whole character.
    fileprivate func prefix(bytes limit: Int) -> String {
        guard self.utf8.count > limit else { return self }
        var end = self.utf8.index(self.utf8.startIndex, offsetBy: limit)
        while end > self.startIndex, end.samePosition(in: self) == nil { end = self.utf8.index(before: end) }
        return String(self[..<end])
    }
}

/// Reports hold what was sent and answered, so they have no textual form but what became of the event.
extension EventReport: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "report of \(self.event): \(self.condition.rawValue)" }
    package var debugDescription: String { self.description }
}

extension EventReport.Answer: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "answer of \(self.payload.count) bytes from version \(self.executedVersion)" }
    package var debugDescription: String { self.description }
}
