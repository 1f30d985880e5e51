package import LambdaCore
import Logging
import LogsAPI
import TestSupport
import Testing

/// The service on lines in memory.
struct LoggedService {
    static let scope = Scope(account: .standard, region: .standard)
    static let group = "/aws/lambda/f"

    let lines: RecentLines
    let service: LogsService
    let store = MemoryStore()
    let clock = ManualClock()

    init(maximumBytes: Int = 1_000_000) {
        self.lines = RecentLines(maximumBytes: maximumBytes, start: WallTime(milliseconds: 0))
        self.service = LogsService(
            reader: self.lines, store: self.store, time: self.clock,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            pause: { [clock] in clock.advance(by: $0) })
    }

    func write(
        _ texts: [String], at milliseconds: Int64 = 1_000, stream: String = "a", group: String = LoggedService.group,
        scope: Scope = LoggedService.scope
    ) throws {
        let source = FunctionLogSource(
            function: try #require(FunctionName("f")), version: "$LATEST",
            environment: try #require(EnvironmentID("0123456789abcdef0123456789abcdef")), account: scope.account,
            region: scope.region, logGroup: group, logStream: stream)
        for (number, text) in texts.enumerated() {
            self.lines.append([
                FunctionLogEntry(
                    source: source, requestID: nil, kind: .function, message: Array(text.utf8),
                    time: WallTime(milliseconds: milliseconds + Int64(number)))
            ])
        }
    }

    func call(_ operation: String, _ body: String, scope: Scope = LoggedService.scope) async -> TargetedAnswer {
        await self.service.answer(
            TargetedCall(operation: operation, scope: scope, body: Array(body.utf8), requestID: .random()))
    }

    /// Code and message of the error that a call must end with.
    func refusal(_ operation: String, _ input: JSONObject, scope: Scope = LoggedService.scope) async -> [String] {
        let answer = await self.call(
            operation, String(decoding: JSONValue.object(input).serialized, as: UTF8.self), scope: scope)
        guard answer.status == 400 else { return ["\(answer.status)"] }
        return [answer.body["__type"]?.stringValue, answer.body["message"]?.stringValue].compactMap { $0 }
    }

    func ask(_ operation: String, _ input: JSONObject, scope: Scope = LoggedService.scope) async throws -> JSONObject {
        let answer = await self.call(
            operation, String(decoding: JSONValue.object(input).serialized, as: UTF8.self), scope: scope)
        try #require(
            answer.status == 200, "\(String(decoding: JSONValue.object(answer.body).serialized, as: UTF8.self))")
        return answer.body
    }
}

extension JSONObject {
    /// The texts of a member of each element of a list.
    func texts(_ list: String, _ member: String) -> [String] {
        (self[list]?.arrayValue ?? []).compactMap { $0.objectValue?[member]?.stringValue }
    }

    /// Without the newlines that every message ends with.
    func messages() -> [String] { self.texts("events", "message").map { String($0.dropLast()) } }
}

/// So that tables of requests can be read.
extension JSONValue: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self = .string(text) }
}
