internal import GRDB
internal import LambdaCore

/// The tables of the store, and the checks made before a file is taken for one.
enum StoreSchema {
    /// `PRAGMA application_id` of a store's file ("lmbd"), so that another program's database is never written to.
    static let applicationID: Int32 = 0x6C6D_6264

    /// Refuses a file that is damaged, another program's, or written by a newer lambdad. Reads only.
    static func check(
        _ database: Database, id expected: Int32 = Self.applicationID, migrations: DatabaseMigrator = Self.migrations
    ) throws {
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
        guard verdict == "ok" else { throw StoreError.failed("the database is damaged: \(verdict)") }
        guard try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") != 0 else { return }
        let id = try Int32.fetchOne(database, sql: "PRAGMA application_id")
        guard id == expected else {
            throw StoreError.failed("the database belongs to another program")
        }
        guard try !migrations.hasBeenSuperseded(database) else {
            throw StoreError.failed("the database was written by a newer version of lambdad")
        }
    }

    /// Every change of the schema, in order. A migration that was released is never edited: the next one mends it.
    static var migrations: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 functions") { database in
            try database.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
            // The primary key's index is the order of paging. `record` is the whole of the function as JSON; what is
            // a column as well is there to be looked up or to be unique.
            try database.execute(
                sql: """
                    CREATE TABLE function (
                        account TEXT NOT NULL,
                        region TEXT NOT NULL,
                        name TEXT NOT NULL,
                        user_slot INTEGER NOT NULL UNIQUE CHECK (user_slot >= 0),
                        record TEXT NOT NULL,
                        PRIMARY KEY (account, region, name)
                    ) STRICT
                    """)
            try database.execute(
                sql: "CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT")
            try database.execute(sql: "INSERT INTO counter (name, value) VALUES ('generation', 0)")
        }
        migrator.registerMigration("2 resources") { database in try Self.makeResources(database) }
        return migrator
    }

    /// One table for every kind of resource. Its primary key's index is the order of paging; `record` is the whole of the
    /// resource as JSON. Not WITHOUT ROWID: a record is mostly larger than a quarter of a page, and would lie in the inner
    /// pages of the index, too.
    ///
    /// `user_slot` has a row for every place that was ever given. 0.1.0 gave the lowest free one, so the rows between are
    /// filled up: they were released long ago.
    private static func makeResources(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE resource (
                    kind TEXT NOT NULL,
                    account TEXT NOT NULL,
                    region TEXT NOT NULL,
                    name TEXT NOT NULL,
                    part TEXT NOT NULL,
                    record TEXT NOT NULL,
                    PRIMARY KEY (kind, account, region, name, part)
                ) STRICT;
                CREATE TABLE user_slot (
                    slot INTEGER NOT NULL PRIMARY KEY CHECK (slot >= 0),
                    account TEXT NOT NULL,
                    region TEXT NOT NULL,
                    name TEXT NOT NULL,
                    released INTEGER
                ) STRICT;
                CREATE INDEX user_slot_owner ON user_slot (account, region, name) WHERE released IS NULL;
                CREATE INDEX user_slot_released ON user_slot (released, slot) WHERE released IS NOT NULL;
                """)
        try Self.moveFunctions(in: database)
    }

    private static func moveFunctions(in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO user_slot (slot, account, region, name)
                    SELECT user_slot, account, region, name FROM function;
                WITH RECURSIVE place (slot) AS (
                    SELECT 0 UNION ALL SELECT slot + 1 FROM place WHERE slot < (SELECT max(user_slot) FROM function)
                )
                INSERT OR IGNORE INTO user_slot (slot, account, region, name, released)
                    SELECT slot, '', '', '', 0 FROM place WHERE EXISTS (SELECT 1 FROM function);
                INSERT INTO resource (kind, account, region, name, part, record)
                    SELECT 'function', account, region, name, '', json_object(
                        'record', json_patch(
                            json_object(
                                'version', '$LATEST', 'packageType', 'Zip', 'snapStart', 'None',
                                'layers', json_array(), 'fileSystems', json_array()),
                            json_remove(record, '$.tags')))
                    FROM function;
                INSERT INTO resource (kind, account, region, name, part, record)
                    SELECT 'function-properties', account, region, name, '', json_object(
                        'key', json_extract(record, '$.key'), 'userSlot', user_slot,
                        'tags', json_extract(record, '$.tags'), 'recursiveLoop', 'Terminate', 'lastVersion', 0,
                        'codeStorage', json_extract(record, '$.code.size'))
                    FROM function;
                DROP TABLE function;
                """)
    }
}
