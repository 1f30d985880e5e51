package import LambdaCore

/// The lines that the platform writes into a function's log, as AWS writes them (text format).
package enum PlatformLog {
    /// What a REPORT line tells.
    package struct Report: Sendable {
        package var requestID: RequestID
        package var duration: Duration
        /// Only for the first invocation of a fresh environment.
        package var initDuration: Duration?
        /// Only for the first invocation of an environment of SnapStart.
        package var restoreDuration: Duration?
        /// MiB.
        package var memorySize: Int
        package var peakMemoryBytes: UInt64
        package var status: Status

        package init(
            requestID: RequestID, duration: Duration, initDuration: Duration?, restoreDuration: Duration? = nil,
            memorySize: Int, peakMemoryBytes: UInt64, status: Status
        ) {
            self.requestID = requestID
            self.duration = duration
            self.initDuration = initDuration
            self.restoreDuration = restoreDuration
            self.memorySize = memorySize
            self.peakMemoryBytes = peakMemoryBytes
            self.status = status
        }
    }

    package enum Status: Equatable, Sendable {
        case success
        case timeout
        case error(type: String)
    }

    package static func initStart(versionText: String, versionARN: String) -> String {
        "INIT_START Runtime Version: \(versionText)\tRuntime Version ARN: \(versionARN)"
    }

    /// `phase` is `init`, or `invoke` where the init ran inside an invocation.
    package static func initReport(duration: Duration, phase: String, status: Status) -> String {
        "INIT_REPORT Init Duration: \(self.milliseconds(duration)) ms\tPhase: \(phase)\t"
            + (self.suffix(status) ?? "Status: success")
    }

    package static func restoreStart(versionText: String, versionARN: String) -> String {
        "RESTORE_START Runtime Version: \(versionText)\tRuntime Version ARN: \(versionARN)"
    }

    package static func restoreReport(duration: Duration, status: Status) -> String {
        "RESTORE_REPORT Restore Duration: \(self.milliseconds(duration)) ms"
            + (self.suffix(status).map { "\t\($0)" } ?? "")
    }

    package static func `extension`(name: String, state: String, events: [String], errorType: String?) -> String {
        "EXTENSION\tName: \(self.shown(name))\tState: \(state)\tEvents: [\(events.joined(separator: ", "))]"
            + (errorType.map { "\tError Type: \($0)" } ?? "")
    }

    /// A file may be named with line ends in it; they would make lines that look like the platform's.
    private static func shown(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return name }
        let isControl = { (scalar: Unicode.Scalar) in scalar.value < 0x20 || scalar.value == 0x7F }
        return String(name.map { $0.unicodeScalars.contains(where: isControl) ? "?" : $0 })
    }

    /// `types` as they were asked for, in small letters; AWS shows them with a capital.
    package static func subscription(_ api: TelemetryAPI, name: String, types: [String]) -> String {
        let shown = types.map { $0.prefix(1).uppercased() + $0.dropFirst() }
        switch api {
        case .telemetry:
            return "TELEMETRY\tName: \(self.shown(name))\tState: Subscribed\tTypes: [\(shown.joined(separator: ", "))]"
        case .logs:
            return "LOGS\tName: \(self.shown(name))\tState: Subscribed\tTypes: [\(shown.joined(separator: ","))]"
        }
    }

    package static func start(_ request: RequestID, version: String) -> String {
        "START RequestId: \(request) Version: \(version)"
    }

    package static func end(_ request: RequestID) -> String { "END RequestId: \(request)" }

    package static func report(_ report: Report) -> String {
        var line = "REPORT RequestId: \(report.requestID)\tDuration: \(self.milliseconds(report.duration)) ms\t"
        line += "Billed Duration: \(self.billed(report)) ms\tMemory Size: \(report.memorySize) MB\t"
        line += "Max Memory Used: \(self.mebibytes(report.peakMemoryBytes)) MB\t"
        if let initDuration = report.initDuration {
            line += "Init Duration: \(self.milliseconds(initDuration)) ms\t"
        }
        if let restore = report.restoreDuration {
            line += "Restore Duration: \(self.milliseconds(restore)) ms\t"
            line += "Billed Restore Duration: \(self.billedRestore(restore)) ms\t"
        }
        // Recorded on AWS: the tab stands at the end of a line without status, too.
        return line + (self.suffix(report.status) ?? "")
    }

    /// Milliseconds: the sum of what is printed, so that whoever adds it up finds the same.
    package static func billed(_ report: Report) -> Int64 {
        self.wholeMilliseconds(self.printed(report.duration) + self.printed(report.initDuration ?? .zero))
            + (report.restoreDuration.map { self.billedRestore($0) } ?? 0)
    }

    /// Milliseconds. There is no memory to be loaded, which AWS does not bill: all of a restore is the function's.
    package static func billedRestore(_ duration: Duration) -> Int64 { self.wholeMilliseconds(self.printed(duration)) }

    /// What tools that search logs for a timeout look for; AWS wrote it before `Status: timeout` came.
    package static func timedOut(_ request: RequestID, at time: WallTime, timeout: Int) -> String {
        "\(time.isoText) \(request) Task timed out after \(timeout).00 seconds"
    }

    private static func suffix(_ status: Status) -> String? {
        switch status {
        case .success: nil
        case .timeout: "Status: timeout"
        case .error(let type): "Status: error\tError Type: \(type)"
        }
    }

    /// Two decimals, rounded half up.
    package static func milliseconds(_ duration: Duration) -> String {
        let hundredths = self.printed(duration).nanoseconds / 10_000
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    /// Rounded to what two decimals of a millisecond show.
    private static func printed(_ duration: Duration) -> Duration {
        .nanoseconds((max(0, duration.nanoseconds) + 5_000) / 10_000 * 10_000)
    }

    /// Rounded up, at least 1: what is billed.
    package static func wholeMilliseconds(_ duration: Duration) -> Int64 {
        max(1, (duration.nanoseconds + 999_999) / 1_000_000)
    }

    /// MiB, rounded up.
    package static func mebibytes(_ bytes: UInt64) -> UInt64 { (bytes + 1_048_575) / 1_048_576 }
}
