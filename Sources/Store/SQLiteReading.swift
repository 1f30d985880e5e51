internal import GRDB
internal import LambdaCore

/// Reads inside one transaction of the SQLite store. Used on the connection's own queue only.
struct SQLiteReading: StoreReading {
    let database: Database

    func resource<Resource: StoredResource>(
        _ type: Resource.Type, at address: ResourceAddress
    ) throws -> Resource? {
        let statement = try self.database.cachedStatement(
            sql: """
                SELECT record FROM resource
                WHERE kind = ? AND account = ? AND region = ? AND name = ? AND part = ?
                """)
        return try self.fetch(type, statement, Self.arguments(Resource.kind, address)).first
    }

    func resources<Resource: StoredResource>(
        _ type: Resource.Type, in scope: Scope, name: String?, after: ResourceAddress?, limit: Int
    ) throws -> [Resource] {
        // A negative LIMIT would mean "all" to SQLite.
        guard limit > 0 else { return [] }
        var sql = "SELECT record FROM resource WHERE kind = ? AND account = ? AND region = ?"
        var arguments: StatementArguments = [Resource.kind.rawValue, scope.account.digits, scope.region.name]
        switch (name, try Self.start(after: after, in: scope)) {
        case (_, .nothing): return []
        case (nil, .beginning): break
        case (nil, .after(let last)):
            sql += " AND (name, part) > (?, ?)"
            arguments += [last.name, last.part]
        case (let name?, .beginning):
            sql += " AND name = ?"
            arguments += [name]
        case (let name?, .after(let last)):
            // Not both conditions on the name: SQLite would look through all parts from the first on.
            sql += " AND name = ?"
            arguments += [name]
            if name == last.name {
                sql += " AND part > ?"
                arguments += [last.part]
            } else if ResourceAddress.precedes((name, ""), (last.name, "")) {
                return []
            }
        }
        arguments += [limit]
        let statement = try self.database.cachedStatement(sql: sql + " ORDER BY name, part LIMIT ?")
        return try self.fetch(type, statement, arguments)
    }

    func everything<Resource: StoredResource>(_ type: Resource.Type) throws -> [Resource] {
        let statement = try self.database.cachedStatement(
            sql: "SELECT record FROM resource WHERE kind = ? ORDER BY account, region, name, part")
        return try self.fetch(type, statement, [Resource.kind.rawValue])
    }

    static func arguments(_ kind: ResourceKind, _ address: ResourceAddress) -> StatementArguments {
        [
            kind.rawValue, address.scope.account.digits, address.scope.region.name, address.name, address.part,
        ]
    }

    private enum Start {
        case beginning
        case after(ResourceAddress)
        /// Every resource of the scope comes before.
        case nothing
    }

    /// Where a page begins in `scope`, after an address that may lie in another one.
    private static func start(after: ResourceAddress?, in scope: Scope) throws -> Start {
        guard let after else { return .beginning }
        guard after.scope != scope else { return .after(after) }
        return after < ResourceAddress(scope: scope, name: "") ? .beginning : .nothing
    }

    private func fetch<Resource: StoredResource>(
        _ type: Resource.Type, _ statement: Statement, _ arguments: StatementArguments
    ) throws -> [Resource] {
        var found: [Resource] = []
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        while let row = try rows.next() {
            // The bytes are SQLite's until the next step, and are copied at once.
            let bytes = try row.withUnsafeData(atIndex: 0) { data in data.map { Array($0) } ?? [] }
            do { found.append(try RecordDecoder.decode(type, from: bytes)) } catch {
                // Not the error's own text: it may quote environment values.
                throw StoreError.failed("a stored \(Resource.kind.rawValue) cannot be read")
            }
        }
        return found
    }
}
