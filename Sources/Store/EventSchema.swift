internal import GRDB

/// The tables of the event queue's file.
enum EventSchema {
    /// `PRAGMA application_id` ("lmbe").
    static let applicationID: Int32 = 0x6C6D_6265

    static func check(_ database: Database) throws {
        try StoreSchema.check(database, id: self.applicationID, migrations: self.migrations)
    }

    /// Every change of the schema, in order. A migration that was released is never edited: the next one mends it.
    ///
    /// Numbers of events and deliveries are the writer's. Blobs come last, so that a start reads the rest without them.
    static var migrations: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 events") { database in
            try database.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
            try database.execute(
                sql: """
                    CREATE TABLE event (
                        sequence INTEGER NOT NULL PRIMARY KEY,
                        request TEXT NOT NULL,
                        account TEXT NOT NULL,
                        region TEXT NOT NULL,
                        name TEXT NOT NULL,
                        qualifier TEXT,
                        invoked_arn TEXT NOT NULL,
                        client_context TEXT,
                        trace TEXT NOT NULL,
                        received INTEGER NOT NULL,
                        \(Self.progress),
                        payload BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE delivery (
                        sequence INTEGER NOT NULL PRIMARY KEY,
                        request TEXT NOT NULL,
                        account TEXT NOT NULL,
                        region TEXT NOT NULL,
                        name TEXT NOT NULL,
                        function_arn TEXT NOT NULL,
                        target TEXT NOT NULL,
                        succeeded INTEGER,
                        letter_status INTEGER,
                        letter_message TEXT,
                        \(Self.progress),
                        body BLOB NOT NULL
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("2 tenants") { database in
            // A new table, for a column that is added stands behind the payload.
            try database.execute(
                sql: """
                    CREATE TABLE event_of_tenant (
                        sequence INTEGER NOT NULL PRIMARY KEY,
                        request TEXT NOT NULL,
                        account TEXT NOT NULL,
                        region TEXT NOT NULL,
                        name TEXT NOT NULL,
                        qualifier TEXT,
                        invoked_arn TEXT NOT NULL,
                        client_context TEXT,
                        trace TEXT NOT NULL,
                        received INTEGER NOT NULL,
                        tenant TEXT,
                        \(Self.progress),
                        payload BLOB NOT NULL
                    ) STRICT;
                    INSERT INTO event_of_tenant
                        SELECT sequence, request, account, region, name, qualifier, invoked_arn, client_context, trace,
                            received, NULL, \(Self.progressNames), payload
                        FROM event;
                    DROP TABLE event;
                    ALTER TABLE event_of_tenant RENAME TO event;
                    """)
        }
        return migrator
    }

    private static let progressNames = "attempts, setbacks, due_age, age, boot, uptime, wall"

    /// Ages, and `uptime` and `wall`, are milliseconds.
    private static let progress = """
        attempts INTEGER NOT NULL, setbacks INTEGER NOT NULL, due_age INTEGER NOT NULL, age INTEGER NOT NULL,
        boot TEXT NOT NULL, uptime INTEGER NOT NULL, wall INTEGER NOT NULL
        """
}
