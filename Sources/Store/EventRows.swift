internal import FoundationEssentials
internal import GRDB
internal import LambdaCore

/// Events and deliveries as rows.
enum EventRows {
    static func apply(_ change: EventChange, to database: Database) throws {
        switch change {
        case .add(let event): try self.add(event, to: database)
        case .postpone(let sequence, let progress): try self.postpone("event", sequence, progress, in: database)
        case .remove(let sequence):
            try database.cachedStatement(sql: "DELETE FROM event WHERE sequence = ?").execute(arguments: [sequence])
        case .addDelivery(let delivery): try self.add(delivery, to: database)
        case .postponeDelivery(let sequence, let progress):
            try self.postpone("delivery", sequence, progress, in: database)
        case .removeDelivery(let sequence):
            try database.cachedStatement(sql: "DELETE FROM delivery WHERE sequence = ?").execute(arguments: [sequence])
        }
    }

    private static func add(_ queued: QueuedEvent, to database: Database) throws {
        let event = queued.event
        let arguments: StatementArguments = [
            queued.sequence, event.requestID.text, event.function.account.digits, event.function.region.name,
            event.function.name.text, event.qualifier, event.invokedARN, event.clientContext, event.traceHeader,
            event.receivedAt.milliseconds, event.tenantID,
        ]
        try database.cachedStatement(
            sql: """
                INSERT INTO event (sequence, request, account, region, name, qualifier, invoked_arn, client_context,
                    trace, received, tenant, attempts, setbacks, due_age, age, boot, uptime, wall, payload)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: arguments + self.arguments(queued.progress) + [Data(event.payload)])
    }

    private static func add(_ delivery: EventDelivery, to database: Database) throws {
        var succeeded: Bool?
        var letter: (status: Int, message: String)?
        switch delivery.purpose {
        case .destination(let flag): succeeded = flag
        case .deadLetter(let status, let message): letter = (status, message)
        }
        let arguments: StatementArguments = [
            delivery.sequence, delivery.requestID.text, delivery.function.account.digits,
            delivery.function.region.name, delivery.function.name.text, delivery.functionARN, delivery.target,
            succeeded, letter?.status, letter?.message,
        ]
        try database.cachedStatement(
            sql: """
                INSERT INTO delivery (sequence, request, account, region, name, function_arn, target, succeeded,
                    letter_status, letter_message, attempts, setbacks, due_age, age, boot, uptime, wall, body)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: arguments + self.arguments(delivery.progress) + [Data(delivery.body)])
    }

    /// - Parameter table: One of this type's own words, never a caller's.
    private static func postpone(
        _ table: String, _ sequence: Int64, _ progress: EventProgress, in database: Database
    ) throws {
        try database.cachedStatement(
            sql: """
                UPDATE \(table) SET attempts = ?, setbacks = ?, due_age = ?, age = ?, boot = ?, uptime = ?, wall = ?
                WHERE sequence = ?
                """
        ).execute(arguments: self.arguments(progress) + [sequence])
    }

    private static func arguments(_ progress: EventProgress) -> StatementArguments {
        [
            progress.attempts, progress.setbacks, progress.dueAge.nanoseconds / 1_000_000, progress.age.known,
            progress.age.moment.boot, progress.age.moment.uptime, progress.age.moment.wall.milliseconds,
        ]
    }

    static func events(in database: Database) throws -> [QueuedEvent] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT sequence, request, account, region, name, qualifier, invoked_arn, client_context, trace, received,
                    tenant, attempts, setbacks, due_age, age, boot, uptime, wall, length(payload) AS bytes
                FROM event ORDER BY sequence
                """)
        var found: [QueuedEvent] = []
        while let row = try rows.next() {
            let event = AcceptedEvent(
                requestID: try self.requestID(row), function: try self.function(row), qualifier: row["qualifier"],
                invokedARN: row["invoked_arn"], payload: [], clientContext: row["client_context"],
                traceHeader: row["trace"], tenantID: row["tenant"], receivedAt: WallTime(milliseconds: row["received"]))
            found.append(
                QueuedEvent(
                    sequence: row["sequence"], event: event, payloadBytes: row["bytes"], progress: self.progress(row)))
        }
        return found
    }

    static func deliveries(in database: Database) throws -> [EventDelivery] {
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM delivery ORDER BY sequence")
        var found: [EventDelivery] = []
        while let row = try rows.next() {
            let succeeded: Bool? = row["succeeded"]
            let status: Int? = row["letter_status"]
            let message: String? = row["letter_message"]
            found.append(
                EventDelivery(
                    sequence: row["sequence"], requestID: try self.requestID(row), function: try self.function(row),
                    functionARN: row["function_arn"], target: row["target"],
                    purpose: succeeded.map { .destination(succeeded: $0) }
                        ?? .deadLetter(status: status ?? 0, message: message ?? ""),
                    body: try self.bytes(row, "body"), progress: self.progress(row)))
        }
        return found
    }

    /// The bytes are SQLite's until the next step, and are copied at once.
    static func bytes(_ row: Row, _ column: String) throws -> [UInt8] {
        try row.withUnsafeData(named: column) { data in data.map { Array($0) } ?? [] }
    }

    private static func progress(_ row: Row) -> EventProgress {
        let dueAge: Int64 = row["due_age"]
        return EventProgress(
            attempts: row["attempts"], setbacks: row["setbacks"], dueAge: .milliseconds(dueAge),
            age: EventAge(
                known: row["age"],
                at: EventMoment(
                    boot: row["boot"], uptime: row["uptime"], wall: WallTime(milliseconds: row["wall"]))))
    }

    private static func requestID(_ row: Row) throws -> RequestID {
        let text: String = row["request"]
        guard let id = RequestID(text) else { throw StoreError.failed("a stored event has no valid request id") }
        return id
    }

    private static func function(_ row: Row) throws -> FunctionKey {
        guard let account = AccountID(row["account"]), let region = Region(row["region"]),
            let name = FunctionName(row["name"])
        else { throw StoreError.failed("a stored event names no valid function") }
        return FunctionKey(account: account, region: region, name: name)
    }
}
