import LambdaCore
import TestSupport
import Testing

@testable import LogsAPI

@Suite struct `A live tail` {
    private let logged = LoggedService()
    private var now: Int64 { self.logged.clock.wallTime.milliseconds }

    private func start(
        _ input: JSONObject = ["logGroupIdentifiers": .array(["/aws/lambda/f"])]
    ) async -> TargetedReply {
        await self.logged.service.reply(
            TargetedCall(
                operation: "StartLiveTail", scope: LoggedService.scope, body: JSONValue.object(input).serialized,
                requestID: .numbered(1)))
    }

    /// Past the two messages that begin it.
    private func tail(
        _ input: JSONObject = ["logGroupIdentifiers": .array(["/aws/lambda/f"])]
    ) async throws -> any TargetedEvents {
        let events = try await self.begun(input)
        _ = await events.next()
        _ = await events.next()
        return events
    }

    private func begun(_ input: JSONObject) async throws -> any TargetedEvents {
        guard case .events(let events) = await self.start(input) else {
            throw LogsError.invalid("it was not begun")
        }
        return events
    }

    private func messages(_ event: TargetedEvent?) -> [String] {
        (event?.payload.texts("sessionResults", "message") ?? []).map { String($0.dropLast()) }
    }

    @Test func `begins with what the protocol wants, and says what it tails`() async throws {
        try self.logged.write(["x"], at: self.now)
        let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f"
        let events = try await self.begun([
            "logGroupIdentifiers": .array([.string(arn)]), "logStreamNamePrefixes": .array(["a"]),
            "logEventFilterPattern": "ERROR",
        ])
        #expect(await events.next() == TargetedEvent("initial-response", payload: [:]))
        var start = try #require(await events.next())
        #expect(start.name == "sessionStart")
        let session = try #require(start.payload["sessionId"]?.stringValue)
        #expect(RequestID(session) != nil)
        var payload = start.payload
        payload["sessionId"] = nil
        start = TargetedEvent("sessionStart", payload: payload)
        #expect(
            start.payload == [
                "requestId": "00000000-0000-4000-8000-000000000001", "logGroupIdentifiers": .array([.string(arn)]),
                "logStreamNames": .array([]), "logStreamNamePrefixes": .array(["a"]),
                "logEventFilterPattern": "ERROR",
            ])
    }

    @Test func `tells once a second what came since, and each line once`() async throws {
        try self.logged.write(["before"], at: self.now - 1)
        let events = try await self.tail()
        #expect(self.messages(await events.next()) == [])
        try self.logged.write(["one", "two"], at: self.now)
        let written = self.now
        let update = try #require(await events.next())
        #expect(
            update
                == TargetedEvent(
                    "sessionUpdate",
                    payload: [
                        "sessionMetadata": .object(["sampled": .bool(false)]),
                        "sessionResults": .array(
                            [("one", written), ("two", written + 1)].map { text, time in
                                .object([
                                    "logStreamName": "a", "logGroupIdentifier": "000000000000:/aws/lambda/f",
                                    "message": .string("\(text)\n"), "timestamp": .number("\(time)"),
                                    "ingestionTime": .number("\(time)"),
                                ])
                            }),
                    ]))
        #expect(self.messages(await events.next()) == [])
        try self.logged.write(["three"], at: self.now)
        #expect(self.messages(await events.next()) == ["three"])
    }

    @Test func `chooses by stream, prefix and pattern`() async throws {
        try self.logged.write(["x"], at: self.now - 1)
        let group: JSONObject = ["logGroupIdentifiers": .array(["/aws/lambda/f"])]
        let choices: [(String, JSONValue, [String])] = [
            ("logStreamNames", .array(["a1", "b"]), ["ERROR 1", "fine"]),
            ("logStreamNamePrefixes", .array(["a", "c"]), ["ERROR 1", "ERROR 2"]),
            ("logEventFilterPattern", "ERROR", ["ERROR 1", "ERROR 2"]),
        ]
        var tails: [(any TargetedEvents, [String])] = []
        for (member, value, expected) in choices {
            var input = group
            input[member] = value
            tails.append((try await self.tail(input), expected))
        }
        try self.logged.write(["ERROR 1"], at: self.now, stream: "a1")
        try self.logged.write(["ERROR 2"], at: self.now + 1, stream: "a2")
        try self.logged.write(["fine"], at: self.now + 2, stream: "b")
        for (events, expected) in tails { #expect(self.messages(await events.next()) == expected) }
    }

    @Test func `tells of several groups in the order of time`() async throws {
        for group in ["g", "h"] { try self.logged.write(["x"], at: self.now - 1, group: group) }
        let events = try await self.tail(["logGroupIdentifiers": .array(["g", "h"])])
        try self.logged.write(["2"], at: self.now + 2, group: "g")
        try self.logged.write(["1"], at: self.now + 1, group: "h")
        #expect(self.messages(await events.next()) == ["1", "2"])
    }

    @Test func `tells 500 lines a second, and says that it left some out`() async throws {
        try self.logged.write(["x"], at: self.now - 1)
        let events = try await self.tail()
        try self.logged.write((0..<500).map { "\($0)" }, at: self.now)
        var update = await events.next()
        #expect(self.messages(update).count == 500)
        #expect(update?.payload["sessionMetadata"] == .object(["sampled": .bool(false)]))
        try self.logged.write((0..<1_000).map { "\($0)" }, at: self.now)
        update = await events.next()
        #expect(self.messages(update) == stride(from: 0, to: 1_000, by: 2).map { "\($0)" })
        #expect(update?.payload["sessionMetadata"] == .object(["sampled": .bool(true)]))
    }

    @Test func `ends after three hours, with AWS's error`() async throws {
        try self.logged.write(["x"], at: self.now)
        let events = try await self.tail()
        self.logged.clock.advance(by: Limits.liveTailLifetime - .seconds(2))
        #expect(await events.next()?.name == "sessionUpdate")
        let end = await events.next()
        #expect(end?.kind == .exception)
        #expect(end?.name == "SessionTimeoutException")
        #expect(await events.next() == nil)
    }

    @Test func `is one of fifteen of an account, until it ends`() async throws {
        try self.logged.write(["x"], at: self.now)
        var tails: [any TargetedEvents] = []
        for _ in 0..<Limits.liveTailSessions { tails.append(try await self.tail()) }
        guard case .answer(let answer) = await self.start() else {
            Issue.record("a sixteenth was begun")
            return
        }
        #expect(answer.body["__type"] == "LimitExceededException")
        tails.removeLast().ended()
        _ = try await self.tail()
    }

    @Test(
        arguments: [
            ([:], "InvalidParameterException"),
            (["logGroupIdentifiers": .array([])], "InvalidParameterException"),
            (["logGroupIdentifiers": .array(["none"])], "ResourceNotFoundException"),
            (
                ["logGroupIdentifiers": .array(["arn:aws:logs:eu-west-1:000000000000:log-group:g"])],
                "AccessDeniedException"
            ),
            (
                [
                    "logGroupIdentifiers": .array(["/aws/lambda/f"]), "logStreamNames": .array(["a"]),
                    "logStreamNamePrefixes": .array(["a"]),
                ], "InvalidParameterException"
            ),
            (
                ["logGroupIdentifiers": .array(["/aws/lambda/f", "g"]), "logStreamNames": .array(["a"])],
                "InvalidParameterException"
            ),
            (
                ["logGroupIdentifiers": .array(["/aws/lambda/f"]), "logEventFilterPattern": "{ broken"],
                "InvalidParameterException"
            ),
        ] as [(JSONObject, String)])
    func `is refused before it begins`(input: JSONObject, code: String) async throws {
        try self.logged.write(["x"])
        guard case .answer(let answer) = await self.start(input) else {
            Issue.record("it was begun")
            return
        }
        #expect(answer.body["__type"]?.stringValue == code)
    }
}
