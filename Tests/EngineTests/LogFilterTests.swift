import Engine
import LambdaCore
import Testing

private func logging(_ format: String = "JSON", application: String? = nil, system: String? = nil)
    -> FunctionRecord.Logging
{
    FunctionRecord.Logging(format: format, group: "/g", applicationLevel: application, systemLevel: system)
}

/// Source: Lambda developer guide, "Log-level filtering".
@Suite struct `The filter of a function's own lines` {
    private static func keeps(_ line: String, level: LogLevel? = nil, _ logging: FunctionRecord.Logging) -> Bool {
        ApplicationLog(logging).keeps(LogRecord(message: Array(line.utf8), level: level))
    }

    private static let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]

    @Test(arguments: levels) func `drops JSON lines below the level, and keeps those at and above it`(threshold: String)
    {
        for (place, level) in Self.levels.enumerated() {
            let line = #"{"timestamp":"2025-03-07T09:30:12.345Z","level":"\#(level)","message":"m"}"#
            #expect(
                Self.keeps(line, logging(application: threshold))
                    == (place >= (Self.levels.firstIndex(of: threshold) ?? 9)))
        }
    }

    /// Lines that count as INFO whatever they say of themselves.
    @Test(arguments: [
        "plain", "", "{broken", "[1]", "null", #"{"level":"ERROR"}"#, #"{"timestamp":"2025-03-07T09:30:12Z"}"#,
        #"{"timestamp":"yesterday","level":"ERROR"}"#, #"{"timestamp":"2025-03-07","level":"ERROR"}"#,
        #"{"timestamp":1741339812,"level":"ERROR"}"#, #"{"timestamp":"2025-03-07T09:30:12Z","level":"LOUD"}"#,
        #"{"timestamp":"2025-03-07T09:30:12Z","level":50}"#,
    ])
    func `takes every other line for INFO`(line: String) {
        #expect(Self.keeps(line, logging(application: "INFO")))
        #expect(!Self.keeps(line, logging(application: "WARN")))
    }

    @Test(arguments: ["WARNING", "warn", "Critical", "fatal"]) func `knows Python's names and any case`(level: String) {
        let line = #"{"timestamp":"2025-03-07T09:30:12Z","level":"\#(level)"}"#
        #expect(Self.keeps(line, logging(application: "WARN")))
    }

    @Test(arguments: LogLevel.allCases) func `believes a frame before the text`(level: LogLevel) {
        #expect(Self.keeps("[x] text", level: level, logging(application: "ERROR")) == (level >= .error))
    }

    @Test func `keeps everything at TRACE, and in text format`() {
        #expect(Self.keeps("x", level: .trace, logging(application: "TRACE")))
        #expect(Self.keeps("x", level: .trace, logging("Text")))
    }

    @Test func `is INFO where none is set`() {
        #expect(Self.keeps("x", logging()))
        #expect(!Self.keeps("x", level: .debug, logging()))
    }

    @Test(arguments: [
        ("2025-03-07T09:30:12Z", true), ("2025-03-07t09:30:12.5z", true), ("2025-03-07T09:30:12.123456+05:30", true),
        ("2016-12-31T23:59:60Z", true), ("2025-03-07 09:30:12Z", false), ("2025-03-07T09:30:12", false),
        ("2025-13-07T09:30:12Z", false), ("2025-03-07T24:30:12Z", false), ("2025-03-07T09:30:12.Z", false),
        ("2025-03-07T09:30:12Zx", false), ("2025-03-07T09:30:12+25:00", false), ("", false), ("2025", false),
    ])
    func `asks for a time in RFC 3339's form`(time: String, isTime: Bool) {
        let line = #"{"timestamp":"\#(time)","level":"DEBUG"}"#
        #expect(Self.keeps(line, logging(application: "INFO")) == !isTime)
    }
}

/// Source: Lambda developer guide, "System log level event mapping".
@Suite struct `The system log` {
    private static let time = WallTime(milliseconds: 1_543_331_445_123)
    private static let instance = PlatformRecord.Instance(
        functionName: "f", functionVersion: "1", runtimeVersion: "python:3.11.x", runtimeVersionARN: "arn:r")
    private static let unknown = PlatformRecord.Instance(functionName: "f", functionVersion: "1")
    private static let failed = PlatformRecord.Outcome(.error, errorType: "Runtime.ExitError")

    private static func report(_ outcome: PlatformRecord.Outcome, tracing: PlatformRecord.Tracing? = nil)
        -> PlatformRecord
    {
        .report(
            .init(
                requestID: PureSample.request, outcome: outcome,
                metrics: .init(
                    duration: .microseconds(133_610), billed: 214, memorySize: 128, maximumMemoryUsed: 31,
                    initDuration: .milliseconds(80)),
                tracing: tracing))
    }

    private static func done(_ outcome: PlatformRecord.Outcome) -> PlatformRecord {
        .runtimeDone(.init(requestID: PureSample.request, outcome: outcome, duration: .milliseconds(1)))
    }

