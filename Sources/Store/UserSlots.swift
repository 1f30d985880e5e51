internal import GRDB
internal import LambdaCore

/// The executor's range of user ids in the table `user_slot`: a row for every place that was ever given, so that the next
/// new one is the row after the last.
struct UserSlots: Sendable {
    let count: Int
    let now: @Sendable () -> WallTime

    func take(for function: FunctionKey, in database: Database) throws -> Int {
        let highest = try database.cachedStatement(sql: "SELECT max(slot) FROM user_slot")
        let new = try Int.fetchOne(highest).map { $0 + 1 } ?? 0
        if new < self.count {
            let statement = try database.cachedStatement(
                sql: "INSERT INTO user_slot (slot, account, region, name) VALUES (?, ?, ?, ?)")
            try statement.execute(arguments: [new] + Self.arguments(function))
            return new
        }
        let rested = try database.cachedStatement(
            sql: """
                UPDATE user_slot SET account = ?, region = ?, name = ?, released = NULL
                WHERE slot = (
                    SELECT slot FROM user_slot WHERE released <= ? AND slot < ? ORDER BY released, slot LIMIT 1
                ) RETURNING slot
                """)
        let latest = self.now().milliseconds - Limits.userSlotRest.nanoseconds / 1_000_000
        guard let slot = try Int.fetchOne(rested, arguments: Self.arguments(function) + [latest, self.count]) else {
            throw StoreError.userSlotsExhausted
        }
        return slot
    }

    func release(of function: FunctionKey, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE user_slot SET released = ?
                WHERE account = ? AND region = ? AND name = ? AND released IS NULL
                """)
        try statement.execute(arguments: [self.now().milliseconds] + Self.arguments(function))
    }

    private static func arguments(_ function: FunctionKey) -> StatementArguments {
        [function.account.digits, function.region.name, function.name.text]
    }
}
