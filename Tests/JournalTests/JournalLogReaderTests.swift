import Glibc
import Journal
import LambdaCore
import Testing

@Suite(.enabled(if: PrivateJournald.obstacle == nil, "\(PrivateJournald.obstacle ?? "")"), .serialized)
struct `Function logs read back from a journal` {
    private static let scope = Scope(account: .standard, region: .standard)
    private static let group = "/aws/lambda/f"

    private let journald: PrivateJournald
    private let log: JournalFunctionLog
    private let reader: JournalLogReader
    /// Whole, for entries have whole milliseconds; a minute ago, as if the lines had been long on their way.
    private let start: WallTime

    init() throws {
        self.journald = try PrivateJournald()
        self.log = try JournalFunctionLog(path: self.journald.socketPath) { Issue.record("\($0) entries lost") }
        self.reader = try JournalLogReader(directory: self.journald.directory)
        self.start = WallTime(milliseconds: Int64(Glibc.time(nil)) * 1_000 - 10_000)
    }

    private func source(stream: Int, group: String, account: AccountID) throws -> FunctionLogSource {
        let digits = String(stream)
        let hex = String(repeating: "0", count: 32 - digits.count) + digits
        return FunctionLogSource(
            function: try #require(FunctionName("f")), version: "$LATEST",
            environment: try #require(EnvironmentID(hex)), account: account, region: .standard, logGroup: group,
            logStream: "s\(stream)")
    }

    /// Line number `n` has its time `n` seconds after the start.
    private func write(
        _ lines: [Int: String], stream: Int = 1, group: String = group, account: AccountID = .standard
    ) async throws {
        let source = try self.source(stream: stream, group: group, account: account)
        for (number, text) in lines.sorted(by: { $0.key < $1.key }) {
            _ = self.log.append([
                FunctionLogEntry(
                    source: source, requestID: nil, kind: .function, message: Array(text.utf8),
                    time: self.time(number))
            ])
        }
        #expect(await self.log.flush(within: .seconds(10)))
        try self.journald.synchronize()
    }

    private func time(_ number: Int) -> WallTime { self.start.advanced(by: .seconds(number)) }

    private func texts(_ page: LogPage) -> [String] { page.events.map { String(decoding: $0.message, as: UTF8.self) } }

    @Test func `are found by group, and by no other account`() async throws {
        let other = try #require(AccountID("210987654321"))
        try await self.write([0: "mine"])
        try await self.write([1: "theirs"], stream: 2, account: other)
        try await self.write([2: "elsewhere"], stream: 3, group: "/other")

        #expect(try await self.reader.groups(in: Self.scope).map(\.name) == ["/aws/lambda/f", "/other"])
        let theirScope = Scope(account: other, region: .standard)
        #expect(try await self.reader.groups(in: theirScope).map(\.name) == ["/aws/lambda/f"])
        let page = try await self.reader.events(LogQuery(scope: Self.scope, group: Self.group))
        #expect(self.texts(page) == ["mine"])
        #expect(page.isComplete)
        #expect(page.events.first?.stream == "s1")
        #expect(page.events.first?.times.event == self.time(0))
        #expect(try await self.reader.contains(group: Self.group, stream: "s1", in: Self.scope))
        #expect(try await !self.reader.contains(group: Self.group, stream: "s2", in: Self.scope))
        #expect(try await !self.reader.contains(group: "/none", stream: nil, in: Self.scope))
    }

    @Test func `are not what another user wrote`() async throws {
        try await self.write([0: "mine"])
        let stranger = try JournalLogReader(directory: self.journald.directory, writer: 65_533)
        #expect(try await stranger.groups(in: Self.scope) == [])
        #expect(try await self.reader.groups(in: Self.scope).count == 1)
    }

