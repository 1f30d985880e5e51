import GRDB
import LambdaCore
import TestSupport
import Testing

@testable import Store

/// A queue as lambdad left it before events had tenants, made with the statements of that version.
@Suite struct `A queue of the first version` {
    private let directory: TemporaryDirectory
    private var path: String { self.directory.path("events.sqlite") }

    init() throws {
        self.directory = try TemporaryDirectory()
        let queue = try DatabaseQueue(path: self.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('1 events');
                    PRAGMA application_id = \(EventSchema.applicationID);
                    CREATE TABLE event (
                        sequence INTEGER NOT NULL PRIMARY KEY, request TEXT NOT NULL, account TEXT NOT NULL,
                        region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT, invoked_arn TEXT NOT NULL,
                        client_context TEXT, trace TEXT NOT NULL, received INTEGER NOT NULL,
                        attempts INTEGER NOT NULL, setbacks INTEGER NOT NULL, due_age INTEGER NOT NULL,
                        age INTEGER NOT NULL, boot TEXT NOT NULL, uptime INTEGER NOT NULL, wall INTEGER NOT NULL,
                        payload BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE delivery (
                        sequence INTEGER NOT NULL PRIMARY KEY, request TEXT NOT NULL, account TEXT NOT NULL,
                        region TEXT NOT NULL, name TEXT NOT NULL, function_arn TEXT NOT NULL, target TEXT NOT NULL,
                        succeeded INTEGER, letter_status INTEGER, letter_message TEXT,
                        attempts INTEGER NOT NULL, setbacks INTEGER NOT NULL, due_age INTEGER NOT NULL,
                        age INTEGER NOT NULL, boot TEXT NOT NULL, uptime INTEGER NOT NULL, wall INTEGER NOT NULL,
                        body BLOB NOT NULL
                    ) STRICT;
                    INSERT INTO event VALUES (5, '00000000-0000-4000-8000-000000000001', '000000000000', 'us-east-1',
                        'f', 'live', 'arn:f:live', NULL, 'Root=1-0-0', 7, 1, 2, 61000, 400, 'boot-1', 1400, 1700,
                        CAST('{"a":1}' AS BLOB));
                    """)
        }
    }

    @Test func `keeps its events, which have no tenant, and takes those that have one`() async throws {
        let store = try SQLiteEventStore(path: self.path)
        let old = try #require(try await store.backlog().events.first)
        #expect(old.sequence == 5 && old.event.tenantID == nil && old.event.qualifier == "live")
        #expect(old.event.traceHeader == "Root=1-0-0" && old.event.receivedAt == WallTime(milliseconds: 7))
        #expect(old.progress.attempts == 1 && old.progress.setbacks == 2 && old.progress.dueAge == .seconds(61))
        #expect(old.progress.age.moment.wall == WallTime(milliseconds: 1_700))
        #expect(try await store.payload(of: 5) == Array(#"{"a":1}"#.utf8))
        let event = QueuedEvent(
            sequence: 6, event: .sample(tenantID: "blue"), progress: EventProgress(age: EventAge(at: .sample())))
        try await store.commit([.add(event)])
        #expect(try await store.backlog().events.map(\.event.tenantID) == [nil, "blue"])
    }
}
