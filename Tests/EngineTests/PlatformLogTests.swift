import Engine
import LambdaCore
import TestSupport
import Testing

/// Source of every line: Lambda developer guide and lines recorded on AWS, with lambdad's ids.
@Suite struct `The platform's lines in a function's log` {
    private static func report(
        duration: Duration = .microseconds(1_400), initDuration: Duration? = nil, restoreDuration: Duration? = nil,
        status: PlatformLog.Status = .success
    ) -> String {
        PlatformLog.report(
            PlatformLog.Report(
                requestID: PureSample.request, duration: duration, initDuration: initDuration,
                restoreDuration: restoreDuration, memorySize: 128, peakMemoryBytes: 31 * 1_048_576, status: status))
    }

    @Test func `begin an environment`() {
        #expect(
            PlatformLog.initStart(versionText: "python:3.12.v18", versionARN: "arn:aws:lambda:eu-west-1::runtime:0a")
                == "INIT_START Runtime Version: python:3.12.v18\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0a"
        )
    }

    @Test(arguments: [
        (
            Duration.microseconds(9_999_790), "init", PlatformLog.Status.timeout,
            "INIT_REPORT Init Duration: 9999.79 ms\tPhase: init\tStatus: timeout"
        ),
        (
            .microseconds(150_790), "init", .error(type: "Runtime.UserCodeSyntaxError"),
            "INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: Runtime.UserCodeSyntaxError"
        ),
        (
            .microseconds(1_712_410), "invoke", .error(type: "Runtime.Unknown"),
            "INIT_REPORT Init Duration: 1712.41 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.Unknown"
        ),
    ])
    func `tell of an init that failed`(
        duration: Duration, phase: String, status: PlatformLog.Status, line: String
    ) {
        #expect(PlatformLog.initReport(duration: duration, phase: phase, status: status) == line)
    }

    @Test func `begin and end an invocation`() {
        #expect(
            PlatformLog.start(PureSample.request, version: "$LATEST")
                == "START RequestId: \(PureSample.requestText) Version: $LATEST")
        #expect(PlatformLog.end(PureSample.request) == "END RequestId: \(PureSample.requestText)")
    }

    @Test func `report a warm invocation, with a tab at the end`() {
        #expect(
            Self.report()
                == "REPORT RequestId: \(PureSample.requestText)\tDuration: 1.40 ms\tBilled Duration: 2 ms\t"
                + "Memory Size: 128 MB\tMax Memory Used: 31 MB\t")
    }

    @Test func `report a cold invocation, and bill its init`() {
        #expect(
            Self.report(duration: .microseconds(133_610), initDuration: .milliseconds(80))
                == "REPORT RequestId: \(PureSample.requestText)\tDuration: 133.61 ms\tBilled Duration: 214 ms\t"
                + "Memory Size: 128 MB\tMax Memory Used: 31 MB\tInit Duration: 80.00 ms\t")
    }

    @Test func `report an invocation whose runtime was restored, and bill its restore`() {
        #expect(
            Self.report(duration: .microseconds(13_820), restoreDuration: .microseconds(114_270))
                == "REPORT RequestId: \(PureSample.requestText)\tDuration: 13.82 ms\tBilled Duration: 129 ms\t"
                + "Memory Size: 128 MB\tMax Memory Used: 31 MB\tRestore Duration: 114.27 ms\t"
                + "Billed Restore Duration: 115 ms\t")
    }

    @Test func `tell of a restore`() {
        let instance = PlatformRecord.Instance(
            functionName: "f", functionVersion: "1", runtimeVersion: "java:11.v20",
            runtimeVersionARN: "arn:aws:lambda:us-east-1::runtime:0a")
        #expect(
            PlatformLog.lines(of: .restoreStart(instance)) == [
                "RESTORE_START Runtime Version: java:11.v20\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0a"
            ])
        #expect(
            PlatformLog.lines(of: .restoreReport(.success, duration: .microseconds(398_970)))
                == ["RESTORE_REPORT Restore Duration: 398.97 ms"])
        #expect(
            PlatformLog.lines(
                of: .restoreReport(.init(.error, errorType: "Runtime.ExitError"), duration: .microseconds(1_236_040)))
                == ["RESTORE_REPORT Restore Duration: 1236.04 ms\tStatus: error\tError Type: Runtime.ExitError"])
        #expect(PlatformLog.lines(of: .restoreRuntimeDone(.success)) == [])
    }

    @Test func `report a timeout`() {
        #expect(
            Self.report(duration: .microseconds(3_016_780), initDuration: .milliseconds(84), status: .timeout)
                == "REPORT RequestId: \(PureSample.requestText)\tDuration: 3016.78 ms\tBilled Duration: 3101 ms\t"
                + "Memory Size: 128 MB\tMax Memory Used: 31 MB\tInit Duration: 84.00 ms\tStatus: timeout")
    }

    @Test func `report an error with its type`() {
        #expect(
            Self.report(duration: .microseconds(133_610), status: .error(type: "Runtime.ExitError"))
                == "REPORT RequestId: \(PureSample.requestText)\tDuration: 133.61 ms\tBilled Duration: 134 ms\t"
                + "Memory Size: 128 MB\tMax Memory Used: 31 MB\tStatus: error\tError Type: Runtime.ExitError")
    }

    @Test func `have the words that tools look for when an invocation times out`() {
        #expect(
            PlatformLog.timedOut(PureSample.request, at: ManualClock().wallTime, timeout: 3)
                == "2018-11-27T15:10:45.123Z \(PureSample.requestText) Task timed out after 3.00 seconds")
    }

    @Test(arguments: [
        (Duration.zero, "0.00"), (.nanoseconds(4_999), "0.00"), (.nanoseconds(5_000), "0.01"),
        (.microseconds(994_999), "995.00"), (.microseconds(1_090), "1.09"), (.seconds(900), "900000.00"),
        (.seconds(-1), "0.00"),
    ])
    func `write a duration with two decimals, rounded`(duration: Duration, text: String) {
        #expect(PlatformLog.milliseconds(duration) == text)
    }

    private static let bills: [(Duration, Int64)] = [
        (.zero, 1), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.nanoseconds(1_000_001), 2),
        (.milliseconds(900_000), 900_000),
    ]

    @Test(arguments: bills)
    func `bill whole milliseconds, rounded up, one at least`(duration: Duration, billed: Int64) {
        #expect(PlatformLog.wholeMilliseconds(duration) == billed)
    }

    private static let memory: [(UInt64, UInt64)] = [
        (0, 0), (1, 1), (1_048_576, 1), (1_048_577, 2), (10_240 * 1_048_576, 10_240),
    ]

    @Test(arguments: memory)
    func `round memory up`(bytes: UInt64, mebibytes: UInt64) {
        #expect(PlatformLog.mebibytes(bytes) == mebibytes)
    }
}
