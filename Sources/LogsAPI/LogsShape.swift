import LambdaCore

/// Groups, streams and events as the API shows them.
enum LogsShape {
    static func group(_ group: LogGroupSummary, _ scope: Scope) -> JSONObject {
        let arn = self.arn(of: group.name, scope)
        return [
            "logGroupName": .string(group.name),
            "creationTime": self.number(group.created),
            "metricFilterCount": .number("0"),
            "arn": .string("\(arn):*"),
            // Not counted: that would be reading every line.
            "storedBytes": .number("0"),
            "logGroupClass": .string("STANDARD"),
            "logGroupArn": .string(arn),
        ]
    }

    static func stream(
        _ stream: LogStreamSummary, last: LogEventTimes?, group: String, _ scope: Scope
    ) -> JSONObject {
        var shape: JSONObject = [
            "logStreamName": .string(stream.name),
            "creationTime": self.number(stream.created),
            "firstEventTimestamp": self.number(stream.firstEvent),
        ]
        if let last {
            shape["lastEventTimestamp"] = self.number(last.event)
            shape["lastIngestionTime"] = self.number(last.ingestion)
        }
        shape["arn"] = .string("\(self.arn(of: group, scope)):log-stream:\(stream.name)")
        // AWS counts the bytes of streams no longer, and answers with 0.
        shape["storedBytes"] = .number("0")
        return shape
    }

    /// An event of GetLogEvents, where the stream is known.
    static func event(_ event: StoredLogEvent) -> JSONObject {
        [
            "timestamp": self.number(event.times.event),
            "message": .string(self.text(event.message)),
            "ingestionTime": self.number(event.times.ingestion),
        ]
    }

    /// An event of FilterLogEvents.
    static func filteredEvent(_ event: StoredLogEvent) -> JSONObject {
        [
            "logStreamName": .string(event.stream),
            "timestamp": self.number(event.times.event),
            "message": .string(self.text(event.message)),
            "ingestionTime": self.number(event.times.ingestion),
            "eventId": .string(event.id),
        ]
    }

    /// Lines of functions end with a newline on AWS.
    private static func text(_ message: [UInt8]) -> String { String(decoding: message, as: UTF8.self) + "\n" }

    private static func arn(of group: String, _ scope: Scope) -> String {
        "arn:aws:logs:\(scope.region):\(scope.account):log-group:\(group)"
    }

    private static func number(_ time: WallTime) -> JSONValue { .number(String(time.milliseconds)) }
}
