internal import GRDB
internal import LambdaCore

/// One write transaction of the SQLite store. Used on the connection's own queue only.
struct SQLiteTransaction: StoreTransaction {
    private let database: Database
    private let reading: SQLiteReading
    private let slots: UserSlots

    init(database: Database, slots: UserSlots) {
        self.database = database
        self.reading = SQLiteReading(database: database)
        self.slots = slots
    }

    func resource<Resource: StoredResource>(
        _ type: Resource.Type, at address: ResourceAddress
    ) throws -> Resource? {
        try self.reading.resource(type, at: address)
    }

    func resources<Resource: StoredResource>(
        _ type: Resource.Type, in scope: Scope, name: String?, after: ResourceAddress?, limit: Int
    ) throws -> [Resource] {
        try self.reading.resources(type, in: scope, name: name, after: after, limit: limit)
    }

    func everything<Resource: StoredResource>(_ type: Resource.Type) throws -> [Resource] {
        try self.reading.everything(type)
    }

    func put<Resource: StoredResource>(_ resource: Resource) throws {
        let statement = try self.database.cachedStatement(
            sql: """
                INSERT INTO resource (kind, account, region, name, part, record) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET record = excluded.record
                """)
        try statement.execute(
            arguments: SQLiteReading.arguments(Resource.kind, resource.address) + [try Self.encode(resource)])
    }

    func remove<Resource: StoredResource>(_ type: Resource.Type, at address: ResourceAddress) throws -> Bool {
        let statement = try self.database.cachedStatement(
            sql: """
                DELETE FROM resource WHERE kind = ? AND account = ? AND region = ? AND name = ? AND part = ?
                """)
        try statement.execute(arguments: SQLiteReading.arguments(Resource.kind, address))
        return self.database.changesCount > 0
    }

    func next(_ counter: StoreCounter) throws -> Int {
        let statement = try self.database.cachedStatement(
            sql: """
                INSERT INTO counter (name, value) VALUES (?, 1)
                ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value
                """)
        guard let value = try Int.fetchOne(statement, arguments: [Self.name(of: counter)]) else {
            throw StoreError.failed("a counter gave no number")
        }
        return value
    }

    func newRevisionID() throws -> String { RequestID.random().text }

    func takeUserSlot(for function: FunctionKey) throws -> Int {
        try self.slots.take(for: function, in: self.database)
    }

    func releaseUserSlot(of function: FunctionKey) throws {
        try self.slots.release(of: function, in: self.database)
    }

    private static func name(of counter: StoreCounter) -> String {
        switch counter {
        case .generation: "generation"
        case .layerVersion(let scope, let layer): "layer-version:\(scope.account):\(scope.region):\(layer)"
        }
    }

    private static func encode(_ resource: some StoredResource) throws -> String {
        String(decoding: try RecordEncoder.encode(resource), as: UTF8.self)
    }
}