    @Test func `have streams that tell their first and last event`() async throws {
        try await self.write([0: "one", 1: "two", 2: "three"], stream: 1)
        try await self.write([3: "four"], stream: 2)
        let streams = try await self.reader.streams(of: Self.group, in: Self.scope)
        #expect(streams.map(\.name) == ["s1", "s2"])
        #expect(streams.map(\.firstEvent) == [self.time(0), self.time(3)])
        let last = try await self.reader.lastEvents(of: ["s1", "s2"], group: Self.group, in: Self.scope)
        #expect(last.mapValues(\.event) == ["s1": self.time(2), "s2": self.time(3)])
    }

    @Test(arguments: [LogQuery.Order.forward, .backward], [1, 2, 3, 10])
    func `come in pages, each event once`(order: LogQuery.Order, size: Int) async throws {
        try await self.write(Dictionary(uniqueKeysWithValues: (0..<7).map { ($0, "line \($0)") }))
        var query = LogQuery(scope: Self.scope, group: Self.group)
        query.order = order
        query.maximumEvents = size
        var found: [StoredLogEvent] = []
        while found.count < 20 {
            let page = try await self.reader.events(query)
            #expect(page.events.count <= size)
            found += page.events
            guard !page.isComplete else { break }
            query.after = page.lastExamined
        }
        let lines = (0..<7).map { "line \($0)" }
        #expect(
            found.map { String(decoding: $0.message, as: UTF8.self) } == (order == .forward ? lines : lines.reversed()))
        let ids = found.map(\.id)
        #expect(ids.sorted() == (order == .forward ? ids : ids.reversed()), "ids are in the order of time")
        #expect(ids.allSatisfy { $0.count == 56 })
    }

    @Test func `are chosen by stream, time and text`() async throws {
        try await self.write([0: "a0", 1: "a1", 2: "a2"], stream: 1)
        try await self.write([3: "b3"], stream: 2)
        try await self.write([4: "c4"], stream: 10)
        let all = LogQuery(scope: Self.scope, group: Self.group)

        var query = all
        query.streams = .named(["s2", "s10"])
        #expect(self.texts(try await self.reader.events(query)) == ["b3", "c4"])
        query.streams = .prefixed(["s1"])
        #expect(self.texts(try await self.reader.events(query)) == ["a0", "a1", "a2", "c4"])
        query = all
        query.earliest = self.time(1)
        query.latest = self.time(3)
        for order in [LogQuery.Order.forward, .backward] {
            query.order = order
            let found = self.texts(try await self.reader.events(query))
            #expect(found == (order == .forward ? ["a1", "a2", "b3"] : ["b3", "a2", "a1"]))
        }
        query = all
        query.matches = { $0.last == 0x33 }
        #expect(self.texts(try await self.reader.events(query)) == ["b3"])
    }

    @Test func `go on where a reader stopped, once more is there`() async throws {
        try await self.write([0: "one"])
        var query = LogQuery(scope: Self.scope, group: Self.group)
        query.after = try await self.reader.events(query).lastExamined
        #expect(query.after != nil)
        let nothing = try await self.reader.events(query)
        #expect(nothing.events == [] && nothing.lastExamined == nil && nothing.isComplete)
        try await self.write([1: "two"])
        #expect(self.texts(try await self.reader.events(query)) == ["two"])
    }

    @Test func `keep any bytes and any length`() async throws {
        let long = String(repeating: "l", count: 200_000)
        try await self.write([0: "a\nLAMBDA_LOG_GROUP=forged\n", 1: long])
        let page = try await self.reader.events(LogQuery(scope: Self.scope, group: Self.group))
        #expect(self.texts(page) == ["a\nLAMBDA_LOG_GROUP=forged\n", long])
        #expect(try await self.reader.groups(in: Self.scope).map(\.name) == [Self.group])
    }

    @Test func `take no position that is none`() async throws {
        try await self.write([0: "one"])
        var query = LogQuery(scope: Self.scope, group: Self.group)
        query.after = LogPosition("nonsense")
        await #expect(throws: LogReadError.unknownPosition) { try await self.reader.events(query) }
    }
}
