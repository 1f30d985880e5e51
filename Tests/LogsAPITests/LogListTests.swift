import LambdaCore
import Testing

@Suite struct `Log groups` {
    @Test func `are there with their first line, and for their account and region only`() async throws {
        let logged = LoggedService()
        #expect(try await logged.ask("DescribeLogGroups", [:]) == ["logGroups": .array([])])
        try logged.write(["x"], at: 5)
        let other = Scope(account: try #require(AccountID("210987654321")), region: .standard)
        #expect(try await logged.ask("DescribeLogGroups", [:], scope: other) == ["logGroups": .array([])])
        let answer = try await logged.ask("DescribeLogGroups", [:])
        let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f"
        #expect(
            answer == [
                "logGroups": .array([
                    .object([
                        "logGroupName": "/aws/lambda/f", "creationTime": .number("5"),
                        "metricFilterCount": .number("0"),
                        "arn": .string("\(arn):*"), "storedBytes": .number("0"), "logGroupClass": "STANDARD",
                        "logGroupArn": .string(arn),
                    ])
                ])
            ])
    }

    @Test(
        arguments: [
            ([:] as JSONObject, ["/aws/lambda/a", "/aws/lambda/b", "other"]),
            (["logGroupNamePrefix": "/aws/lambda/"], ["/aws/lambda/a", "/aws/lambda/b"]),
            (["logGroupNamePrefix": "nothing"], []),
            (["logGroupNamePattern": "LAMBDA/b"], ["/aws/lambda/b"]),
            (["logGroupNamePattern": ""], ["/aws/lambda/a", "/aws/lambda/b", "other"]),
        ] as [(JSONObject, [String])])
    func `are chosen by prefix or pattern`(input: JSONObject, names: [String]) async throws {
        let logged = LoggedService()
        for name in ["other", "/aws/lambda/b", "/aws/lambda/a"] { try logged.write(["x"], group: name) }
        #expect(try await logged.ask("DescribeLogGroups", input).texts("logGroups", "logGroupName") == names)
    }

    @Test func `come in pages`() async throws {
        let logged = LoggedService()
        for name in ["c", "a", "b"] { try logged.write(["x"], group: name) }
        let first = try await logged.ask("DescribeLogGroups", ["limit": .number("2")])
        #expect(first.texts("logGroups", "logGroupName") == ["a", "b"])
        let second = try await logged.ask(
            "DescribeLogGroups", ["limit": .number("2"), "nextToken": try #require(first["nextToken"])])
        #expect(second.texts("logGroups", "logGroupName") == ["c"])
        #expect(second["nextToken"] == nil)
    }
}

@Suite struct `Log streams` {
    private func logged() throws -> LoggedService {
        let logged = LoggedService()
        try logged.write(["1"], at: 1, stream: "2026/b")
        try logged.write(["2"], at: 2, stream: "2026/a")
        try logged.write(["3"], at: 3, stream: "2025/c")
        try logged.write(["4"], at: 4, stream: "2026/b")
        return logged
    }

    @Test func `tell when they began and ended`() async throws {
        let answer = try await self.logged().ask(
            "DescribeLogStreams", ["logGroupName": "/aws/lambda/f", "logStreamNamePrefix": "2026/b"])
        #expect(
            answer == [
                "logStreams": .array([
                    .object([
                        "logStreamName": "2026/b", "creationTime": .number("1"), "firstEventTimestamp": .number("1"),
                        "lastEventTimestamp": .number("4"), "lastIngestionTime": .number("4"),
                        "arn": "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f:log-stream:2026/b",
                        "storedBytes": .number("0"),
                    ])
                ])
            ])
    }

    @Test(
        arguments: [
            ([:] as JSONObject, ["2025/c", "2026/a", "2026/b"]),
            (["descending": .bool(true)], ["2026/b", "2026/a", "2025/c"]),
            (["orderBy": "LastEventTime"], ["2026/a", "2025/c", "2026/b"]),
            (["orderBy": "LastEventTime", "descending": .bool(true)], ["2026/b", "2025/c", "2026/a"]),
            (["logStreamNamePrefix": "2026/"], ["2026/a", "2026/b"]),
        ] as [(JSONObject, [String])])
    func `are ordered by name or last event, in pages of any size`(input: JSONObject, names: [String]) async throws {
        let logged = try self.logged()
        for size in 1...4 {
            var found: [String] = []
            var token: JSONValue?
            repeat {
                var input = input
                input["logGroupIdentifier"] = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f:*"
                input["limit"] = .number(String(size))
                input["nextToken"] = token
                let page = try await logged.ask("DescribeLogStreams", input)
                let more = page.texts("logStreams", "logStreamName")
                #expect(more.count <= size)
                found += more
                token = page["nextToken"]
            } while token != nil && found.count < 10
            #expect(found == names, "pages of \(size)")
        }
    }
}
