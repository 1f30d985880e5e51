package import LambdaCore
package import Logging

/// The read side of CloudWatch Logs: what functions wrote, under the operations and in the shapes of AWS's API.
///
/// Groups and streams come into being with their first line. The account and region of the caller's signature are all
/// that a caller sees.
package struct LogsService: TargetedService {
    typealias Handler = @Sendable (LogsService, LogsInput, Scope) async throws(LogsError) -> JSONObject

    package let targetPrefix = "Logs_20140328"
    package let signingName = "logs"

    let reader: any FunctionLogReader
    private let log: Logger

    package init(reader: any FunctionLogReader, log: Logger) {
        self.reader = reader
        self.log = log
    }

    private static let handlers: [String: Handler] = [
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
    ]

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

    /// - Throws: That the group is not there, or the stream in it.
    func requireExistence(group: String, stream: String? = nil, _ scope: Scope) async throws(LogsError) {
        if let stream {
            let hasStream = try await self.read { reader async throws(LogReadError) in
                try await reader.contains(group: group, stream: stream, in: scope)
            }
            if hasStream { return }
        }
        let hasGroup = try await self.read { reader async throws(LogReadError) in
            try await reader.contains(group: group, stream: nil, in: scope)
        }
        guard hasGroup else { throw .noSuchGroup }
        if stream != nil { throw .noSuchStream }
    }
}
