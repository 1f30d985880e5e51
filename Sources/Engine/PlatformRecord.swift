package import LambdaCore

/// What the platform tells of an environment: the records of the Telemetry API and, in JSON format, of the system log.
///
/// Source: Lambda developer guide, "Lambda Telemetry API Event schema reference"; names and order of members are AWS's. A
/// member that is `nil` or empty here is left out.
package enum PlatformRecord: Sendable, Equatable {
    package enum InitializationType: String, Sendable {
        case onDemand = "on-demand"
        case provisionedConcurrency = "provisioned-concurrency"
        case snapStart = "snap-start"
        case managedInstances = "lambda-managed-instances"
    }

    /// `invoke` where the init runs inside an invocation.
    package enum Phase: String, Sendable {
        case `init`
        case invoke
        case snapStart = "snap-start"
    }

    package enum Status: String, Sendable {
        case success
        /// The platform's own fault.
        case failure
        /// The runtime's or an extension's.
        case error
        case timeout
    }

    package struct Outcome: Sendable, Equatable {
        package var status: Status
        package var errorType: String?

        package init(_ status: Status, errorType: String? = nil) {
            self.status = status
            self.errorType = errorType
        }

        package static let success = Outcome(PlatformRecord.Status.success)
    }

    package enum SpanName: String, Sendable {
        /// From the event to the first byte of the response.
        case responseLatency
        /// From the first byte of the response to its last.
        case responseDuration
        /// From the last byte of the response to the runtime's `next`.
        case runtimeOverhead
        /// From the runtime's `next` to that of the last extension.
        case extensionOverhead
    }

    package struct Span: Sendable, Equatable {
        package var name: SpanName
        package var start: WallTime
        package var duration: Duration

        package init(_ name: SpanName, start: WallTime, duration: Duration) {
            self.name = name
            self.start = start
            self.duration = duration
        }
    }

    package struct Tracing: Sendable, Equatable {
        package var spanID: String?
        /// `Root=…;Parent=…;Sampled=…`
        package var value: String

        package init(spanID: String? = nil, value: String) {
            self.spanID = spanID
            self.value = value
        }
    }

    /// Which instance of which version of a function runs on what.
    package struct Instance: Sendable, Equatable {
        package var functionName: String
        package var functionVersion: String
        /// The log stream's name.
        package var instanceID: String?
        /// MB.
        package var maximumMemory: Int?
        package var runtimeVersion: String?
        package var runtimeVersionARN: String?

        package init(
            functionName: String, functionVersion: String, instanceID: String? = nil, maximumMemory: Int? = nil,
            runtimeVersion: String? = nil, runtimeVersionARN: String? = nil
        ) {
            self.functionName = functionName
            self.functionVersion = functionVersion
            self.instanceID = instanceID
            self.maximumMemory = maximumMemory
            self.runtimeVersion = runtimeVersion
            self.runtimeVersionARN = runtimeVersionARN
        }
    }

    package struct Start: Sendable, Equatable {
        package var requestID: RequestID
        package var version: String?
        package var tenantID: String?
        package var functionARN: String?
        package var tracing: Tracing?

        package init(
            requestID: RequestID, version: String? = nil, tenantID: String? = nil, functionARN: String? = nil,
            tracing: Tracing? = nil
        ) {
            self.requestID = requestID
            self.version = version
            self.tenantID = tenantID
            self.functionARN = functionARN
            self.tracing = tracing
        }
    }

    package struct RuntimeDone: Sendable, Equatable {
        package var requestID: RequestID
        package var outcome: Outcome
        package var duration: Duration
        /// Bytes of the response.
        package var producedBytes: Int?
        package var spans: [Span]
        package var tracing: Tracing?
        package var tenantID: String?

        package init(
            requestID: RequestID, outcome: Outcome, duration: Duration, producedBytes: Int? = nil, spans: [Span] = [],
            tracing: Tracing? = nil, tenantID: String? = nil
        ) {
            self.requestID = requestID
            self.outcome = outcome
            self.duration = duration
            self.producedBytes = producedBytes
            self.spans = spans
            self.tracing = tracing
            self.tenantID = tenantID
        }
    }

    package struct Report: Sendable, Equatable {
        package struct Metrics: Sendable, Equatable {
            package var duration: Duration
            /// Milliseconds.
            package var billed: Int
            /// MB.
            package var memorySize: Int
            /// MB.
            package var maximumMemoryUsed: Int
            package var initDuration: Duration?
            package var restoreDuration: Duration?
            /// Milliseconds.
            package var billedRestore: Int?

            package init(
                duration: Duration, billed: Int, memorySize: Int, maximumMemoryUsed: Int, initDuration: Duration? = nil,
                restoreDuration: Duration? = nil, billedRestore: Int? = nil
            ) {
                self.duration = duration
                self.billed = billed
                self.memorySize = memorySize
                self.maximumMemoryUsed = maximumMemoryUsed
                self.initDuration = initDuration
                self.restoreDuration = restoreDuration
                self.billedRestore = billedRestore
            }
        }

        package var requestID: RequestID
        package var outcome: Outcome
        package var metrics: Metrics
        package var spans: [Span]
        package var tracing: Tracing?
        package var tenantID: String?

        package init(
            requestID: RequestID, outcome: Outcome, metrics: Metrics, spans: [Span] = [], tracing: Tracing? = nil,
            tenantID: String? = nil
        ) {
            self.requestID = requestID
            self.outcome = outcome
            self.metrics = metrics
            self.spans = spans
            self.tracing = tracing
            self.tenantID = tenantID
        }
    }

    package struct Subscription: Sendable, Equatable {
        package var name: String
        package var state: String
        package var types: [String]

        package init(name: String, state: String = "Subscribed", types: [String]) {
            self.name = name
            self.state = state
            self.types = types
        }
    }

    case initStart(InitializationType, Phase, Instance)
    case initRuntimeDone(InitializationType, Phase, Outcome, spans: [Span] = [])
    case initReport(InitializationType, Phase, Outcome, duration: Duration, spans: [Span] = [])
    case start(Start)
    case runtimeDone(RuntimeDone)
    case report(Report)
    case restoreStart(Instance)
    case restoreRuntimeDone(Outcome, spans: [Span] = [])
    case restoreReport(Outcome, duration: Duration?, spans: [Span] = [])
    /// `state` is one of the names in AWS's own texts, such as `Ready` or `LaunchError`.
    case `extension`(name: String, state: String, events: [String], errorType: String? = nil)
    case telemetrySubscription(Subscription)
    case logsSubscription(Subscription)
    case logsDropped(bytes: Int, records: Int, reason: String)
    /// Logs API only.
    case end(RequestID)
    /// Logs API only: words such as `RequestId: … Process exited before completing request`.
    case fault(String)

    /// The event's type.
    package var type: String {
        switch self {
        case .initStart: "platform.initStart"
        case .initRuntimeDone: "platform.initRuntimeDone"
        case .initReport: "platform.initReport"
        case .start: "platform.start"
        case .runtimeDone: "platform.runtimeDone"
        case .report: "platform.report"
        case .restoreStart: "platform.restoreStart"
        case .restoreRuntimeDone: "platform.restoreRuntimeDone"
        case .restoreReport: "platform.restoreReport"
        case .extension: "platform.extension"
        case .telemetrySubscription: "platform.telemetrySubscription"
        case .logsSubscription: "platform.logsSubscription"
        case .logsDropped: "platform.logsDropped"
        case .end: "platform.end"
        case .fault: "platform.fault"
        }
    }
}
