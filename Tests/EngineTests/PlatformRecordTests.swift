import Engine
import LambdaCore
import TestSupport
import Testing

/// Source of each line: the event schema reference of the Telemetry API, with lambdad's ids.
@Suite struct `A platform record as JSON` {
    private static let time = WallTime(milliseconds: 1_704_067_200_100)
    private static let id = PureSample.requestText
    private static let tracing = PlatformRecord.Tracing(spanID: "54565fb41ac79632", value: "Root=1-5;Sampled=1")
    private static let tracingText =
        #"{"spanId":"54565fb41ac79632","type":"X-Amzn-Trace-Id","value":"Root=1-5;Sampled=1"}"#
    private static let instance = PlatformRecord.Instance(
        functionName: "f", functionVersion: "$LATEST", instanceID: "2024/01/01/[$LATEST]ab", maximumMemory: 128,
        runtimeVersion: "python:3.11.lambdad", runtimeVersionARN: "arn:aws:lambda:us-east-1::runtime:0a")
    private static let instanceText =
        #""functionName":"f","functionVersion":"$LATEST","instanceId":"2024/01/01/[$LATEST]ab","#
        + #""instanceMaxMemory":128,"runtimeVersion":"python:3.11.lambdad","#
        + #""runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0a""#
    private static let spans = [
        PlatformRecord.Span(.responseLatency, start: Self.time, duration: .milliseconds(80)),
        PlatformRecord.Span(.runtimeOverhead, start: Self.time, duration: .microseconds(1_234)),
    ]
    private static let spansText =
        #""spans":[{"name":"responseLatency","start":"2024-01-01T00:00:00.100Z","durationMs":80.0},"#
        + #"{"name":"runtimeOverhead","start":"2024-01-01T00:00:00.100Z","durationMs":1.234}]"#

    private static let records: [(PlatformRecord, String)] = [
        (
            .initStart(.onDemand, .`init`, instance),
            #""platform.initStart","record":{"initializationType":"on-demand","phase":"init",\#(instanceText)}"#
        ),
        (
            .initRuntimeDone(.onDemand, .invoke, .init(.error, errorType: "Runtime.ExitError")),
            #""platform.initRuntimeDone","record":{"initializationType":"on-demand","phase":"invoke","#
                + #""status":"error","errorType":"Runtime.ExitError"}"#
        ),
        (
            .initReport(.provisionedConcurrency, .`init`, .success, duration: .microseconds(125_330)),
            #""platform.initReport","record":{"initializationType":"provisioned-concurrency","phase":"init","#
                + #""status":"success","metrics":{"durationMs":125.33}}"#
        ),
        (
            .start(
                .init(
                    requestID: PureSample.request, version: "$LATEST", tenantID: "t", functionARN: "arn:f",
                    tracing: tracing)),
            #""platform.start","record":{"requestId":"\#(id)","version":"$LATEST","tenantId":"t","#
                + #""functionArn":"arn:f","tracing":\#(tracingText)}"#
        ),
        (
            .runtimeDone(
                .init(
                    requestID: PureSample.request, outcome: .success, duration: .milliseconds(140), producedBytes: 16,
                    spans: spans, tracing: tracing)),
            #""platform.runtimeDone","record":{"requestId":"\#(id)","status":"success","#
                + #""metrics":{"durationMs":140.0,"producedBytes":16},\#(spansText),"tracing":\#(tracingText)}"#
        ),
        (
            .report(
                .init(
                    requestID: PureSample.request, outcome: .init(.timeout),
                    metrics: .init(
                        duration: .microseconds(141_200), billed: 142, memorySize: 128, maximumMemoryUsed: 30,
                        initDuration: .microseconds(90_100)))),
            #""platform.report","record":{"requestId":"\#(id)","status":"timeout","metrics":{"durationMs":141.2,"#
                + #""billedDurationMs":142,"memorySizeMB":128,"maxMemoryUsedMB":30,"initDurationMs":90.1}}"#
        ),
        (.restoreStart(instance), #""platform.restoreStart","record":{\#(instanceText)}"#),
        (
            .restoreRuntimeDone(.init(.failure, errorType: "Sandbox.Failure"), spans: spans),
            #""platform.restoreRuntimeDone","record":{"status":"failure","errorType":"Sandbox.Failure",\#(spansText)}"#
        ),
        (
            .restoreReport(.success, duration: .milliseconds(15)),
            #""platform.restoreReport","record":{"status":"success","metrics":{"durationMs":15.0}}"#
        ),
        (
            .extension(name: "e", state: "LaunchError", events: [], errorType: "PermissionDenied"),
            #""platform.extension","record":{"name":"e","state":"LaunchError","events":[],"#
                + #""errorType":"PermissionDenied"}"#
        ),
        (
            .telemetrySubscription(.init(name: "e", types: ["platform", "function"])),
            #""platform.telemetrySubscription","record":{"name":"e","state":"Subscribed","#
                + #""types":["platform","function"]}"#
        ),
        (
            .logsSubscription(.init(name: "e", types: ["function"])),
            #""platform.logsSubscription","record":{"name":"e","state":"Subscribed","types":["function"]}"#
        ),
        (
            .logsDropped(bytes: 12_345, records: 123, reason: "slow"),
            #""platform.logsDropped","record":{"droppedBytes":12345,"droppedRecords":123,"reason":"slow"}"#
        ),
        (.end(PureSample.request), #""platform.end","record":{"requestId":"\#(id)"}"#),
        (.fault("RequestId: 1 \"x\""), #""platform.fault","record":"RequestId: 1 \"x\"""#),
    ]

    @Test(arguments: records)
    func `has AWS's members in AWS's order`(record: PlatformRecord, text: String) {
        #expect(
            String(decoding: record.event(at: Self.time), as: UTF8.self)
                == #"{"time":"2024-01-01T00:00:00.100Z","type":\#(text)}"#)
    }

    @Test(arguments: [
        (Duration.zero, "0.0"), (.nanoseconds(999), "0.0"), (.microseconds(1), "0.001"), (.microseconds(20), "0.02"),
        (.milliseconds(3), "3.0"), (.microseconds(1_000_100), "1000.1"), (.seconds(-1), "0.0"),
    ])
    func `tells milliseconds to the microsecond`(duration: Duration, text: String) {
        #expect(PlatformRecord.milliseconds(duration) == text)
    }
}
