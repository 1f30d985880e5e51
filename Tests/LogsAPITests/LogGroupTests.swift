import LambdaCore
import TestSupport
import Testing

private let name = "/aws/lambda/f"
private let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f"
private let named: JSONObject = ["logGroupName": .string(name)]

extension JSONObject {
    fileprivate func with(_ key: String, _ value: JSONValue) -> JSONObject {
        var object = self
        object[key] = value
        return object
    }
}

@Suite struct `A log group that somebody makes` {
    private let logged = LoggedService()

    private func names() async throws -> [String] {
        try await self.logged.ask("DescribeLogGroups", [:]).texts("logGroups", "logGroupName")
    }

    @Test func `is described without a line, with all that was set`() async throws {
        let made = try await self.logged.ask(
            "CreateLogGroup",
            named.with("kmsKeyId", "arn:aws:kms:k").with("logGroupClass", "INFREQUENT_ACCESS").with(
                "tags", .object(["b": "2", "a": "1"])))
        #expect(made == [:])
        #expect(try await self.logged.ask("PutRetentionPolicy", named.with("retentionInDays", .number("7"))) == [:])
        let now = self.logged.clock.wallTime.milliseconds
        #expect(
            try await self.logged.ask("DescribeLogGroups", ["logGroupNamePrefix": .string(name)]) == [
                "logGroups": .array([
                    .object([
                        "logGroupName": .string(name), "creationTime": .number("\(now)"),
                        "retentionInDays": .number("7"), "metricFilterCount": .number("0"),
                        "arn": .string("\(arn):*"), "storedBytes": .number("0"), "kmsKeyId": "arn:aws:kms:k",
                        "logGroupClass": "INFREQUENT_ACCESS", "logGroupArn": .string(arn),
                    ])
                ])
            ])
        #expect(
            try await self.logged.ask("ListTagsForResource", ["resourceArn": .string(arn)])
                == ["tags": .object(["a": "1", "b": "2"])])
    }

    @Test func `belongs to its account and region`() async throws {
        _ = try await self.logged.ask("CreateLogGroup", named)
        let other = Scope(account: try #require(AccountID("210987654321")), region: .standard)
        #expect(
            try await self.logged.ask("DescribeLogGroups", [:], scope: other) == ["logGroups": .array([])])
        _ = try await self.logged.ask("CreateLogGroup", named, scope: other)
    }

    @Test func `is listed once where it has lines, among those of functions`() async throws {
        for group in ["a", "c"] { try self.logged.write(["x"], group: group) }
        _ = try await self.logged.ask("CreateLogGroup", ["logGroupName": "b"])
        try self.logged.write(["x"], group: "b")
        #expect(try await self.names() == ["a", "b", "c"])
    }

    @Test func `is made once, also where a function has written to it`() async throws {
        let exists = ["ResourceAlreadyExistsException", "The specified log group already exists"]
        _ = try await self.logged.ask("CreateLogGroup", named)
        #expect(await self.logged.refusal("CreateLogGroup", named) == exists)
        try self.logged.write(["x"], group: "g")
        #expect(await self.logged.refusal("CreateLogGroup", ["logGroupName": "g"]) == exists)
    }

    @Test func `can be read, and is empty`() async throws {
        _ = try await self.logged.ask("CreateLogGroup", named)
        #expect(try await self.logged.ask("FilterLogEvents", named).messages() == [])
        #expect(try await self.logged.ask("DescribeLogStreams", named) == ["logStreams": .array([])])
    }

    @Test func `has streams without a line`() async throws {
        _ = try await self.logged.ask("CreateLogGroup", named)
        let stream = named.with("logStreamName", "s")
        #expect(try await self.logged.ask("CreateLogStream", stream) == [:])
        let now = self.logged.clock.wallTime.milliseconds
        #expect(
            try await self.logged.ask("DescribeLogStreams", named) == [
                "logStreams": .array([
                    .object([
                        "logStreamName": "s", "creationTime": .number("\(now)"),
                        "arn": .string("\(arn):log-stream:s"), "storedBytes": .number("0"),
                    ])
                ])
            ])
        #expect(try await self.logged.ask("GetLogEvents", stream).messages() == [])
        #expect(
            await self.logged.refusal("CreateLogStream", stream) == [
                "ResourceAlreadyExistsException", "The specified log stream already exists",
            ])
        #expect(try await self.logged.ask("DeleteLogStream", stream) == [:])
        #expect(
            await self.logged.refusal("GetLogEvents", stream) == [
                "ResourceNotFoundException", "The specified log stream does not exist.",
            ])
    }

    @Test func `keeps the lines of functions where one of its streams is to be deleted`() async throws {
        try self.logged.write(["x"], stream: "s")
        #expect(
            await self.logged.refusal("DeleteLogStream", named.with("logStreamName", "s")).first
                == "OperationAbortedException")
    }

    @Test func `is gone when it is deleted, with its streams and tags`() async throws {
        _ = try await self.logged.ask("CreateLogGroup", named.with("tags", .object(["a": "1"])))
        _ = try await self.logged.ask("CreateLogStream", named.with("logStreamName", "s"))
        #expect(try await self.logged.ask("DeleteLogGroup", named) == [:])
        #expect(try await self.names() == [])
        #expect(
            await self.logged.refusal("DeleteLogGroup", named) == [
                "ResourceNotFoundException", "The specified log group does not exist.",
            ])
        _ = try await self.logged.ask("CreateLogGroup", named)
        #expect(try await self.logged.ask("DescribeLogStreams", named) == ["logStreams": .array([])])
        #expect(try await self.logged.ask("ListTagsLogGroup", named) == ["tags": .object([:])])
    }

    @Test func `that a function wrote to is there again with its next line, without the old ones`() async throws {
        let now = self.logged.clock.wallTime.milliseconds
        try self.logged.write(["old"], at: now - 5, stream: "s1")
        _ = try await self.logged.ask("DeleteLogGroup", named)
        #expect(try await self.names() == [])
        #expect(
            await self.logged.refusal("FilterLogEvents", named) == [
                "ResourceNotFoundException", "The specified log group does not exist.",
            ])
        try self.logged.write(["new"], at: now + 5, stream: "s2")
        #expect(try await self.names() == [name])
        #expect(try await self.logged.ask("FilterLogEvents", named).messages() == ["new"])
        #expect(
            try await self.logged.ask("DescribeLogStreams", named).texts("logStreams", "logStreamName") == ["s2"])
        #expect(
            await self.logged.refusal("GetLogEvents", named.with("logStreamName", "s1")) == [
                "ResourceNotFoundException", "The specified log stream does not exist.",
            ])
    }

    @Test func `shows no line that is older than its retention, and all of them without one`() async throws {
        let day: Int64 = 86_400_000
        let now = self.logged.clock.wallTime.milliseconds
        try self.logged.write(["old"], at: now - 3 * day - 1)
        try self.logged.write(["new"], at: now - 3 * day)
        _ = try await self.logged.ask("PutRetentionPolicy", named.with("retentionInDays", .number("3")))
        #expect(try await self.logged.ask("FilterLogEvents", named).messages() == ["new"])
        let stream = named.with("logStreamName", "a")
        #expect(try await self.logged.ask("GetLogEvents", stream).messages() == ["new"])
        self.logged.clock.advance(by: .milliseconds(1))
        #expect(try await self.logged.ask("FilterLogEvents", named).messages() == [])
        #expect(try await self.names() == [name])
        #expect(try await self.logged.ask("DeleteRetentionPolicy", named) == [:])
        #expect(try await self.logged.ask("FilterLogEvents", named).messages() == ["old", "new"])
    }

    @Test func `has tags that come and go, by either form of the operations`() async throws {
        try self.logged.write(["x"])
        let resource: JSONObject = ["resourceArn": .string("\(arn):*")]
        _ = try await self.logged.ask("TagResource", resource.with("tags", .object(["a": "1", "b": "2"])))
        _ = try await self.logged.ask("TagLogGroup", named.with("tags", .object(["b": "3", "c": ""])))
        #expect(
            try await self.logged.ask("ListTagsLogGroup", named)
                == ["tags": .object(["a": "1", "b": "3", "c": ""])])
        _ = try await self.logged.ask("UntagResource", resource.with("tagKeys", .array(["a", "none"])))
        _ = try await self.logged.ask("UntagLogGroup", named.with("tags", .array(["c"])))
        #expect(try await self.logged.ask("ListTagsForResource", resource) == ["tags": .object(["b": "3"])])
    }

    @Test func `has fifty tags and no more`() async throws {
        _ = try await self.logged.ask("CreateLogGroup", named)
        func tags(_ numbers: Range<Int>) -> JSONValue {
            var tags = JSONObject()
            for number in numbers { tags["k\(number)"] = "v" }
            return .object(tags)
        }
        _ = try await self.logged.ask("TagLogGroup", named.with("tags", tags(0..<50)))
        #expect(
            await self.logged.refusal("TagLogGroup", named.with("tags", tags(50..<51))).first
                == "TooManyTagsException")
        _ = try await self.logged.ask("TagLogGroup", named.with("tags", tags(0..<50)))
    }

    private static let missing = "Member must not be null"

    @Test(
        arguments: [
            ("CreateLogGroup", [:], "InvalidParameterException", missing),
            ("CreateLogGroup", ["logGroupName": "a b"], "InvalidParameterException", #"pattern: [\.\-_/#A-Za-z0-9]+"#),
            (
                "CreateLogGroup", named.with("logGroupClass", "FREE"), "InvalidParameterException",
                "Member must satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]"
            ),
            (
                "CreateLogGroup", named.with("tags", .object([:])), "InvalidParameterException",
                "Value '{}' at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1"
            ),
            ("CreateLogGroup", named.with("tags", "x"), "SerializationException", "is not a map"),
            ("DeleteLogGroup", named, "ResourceNotFoundException", "log group does not exist"),
            ("PutRetentionPolicy", named, "InvalidParameterException", missing),
            (
                "PutRetentionPolicy", named.with("retentionInDays", .number("2")), "InvalidParameterException",
                "Value '2' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [1, 3,"
            ),
            (
                "PutRetentionPolicy", named.with("retentionInDays", .number("1")), "ResourceNotFoundException",
                "log group does not exist"
            ),
            ("DeleteRetentionPolicy", named, "ResourceNotFoundException", "log group does not exist"),
            ("ListTagsForResource", [:], "InvalidParameterException", missing),
            (
                "ListTagsForResource", ["resourceArn": .string(arn)], "ResourceNotFoundException",
                "The specified resource does not exist."
            ),
            (
                "ListTagsForResource",
                ["resourceArn": "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/lambda/f"],
                "AccessDeniedException", "another account or region"
            ),
            ("TagResource", ["resourceArn": .string(arn)], "InvalidParameterException", missing),
            ("UntagResource", ["resourceArn": .string(arn)], "InvalidParameterException", missing),
            ("CreateLogStream", named, "InvalidParameterException", missing),
            (
                "CreateLogStream", named.with("logStreamName", "a:b"), "InvalidParameterException",
                "regular expression pattern: [^:*]*"
            ),
            (
                "CreateLogStream", named.with("logStreamName", "s"), "ResourceNotFoundException",
                "log group does not exist"
            ),
            ("PutMetricFilter", named, "UnknownOperationException", "not served here"),
        ] as [(String, JSONObject, String, String)])
    func `is refused in AWS's words`(
        operation: String, input: JSONObject, code: String, words: String
    ) async throws {
        let refusal = await self.logged.refusal(operation, input)
        #expect(refusal.first == code)
        #expect(refusal.last?.contains(words) == true, "\(refusal)")
    }

    @Test func `is refused where the store fails`() async throws {
        self.logged.store.fail(with: .failed("full"))
        #expect(await self.logged.refusal("CreateLogGroup", named) == ["500"])
    }
}
