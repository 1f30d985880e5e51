package import LambdaCore
package import Logging

/// CloudWatch Logs, as far as lambdad has it: what functions wrote, under the operations and in the shapes of AWS's API,
/// and log groups that tools make, describe and delete.
///
/// Groups and streams come into being with their first line, or when somebody makes them. The account and region of the
/// caller's signature are all that a caller sees.
package struct LogsService: TargetedService {
    typealias Handler = @Sendable (LogsService, LogsInput, Scope) async throws(LogsError) -> JSONObject

    package let targetPrefix = "Logs_20140328"
    package let signingName = "logs"

    let reader: any FunctionLogReader
    let groups: LogGroupBook
    let time: any TimeSource
    /// Waits for a time, or less where the waiting task is cancelled.
    let pause: @Sendable (Duration) async -> Void
    let liveTails: LiveTailCount
    private let log: Logger

    /// - Parameter liveTails: Of an account in one region at one time.
    package init(
        reader: any FunctionLogReader, store: any ResourceStore, time: any TimeSource, log: Logger,
        liveTails: Int = Limits.liveTailSessions,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.reader = reader
        self.groups = LogGroupBook(store: store, log: log)
        self.time = time
        self.log = log
        self.liveTails = LiveTailCount(limit: liveTails)
        self.pause = pause
    }

    private static let handlers: [String: Handler] = [
        "CreateLogGroup": { service, input, scope async throws(LogsError) in
            try await service.createGroup(input, scope)
        },
        "CreateLogStream": { service, input, scope async throws(LogsError) in
            try await service.createStream(input, scope)
        },
        "DeleteLogGroup": { service, input, scope async throws(LogsError) in
            try await service.deleteGroup(input, scope)
        },
        "DeleteLogStream": { service, input, scope async throws(LogsError) in
            try await service.deleteStream(input, scope)
        },
        "DeleteRetentionPolicy": { service, input, scope async throws(LogsError) in
            try await service.deleteRetention(input, scope)
        },
        "DescribeLogGroups": { service, input, scope async throws(LogsError) in
            try await service.describeGroups(input, scope)
        },
        "DescribeLogStreams": { service, input, scope async throws(LogsError) in
            try await service.describeStreams(input, scope)
        },
        "FilterLogEvents": { service, input, scope async throws(LogsError) in
            try await service.filterEvents(input, scope)
        },
        "GetLogEvents": { service, input, scope async throws(LogsError) in
            try await service.getEvents(input, scope)
        },
        "ListTagsForResource": { service, input, scope async throws(LogsError) in
            try await service.listTags(input, scope, .resource)
        },
        "ListTagsLogGroup": { service, input, scope async throws(LogsError) in
            try await service.listTags(input, scope, .group)
        },
        "PutRetentionPolicy": { service, input, scope async throws(LogsError) in
            try await service.putRetention(input, scope)
        },
        "TagLogGroup": { service, input, scope async throws(LogsError) in
            try await service.tag(input, scope, .group)
        },
        "TagResource": { service, input, scope async throws(LogsError) in
            try await service.tag(input, scope, .resource)
        },
        "UntagLogGroup": { service, input, scope async throws(LogsError) in
            try await service.untag(input, scope, .group)
        },
        "UntagResource": { service, input, scope async throws(LogsError) in
            try await service.untag(input, scope, .resource)
        },
    ]

    package func reply(_ call: TargetedCall) async -> TargetedReply {
        guard call.operation == "StartLiveTail" else { return .answer(await self.answer(call)) }
        do throws(LogsError) {
            return .events(try await self.startLiveTail(LogsInput(call.body), call))
        } catch { return .answer(error.answer) }
    }

    package func answer(_ call: TargetedCall) async -> TargetedAnswer {
        do throws(LogsError) {
            guard let handler = LogsService.handlers[call.operation] else { throw .unknownOperation(call.operation) }
            return TargetedAnswer(body: try await handler(self, LogsInput(call.body), call.scope))
        } catch { return error.answer }
    }

    /// Asks the reader; what the caller need not know of a failure goes to the log.
    func read<Value>(
        _ body: (any FunctionLogReader) async throws(LogReadError) -> Value
    ) async throws(LogsError) -> Value {
        do { return try await body(self.reader) } catch {
            if case .failed(let reason) = error {
                self.log.error("function logs could not be read", metadata: ["reason": "\(reason)"])
            }
            throw LogsError(error)
        }
    }
}