    private static let levels: [(PlatformRecord, SystemLog.Level?)] = [
        (.initStart(.onDemand, .`init`, instance), .info), (.initStart(.onDemand, .`init`, unknown), .debug),
        (.restoreStart(instance), .info), (.restoreStart(unknown), .debug),
        (.initRuntimeDone(.onDemand, .`init`, .success), .debug), (.initRuntimeDone(.onDemand, .`init`, failed), .warn),
        (.restoreRuntimeDone(.success), .debug), (.restoreRuntimeDone(failed), .warn),
        (done(.success), .debug), (done(failed), .warn), (done(.init(.timeout)), .warn),
        (.initReport(.onDemand, .`init`, .success, duration: .zero), .debug),
        (.initReport(.provisionedConcurrency, .`init`, .success, duration: .zero), .info),
        (.initReport(.onDemand, .invoke, failed, duration: .zero), .warn),
        (.restoreReport(.success, duration: nil), .info), (.restoreReport(failed, duration: nil), .warn),
        (report(.success), .info), (report(failed), .warn), (report(.init(.timeout)), .warn),
        (.start(.init(requestID: PureSample.request)), .info),
        (.telemetrySubscription(.init(name: "e", types: ["platform"])), .info),
        (.logsSubscription(.init(name: "e", types: ["platform"])), .info),
        (.extension(name: "e", state: "Ready", events: []), .info),
        (.extension(name: "e", state: "LaunchError", events: [], errorType: "UnknownError"), .warn),
        (.logsDropped(bytes: 1, records: 1, reason: "r"), .warn), (.end(PureSample.request), nil), (.fault("f"), nil),
    ]

    @Test(arguments: levels) func `in JSON has each record from its level on`(
        record: PlatformRecord, level: SystemLog.Level?
    ) {
        #expect(SystemLog.level(of: record) == level)
        for (name, threshold) in [("DEBUG", SystemLog.Level.debug), ("INFO", .info), ("WARN", .warn)] {
            let isShown = level.map { $0 >= threshold } ?? false
            let events = SystemLog(logging(system: name)).events(of: record, at: Self.time)
            #expect(events == (isShown ? [record.event(at: Self.time)] : []))
        }
    }

    @Test func `in JSON is one object a line`() {
        let events = SystemLog(logging()).events(of: Self.report(Self.failed), at: Self.time)
        #expect(
            events.map { String(decoding: $0, as: UTF8.self) } == [
                #"{"time":"2018-11-27T15:10:45.123Z","type":"platform.report","record":{"requestId":"#
                    + #""\#(PureSample.requestText)","status":"error","errorType":"Runtime.ExitError","metrics":{"#
                    + #""durationMs":133.61,"billedDurationMs":214,"memorySizeMB":128,"maxMemoryUsedMB":31,"initDurationMs":80.0}}}"#
            ])
    }

    private static func text(_ record: PlatformRecord) -> [String] {
        SystemLog(logging("Text")).events(of: record, at: self.time).map { String(decoding: $0, as: UTF8.self) }
    }

    private static let traced = PlatformRecord.Tracing(
        spanID: "070e3863716c2d01",
        value: "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=070e3863716c2d01;Sampled=1")

    /// Source: lines recorded on AWS and the developer guide's samples.
    private static let texts: [(PlatformRecord, [String])] = [
        (
            .initStart(.onDemand, .`init`, instance),
            ["INIT_START Runtime Version: python:3.11.x\tRuntime Version ARN: arn:r"]
        ),
        (.initStart(.onDemand, .invoke, instance), []), (.initStart(.onDemand, .`init`, unknown), []),
        (.initReport(.onDemand, .`init`, .success, duration: .milliseconds(5)), []),
        (
            .initReport(.onDemand, .invoke, failed, duration: .microseconds(150_790)),
            ["INIT_REPORT Init Duration: 150.79 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError"]
        ),
        (
            .initReport(
                .onDemand, .`init`, .init(.timeout, errorType: "Runtime.Unknown"), duration: .microseconds(9_999_790)),
            ["INIT_REPORT Init Duration: 9999.79 ms\tPhase: init\tStatus: timeout"]
        ),
        (.initRuntimeDone(.onDemand, .`init`, failed), []), (done(failed), []),
        (
            .start(.init(requestID: PureSample.request, version: "7")),
            ["START RequestId: \(PureSample.requestText) Version: 7"]
        ),
        (
            report(failed),
            [
                "END RequestId: \(PureSample.requestText)",
                "REPORT RequestId: \(PureSample.requestText)\tDuration: 133.61 ms\tBilled Duration: 214 ms\t"
                    + "Memory Size: 128 MB\tMax Memory Used: 31 MB\tInit Duration: 80.00 ms\tStatus: error\t"
                    + "Error Type: Runtime.ExitError",
            ]
        ),
        (
            report(.success, tracing: traced),
            [
                "END RequestId: \(PureSample.requestText)",
                "REPORT RequestId: \(PureSample.requestText)\tDuration: 133.61 ms\tBilled Duration: 214 ms\t"
                    + "Memory Size: 128 MB\tMax Memory Used: 31 MB\tInit Duration: 80.00 ms\t\n"
                    + "XRAY TraceId: 1-5bef4de7-ad49b0e87f6ef6c87fc2e700\tSegmentId: 070e3863716c2d01\tSampled: true",
            ]
        ),
        (
            .telemetrySubscription(.init(name: "my-ext", types: ["platform", "function"])),
            ["TELEMETRY\tName: my-ext\tState: Subscribed\tTypes: [Platform, Function]"]
        ),
        (
            .logsSubscription(.init(name: "my-ext", types: ["platform", "function"])),
            ["LOGS\tName: my-ext\tState: Subscribed\tTypes: [Platform,Function]"]
        ),
        (
            .extension(name: "my-ext", state: "Ready", events: ["INVOKE", "SHUTDOWN"]),
            ["EXTENSION\tName: my-ext\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"]
        ),
        (.end(PureSample.request), []), (.fault("f"), []), (.logsDropped(bytes: 1, records: 1, reason: "r"), []),
    ]

    @Test(arguments: texts) func `in text has AWS's lines`(record: PlatformRecord, lines: [String]) {
        #expect(Self.text(record) == lines)
    }
}
