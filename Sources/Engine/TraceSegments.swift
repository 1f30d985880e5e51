package import LambdaCore

/// The segment documents that the X-Ray daemon takes.
///
/// Source: X-Ray developer guide, "X-Ray segment documents" and "Sending segment documents to the X-Ray daemon".
package enum TraceSegments {
    /// What both documents tell.
    package struct Invocation: Sendable {
        package var trace: InvocationTrace
        package var times: InvocationTimes
        package var ended: Instant
        package var requestID: RequestID
        package var function: FunctionKey
        package var version: String
        package var logGroup: String

        package init(
            trace: InvocationTrace, times: InvocationTimes, ended: Instant, requestID: RequestID, function: FunctionKey,
            version: String, logGroup: String
        ) {
            self.trace = trace
            self.times = times
            self.ended = ended
            self.requestID = requestID
            self.function = function
            self.version = version
            self.logGroup = logGroup
        }
    }

    /// A point of the monotonic clock with its place on the wall clock.
    package struct Clock: Sendable {
        let now: Instant
        let wall: WallTime

        package init(now: Instant, wall: WallTime) {
            self.now = now
            self.wall = wall
        }

        /// Seconds since 1970 with six decimals.
        func seconds(_ instant: Instant) -> String {
            let microseconds = self.wall.milliseconds * 1_000 - self.now.since(instant).nanoseconds / 1_000
            return "\(microseconds / 1_000_000).\(String(microseconds % 1_000_000 + 1_000_000).dropFirst())"
        }
    }

    private static let head = Array(#"{"format":"json","version":1}"#.utf8) + [0x0A]

    /// The datagrams: the service's segment and the function's.
    package static func datagrams(
        of invocation: Invocation, clock: Clock, segment: () -> String = TraceContext.newSegment
    ) -> [[UInt8]] {
        [
            self.service(invocation, clock), self.function(invocation, clock, segment),
        ].map { self.head + $0 }
    }

    private static func service(_ invocation: Invocation, _ clock: Clock) -> [UInt8] {
        let trace = invocation.trace
        var segment = self.segment(
            invocation, id: trace.serviceSegment, parent: trace.caller, origin: "AWS::Lambda",
            began: invocation.times.received, ended: invocation.times.answered ?? invocation.ended, clock)
        segment["http"] = .object(["response": .object(["status": .number("200")])])
        segment["aws"] = .object(["request_id": .string(invocation.requestID.text)])
        // Whose fault it was is told by the function's segment.
        if trace.failure != nil { segment["fault"] = .bool(true) }
        return JSONValue.object(segment).serialized
    }

    private static func function(
        _ invocation: Invocation, _ clock: Clock, _ newSegment: () -> String
    ) -> [UInt8] {
        let (trace, times) = (invocation.trace, invocation.times)
        var segment = self.segment(
            invocation, id: trace.functionSegment, parent: trace.serviceSegment, origin: "AWS::Lambda::Function",
            began: min(times.taken, times.initialization?.began ?? times.taken), ended: invocation.ended, clock)
        segment["aws"] = .object([
            "account_id": .string(invocation.function.account.digits),
            "function_arn": .string(invocation.function.arn),
            "resource_names": .array([.string(invocation.function.name.text)]),
            "cloudwatch_logs": .array([.object(["log_group": .string(invocation.logGroup)])]),
        ])
        if let failure = trace.failure {
            segment["fault"] = .bool(true)
            segment["cause"] = failure.cause
        }
        segment["subsegments"] = .array(self.subsegments(invocation, clock, newSegment))
        return JSONValue.object(segment).serialized
    }

    private static func segment(
        _ invocation: Invocation, id: String, parent: String?, origin: String, began: Instant, ended: Instant,
        _ clock: Clock
    ) -> JSONObject {
        var segment: JSONObject = [
            "name": .string(invocation.function.name.text), "id": .string(id),
            "trace_id": .string(invocation.trace.root),
        ]
        if let parent { segment["parent_id"] = .string(parent) }
        segment["start_time"] = .number(clock.seconds(began))
        segment["end_time"] = .number(clock.seconds(ended))
        segment["origin"] = .string(origin)
        segment["resource_arn"] = .string(
            invocation.version == FunctionRecord.latest
                ? invocation.function.arn : "\(invocation.function.arn):\(invocation.version)")
        return segment
    }

    private static func subsegments(
        _ invocation: Invocation, _ clock: Clock, _ newSegment: () -> String
    ) -> [JSONValue] {
        let times = invocation.times
        var parts: [(name: String, span: InvocationTimes.Span)] = []
        if let initialization = times.initialization { parts.append(("Initialization", initialization)) }
        if let delivered = times.delivered {
            let answered = times.answered ?? invocation.ended
            parts.append(("Invocation", .init(began: delivered, ended: answered)))
            if answered < invocation.ended {
                parts.append(("Overhead", .init(began: answered, ended: invocation.ended)))
            }
        }
        return parts.map { part in
            .object([
                "id": .string(newSegment()), "name": .string(part.name),
                "start_time": .number(clock.seconds(part.span.began)),
                "end_time": .number(clock.seconds(part.span.ended)),
            ])
        }
    }
}
