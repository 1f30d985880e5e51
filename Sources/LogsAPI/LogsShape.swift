import LambdaCore

/// Groups, streams and events as the API shows them.
enum LogsShape {
    static func group(_ group: ShownGroup, _ scope: Scope) -> JSONObject {
        let arn = self.arn(of: group.name, scope)
        var shape: JSONObject = [
            "logGroupName": .string(group.name),
            "creationTime": self.number(group.created),
        ]
        if let days = group.record?.retention { shape["retentionInDays"] = .number(String(days)) }
        shape["metricFilterCount"] = .number("0")
        shape["arn"] = .string("\(arn):*")
        // Not counted: that would be reading every line.
        shape["storedBytes"] = .number("0")
        if let key = group.record?.kmsKey { shape["kmsKeyId"] = .string(key) }
        shape["logGroupClass"] = .string(group.record?.groupClass ?? "STANDARD")
        shape["logGroupArn"] = .string(arn)
        return shape
    }

    static func stream(
        _ stream: LogStreamSummary, last: LogEventTimes?, group: String, _ scope: Scope
    ) -> JSONObject {
        var shape: JSONObject = [
            "logStreamName": .string(stream.name),
            "creationTime": self.number(stream.created),
        ]
        if let first = stream.firstEvent { shape["firstEventTimestamp"] = self.number(first) }
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
    static func text(_ message: [UInt8]) -> String { String(decoding: message, as: UTF8.self) + "\n" }

    static func arn(of group: String, _ scope: Scope) -> String {
        "arn:aws:logs:\(scope.region):\(scope.account):log-group:\(group)"
    }

    static func number(_ time: WallTime) -> JSONValue { .number(String(time.milliseconds)) }
}
