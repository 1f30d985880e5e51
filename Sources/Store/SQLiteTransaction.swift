internal import FoundationEssentials
internal import GRDB
internal import LambdaCore

/// One transaction of the SQLite store. Used on the database's own queue only.
struct SQLiteTransaction: StoreTransaction {
    let database: Database
    let userSlots: Int

    private static let columns = "account = ? AND region = ?"

    func resource<Resource: StoredResource>(
        _ type: Resource.Type, at address: ResourceAddress
    ) throws -> Resource? {
        let statement = try self.database.cachedStatement(
            sql: "SELECT record FROM resource WHERE kind = ? AND \(Self.columns) AND name = ? AND part = ?")
        return try String.fetchOne(statement, arguments: Self.arguments(Resource.kind, address))
            .map { try Self.decode($0, as: type) }
    }

    func resources<Resource: StoredResource>(
        _ type: Resource.Type, in scope: Scope, name: String?, after: ResourceAddress?, limit: Int
    ) throws -> [Resource] {
        var sql = "SELECT record FROM resource WHERE kind = ? AND \(Self.columns)"
        var arguments: StatementArguments = [Resource.kind.rawValue, scope.account.digits, scope.region.name]
        if let name {
            sql += " AND name = ?"
            arguments += [name]
        }
        if let after {
            sql += " AND (name, part) > (?, ?)"
            arguments += [after.name, after.part]
        }
        // A negative LIMIT would mean "all" to SQLite.
        arguments += [max(0, limit)]
        let statement = try self.database.cachedStatement(sql: sql + " ORDER BY name, part LIMIT ?")
        return try String.fetchAll(statement, arguments: arguments).map { try Self.decode($0, as: type) }
    }

    func everything<Resource: StoredResource>(_ type: Resource.Type) throws -> [Resource] {
        let statement = try self.database.cachedStatement(
            sql: "SELECT record FROM resource WHERE kind = ? ORDER BY account, region, name, part")
        return try String.fetchAll(statement, arguments: [Resource.kind.rawValue])
            .map { try Self.decode($0, as: type) }
    }

    func put<Resource: StoredResource>(_ resource: Resource) throws {
        let statement = try self.database.cachedStatement(
            sql: """
                INSERT INTO resource (kind, account, region, name, part, record) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET record = excluded.record
                """)
        try statement.execute(
            arguments: Self.arguments(Resource.kind, resource.address) + [try Self.encode(resource)])
    }

    func remove<Resource: StoredResource>(_ type: Resource.Type, at address: ResourceAddress) throws -> Bool {
        let statement = try self.database.cachedStatement(
            sql: "DELETE FROM resource WHERE kind = ? AND \(Self.columns) AND name = ? AND part = ?")
        try statement.execute(arguments: Self.arguments(Resource.kind, address))
        return self.database.changesCount > 0
    }

    func next(_ counter: StoreCounter) throws -> Int {
        let value = try Int.fetchOne(
            self.database,
            sql: """
                INSERT INTO counter (name, value) VALUES (?, 1)
                ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value
                """, arguments: [Self.name(of: counter)])
        guard let value else { throw StoreError.failed("a counter gave no number") }
        return value
    }

    func newRevisionID() throws -> String { RequestID.random().text }

    func takeUserSlot(for function: FunctionKey) throws -> Int {
        let slot = try Int.fetchOne(
            self.database,
            sql: """
                SELECT 0 AS slot WHERE NOT EXISTS (SELECT 1 FROM user_slot WHERE slot = 0)
                UNION ALL
                SELECT taken.slot + 1 FROM user_slot AS taken
                WHERE NOT EXISTS (SELECT 1 FROM user_slot AS next WHERE next.slot = taken.slot + 1)
                ORDER BY slot LIMIT 1
                """)
        guard let slot, slot < self.userSlots else { throw StoreError.userSlotsExhausted }
        try self.database.execute(
            sql: "INSERT INTO user_slot (slot, account, region, name) VALUES (?, ?, ?, ?)",
            arguments: [slot, function.account.digits, function.region.name, function.name.text])
        return slot
    }

    func releaseUserSlot(of function: FunctionKey) throws {
        try self.database.execute(
            sql: "DELETE FROM user_slot WHERE \(Self.columns) AND name = ?",
            arguments: [function.account.digits, function.region.name, function.name.text])
    }

    private static func arguments(_ kind: ResourceKind, _ address: ResourceAddress) -> StatementArguments {
        [
            kind.rawValue, address.scope.account.digits, address.scope.region.name, address.name, address.part,
        ]
    }

    private static func name(of counter: StoreCounter) -> String {
        switch counter {
        case .generation: "generation"
        case .layerVersion(let scope, let layer): "layer-version:\(scope.account):\(scope.region):\(layer)"
        }
    }

    private static func encode(_ resource: some StoredResource) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(resource), as: UTF8.self)
    }

    private static func decode<Resource: StoredResource>(_ text: String, as type: Resource.Type) throws -> Resource {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            // Not the decoder's own text: it may quote environment values.
            throw StoreError.failed("a stored \(Resource.kind.rawValue) cannot be read")
        }
    }
}
