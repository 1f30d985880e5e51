import Engine
import LambdaCore
import TestSupport
import Testing

private let root = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
private let caller = "9581a8d4aaaaaaaa"

/// Ids of segments: 0…1, 0…2 and so on.
private final class Numbers {
    private var last = 0

    func next() -> String {
        self.last += 1
        let text = String(self.last)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

private func numbered() -> () -> String { Numbers().next }

@Suite struct `A traced invocation` {
    @Test func `has a segment of the service below the caller's, and the function's below that`() throws {
        let trace = try #require(
            InvocationTrace(header: "Root=\(root);Parent=\(caller);Sampled=1;Lineage=1:9581a8d4:0", segment: numbered())
        )
        #expect(trace.caller == caller)
        #expect(trace.serviceSegment == "0000000000000001" && trace.functionSegment == "0000000000000002")
        #expect(trace.header == "Root=\(root);Parent=0000000000000002;Sampled=1;Lineage=1:9581a8d4:0")
        #expect(trace.tracing == PlatformRecord.Tracing(spanID: "0000000000000002", value: trace.header))
    }

    @Test func `that nobody called begins with the segment that its caller was told`() throws {
        let first = TraceContext.firstSegment(of: root)
        let trace = try #require(InvocationTrace(header: "Root=\(root);Parent=\(first);Sampled=1", segment: numbered()))
        #expect(trace.caller == nil && trace.serviceSegment == first)
    }

    @Test func `is told of only where it is sampled`() throws {
        let trace = try #require(
            InvocationTrace(header: "Root=\(root);Parent=\(caller);Sampled=0", segment: numbered()))
        #expect(!trace.isSampled && trace.tracing == nil)
        #expect(trace.header == "Root=\(root);Parent=0000000000000002;Sampled=0")
        #expect(InvocationTrace(header: "rubbish") == nil)
    }

    private func datagrams(failure: JSONValue? = nil, answered: Bool = true) throws -> [[String]] {
        var trace = try #require(
            InvocationTrace(header: "Root=\(root);Parent=\(caller);Sampled=1", segment: numbered()))
        trace.failure = failure.map { .init(cause: $0) }
        func instant(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }
        var times = InvocationTimes(received: instant(1_000), taken: instant(1_100))
        times.initialization = .init(began: instant(1_010), ended: instant(1_090))
        times.delivered = instant(1_100)
        if answered { times.answered = instant(1_150) }
        let documents = TraceSegments.datagrams(
            of: .init(
                trace: trace, times: times, ended: Instant(nanoseconds: 1_160_500_000), requestID: PureSample.request,
                function: .named("thumbnail"), version: "$LATEST", logGroup: "/aws/lambda/thumbnail"),
            clock: .init(now: instant(2_000), wall: WallTime(milliseconds: 1_543_331_446_000)), segment: numbered())
        return documents.map { String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init) }
    }

    private static let arn = "arn:aws:lambda:us-east-1:000000000000:function:thumbnail"

    /// Source: X-Ray developer guide, "X-Ray segment documents".
    @Test func `is two documents for the daemon`() throws {
        let documents = try self.datagrams()
        #expect(documents.map(\.count) == [2, 2])
        #expect(documents.allSatisfy { $0[0] == #"{"format":"json","version":1}"# })
        #expect(
            documents[0][1]
                == #"{"name":"thumbnail","id":"0000000000000001","trace_id":"\#(root)","parent_id":"\#(caller)","#
                + #""start_time":1543331445.000000,"end_time":1543331445.150000,"origin":"AWS::Lambda","#
                + #""resource_arn":"\#(Self.arn)","http":{"response":{"status":200}},"#
                + #""aws":{"request_id":"\#(PureSample.requestText)"}}"#)
        #expect(
            documents[1][1]
                == #"{"name":"thumbnail","id":"0000000000000002","trace_id":"\#(root)","parent_id":"0000000000000001","#
                + #""start_time":1543331445.010000,"end_time":1543331445.160500,"origin":"AWS::Lambda::Function","#
                + #""resource_arn":"\#(Self.arn)","aws":{"account_id":"000000000000","function_arn":"\#(Self.arn)","#
                + #""resource_names":["thumbnail"],"cloudwatch_logs":[{"log_group":"/aws/lambda/thumbnail"}]},"#
                + #""subsegments":[{"id":"0000000000000001","name":"Initialization","start_time":1543331445.010000,"#
                + #""end_time":1543331445.090000},{"id":"0000000000000002","name":"Invocation","#
                + #""start_time":1543331445.100000,"end_time":1543331445.150000},{"id":"0000000000000003","#
                + #""name":"Overhead","start_time":1543331445.150000,"end_time":1543331445.160500}]}"#)
    }

    @Test func `that failed says so in both, and why in the function's`() throws {
        let documents = try self.datagrams(failure: .object(["message": .string("it broke")]), answered: false)
        #expect(documents[0][1].hasSuffix(#","fault":true}"#))
        #expect(documents[1][1].contains(#""fault":true,"cause":{"message":"it broke"},"subsegments":"#))
        #expect(!documents[1][1].contains("Overhead"))
    }
}

@Suite struct `The cause of a failed segment` {
    private func posted(_ json: String) -> String? {
        TraceCause.posted(Array(json.utf8), segment: numbered()).map { String(decoding: $0.serialized, as: UTF8.self) }
    }

    /// Source: what awslambdaric sends in `Lambda-Runtime-Function-XRay-Error-Cause`.
    @Test func `is what the runtime gave, with an id for each exception`() {
        #expect(
            self.posted(
                #"{"working_directory":"/var/task","exceptions":[{"type":"KeyError","message":"'a'","stack":["#
                    + #"{"label":"handler","path":"app.py","line":3,"more":1}]}],"paths":["app.py"],"extra":1}"#)
                == #"{"working_directory":"/var/task","paths":["app.py"],"exceptions":[{"id":"0000000000000001","#
                + #""message":"'a'","type":"KeyError","stack":[{"path":"app.py","label":"handler","line":3}]}]}"#)
        #expect(self.posted(#"{"message":"m"}"#) == #"{"working_directory":"/var/task","message":"m"}"#)
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"exceptions":[],"working_directory":"","paths":[],"message":""}"#, #"{"exceptions":5}"#,
    ])
    func `is none where nothing is said`(json: String) { #expect(self.posted(json) == nil) }

    @Test(arguments: [10, 200, 1_000, 5_000, 20_000]) func `fits into a datagram however long it was`(frames: Int)
        throws
    {
        let frame = #"{"label":"a_function_with_a_name","path":"a/module/with/a/path.py","line":12345}"#
        let json =
            #"{"exceptions":[{"type":"E","message":"m","stack":["#
            + Array(repeating: frame, count: frames).joined(separator: ",") + #"]}],"message":"kept"}"#
        let cause = try #require(TraceCause.posted(Array(json.utf8)))
        #expect(cause.serialized.count <= Limits.traceCauseBytes)
        #expect(cause.objectValue?["message"]?.stringValue == "kept")
        let kept = cause.objectValue?["exceptions"]?.arrayValue?.first?.objectValue?["stack"]?.arrayValue?.count ?? 0
        #expect(frames > 200 ? kept < frames : kept == frames)
    }

    @Test func `with a message without end is cut`() throws {
        let long = String(repeating: "é", count: 200_000)
        let posted = try #require(TraceCause.posted(Array(#"{"message":"\#(long)"}"#.utf8)))
        #expect(posted.serialized.count <= Limits.traceCauseBytes)
        #expect(TraceCause.plain(type: "T", message: long).serialized.count <= Limits.traceCauseBytes)
    }
}
