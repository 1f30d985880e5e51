import LambdaCore
import Logging

/// What the store knows of log groups. Errors of the store go to the log; the caller learns that it failed.
struct LogGroupBook: Sendable {
    let store: any ResourceStore
    let log: Logger

    func record(_ group: String, _ scope: Scope) async throws(LogsError) -> LogGroupRecord? {
        let address = ResourceAddress(scope: scope, name: group)
        return try await self.read { try $0.resource(LogGroupRecord.self, at: address) }
    }

    func records(in scope: Scope) async throws(LogsError) -> [LogGroupRecord] {
        try await self.read { try $0.resources(LogGroupRecord.self, in: scope) }
    }

    func streams(of group: String, in scope: Scope) async throws(LogsError) -> [LogStreamRecord] {
        try await self.read { try $0.resources(LogStreamRecord.self, in: scope, name: group) }
    }

    func stream(_ name: String, of group: String, in scope: Scope) async throws(LogsError) -> LogStreamRecord? {
        let address = ResourceAddress(scope: scope, name: group, part: name)
        return try await self.read { try $0.resource(LogStreamRecord.self, at: address) }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> Value
    ) async throws(LogsError) -> Value {
        do { return try await self.store.write(body) } catch { throw self.failure(error) }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreReading) throws -> Value
    ) async throws(LogsError) -> Value {
        do { return try await self.store.read(body) } catch { throw self.failure(error) }
    }

    private func failure(_ error: any Error) -> LogsError {
        if let error = error as? LogsError { return error }
        self.log.error("the store failed", metadata: ["reason": "\(error)"])
        return .storeFailed
    }
}
