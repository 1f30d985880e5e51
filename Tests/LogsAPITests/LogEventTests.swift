import LambdaCore
import Testing

@testable import LogsAPI

@Suite struct `GetLogEvents` {
    private let stream: JSONObject = ["logGroupName": "/aws/lambda/f", "logStreamName": "a"]

    private func input(_ more: JSONObject) -> JSONObject {
        var input = self.stream
        for member in more { input[member.key] = member.value }
        return input
    }

    @Test func `gives a stream's events as AWS does`() async throws {
        let logged = LoggedService()
        try logged.write(["one"], at: 7)
        try logged.write(["other"], at: 8, stream: "b")
        let answer = try await logged.ask("GetLogEvents", self.stream)
        #expect(
            answer["events"]
                == .array([
                    .object(["timestamp": .number("7"), "message": "one\n", "ingestionTime": .number("7")])
                ]))
    }

    @Test func `begins with the latest, and goes back to the first`() async throws {
        let logged = LoggedService()
        try logged.write(["1", "2", "3", "4", "5"])
        let limit: JSONObject = ["limit": .number("2")]
        var page = try await logged.ask("GetLogEvents", self.input(limit))
        #expect(page.messages() == ["4", "5"])
        for expected in [["2", "3"], ["1"], []] {
            var next = self.input(limit)
            next["nextToken"] = page["nextBackwardToken"]
            page = try await logged.ask("GetLogEvents", next)
            #expect(page.messages() == expected)
        }
        var last = self.input(limit)
        last["nextToken"] = page["nextBackwardToken"]
        #expect(
            try await logged.ask("GetLogEvents", last)["nextBackwardToken"] == page["nextBackwardToken"],
            "the same token says that this is the end")
    }

    @Test func `goes forward from the head, and finds what comes later by the same token`() async throws {
        let logged = LoggedService()
        try logged.write(["1", "2", "3"])
        let first = try await logged.ask(
            "GetLogEvents", self.input(["startFromHead": .bool(true), "limit": .number("2")]))
        #expect(first.messages() == ["1", "2"])
        let second = try await logged.ask(
            "GetLogEvents", self.input(["nextToken": try #require(first["nextForwardToken"])]))
        #expect(second.messages() == ["3"])
        let token = try #require(second["nextForwardToken"])
        let third = try await logged.ask("GetLogEvents", self.input(["nextToken": token]))
        #expect(third.messages() == [])
        #expect(third["nextForwardToken"] == token)
        try logged.write(["4"])
        #expect(try await logged.ask("GetLogEvents", self.input(["nextToken": token])).messages() == ["4"])
    }

    @Test func `can turn round on a page`() async throws {
        let logged = LoggedService()
        try logged.write(["1", "2", "3", "4"])
        let middle = try await logged.ask("GetLogEvents", self.input(["limit": .number("2")]))
        let back = try await logged.ask(
            "GetLogEvents", self.input(["nextToken": try #require(middle["nextBackwardToken"])]))
        #expect(back.messages() == ["1", "2"])
        let forth = try await logged.ask(
            "GetLogEvents", self.input(["nextToken": try #require(back["nextForwardToken"])]))
        #expect(forth.messages() == ["3", "4"])
    }

    @Test func `takes the start time in, and leaves the end time out`() async throws {
        let logged = LoggedService()
        try logged.write(["1", "2", "3", "4"], at: 1)
        for head in [true, false] {
            let page = try await logged.ask(
                "GetLogEvents",
                self.input(["startTime": .number("2"), "endTime": .number("4"), "startFromHead": .bool(head)]))
            #expect(page.messages() == ["2", "3"])
        }
    }

    @Test func `answers a window without events with tokens that lead nowhere yet`() async throws {
        let logged = LoggedService()
        try logged.write(["1"], at: 1)
        let window: JSONObject = ["startTime": .number("5")]
        let page = try await logged.ask("GetLogEvents", self.input(window))
        #expect(page.messages() == [])
        var back = self.input(window)
        back["nextToken"] = page["nextBackwardToken"]
        try logged.write(["2"], at: 6)
        #expect(try await logged.ask("GetLogEvents", back).messages() == [])
        var forth = self.input(window)
        forth["nextToken"] = page["nextForwardToken"]
        #expect(try await logged.ask("GetLogEvents", forth).messages() == ["2"])
    }
}

@Suite struct `FilterLogEvents` {
    @Test func `gives the events of all streams, in their order, with ids`() async throws {
        let logged = LoggedService()
        try logged.write(["1"], at: 1, stream: "a")
        try logged.write(["2"], at: 2, stream: "b")
        let answer = try await logged.ask("FilterLogEvents", ["logGroupName": "/aws/lambda/f"])
        let zeros = String(repeating: "0", count: 55)
        #expect(
            answer == [
                "events": .array([
                    .object([
                        "logStreamName": "a", "timestamp": .number("1"), "message": "1\n",
                        "ingestionTime": .number("1"), "eventId": .string("\(zeros)0"),
                    ]),
                    .object([
                        "logStreamName": "b", "timestamp": .number("2"), "message": "2\n",
                        "ingestionTime": .number("2"), "eventId": .string("\(zeros)1"),
                    ]),
                ]),
                "searchedLogStreams": .array([]),
            ])
    }

    @Test(
        arguments: [
            (["logStreamNames": .array(["b", "c"])] as JSONObject, ["b 2", "c 3"]),
            (["logStreamNamePrefix": "a"], ["a ERROR 1", "ab 4"]),
            (["filterPattern": "ERROR"], ["a ERROR 1"]),
            (["filterPattern": "-ERROR"], ["b 2", "c 3", "ab 4"]),
            (["filterPattern": "absent"], []),
            (["startTime": .number("2"), "endTime": .number("3")], ["b 2", "c 3"]),
        ] as [(JSONObject, [String])])
    func `chooses by stream, pattern and time, in pages of any size`(
        choice: JSONObject, messages: [String]
    ) async throws {
        let logged = LoggedService()
        try logged.write(["a ERROR 1"], at: 1, stream: "a")
        try logged.write(["b 2"], at: 2, stream: "b")
        try logged.write(["c 3"], at: 3, stream: "c")
        try logged.write(["ab 4"], at: 4, stream: "ab")
        for size in 1...5 {
            var input = choice
            input["logGroupName"] = "/aws/lambda/f"
            input["limit"] = .number(String(size))
            var found: [String] = []
            repeat {
                let page = try await logged.ask("FilterLogEvents", input)
                found += page.messages()
                input["nextToken"] = page["nextToken"]
            } while input["nextToken"] != nil && found.count < 10
            #expect(found == messages, "pages of \(size)")
        }
    }

    @Test func `keeps a page within its bytes`() async throws {
        let logged = LoggedService(maximumBytes: 10_000_000)
        let line = String(repeating: "x", count: 400_000)
        try logged.write([line, line, line])
        let first = try await logged.ask("FilterLogEvents", ["logGroupName": "/aws/lambda/f"])
        #expect(first.messages().count == 2)
        let second = try await logged.ask(
            "FilterLogEvents",
            ["logGroupName": "/aws/lambda/f", "nextToken": try #require(first["nextToken"])])
        #expect(second.messages().count == 1)
        #expect(second["nextToken"] == nil)
    }
}

@Suite struct `A request for logs that cannot be answered` {
    static let cases: [(operation: String, body: String, type: String, message: String?)] = [
        (
            "FilterLogEvents", #"{"logGroupName":"/none"}"#, "ResourceNotFoundException",
            "The specified log group does not exist."
        ),
        (
            "DescribeLogStreams", #"{"logGroupName":"/none"}"#, "ResourceNotFoundException",
            "The specified log group does not exist."
        ),
        (
            "GetLogEvents", #"{"logGroupName":"/none","logStreamName":"a"}"#, "ResourceNotFoundException",
            "The specified log group does not exist."
        ),
        (
            "GetLogEvents", #"{"logGroupName":"/aws/lambda/f","logStreamName":"z"}"#, "ResourceNotFoundException",
            "The specified log stream does not exist."
        ),
        (
            "GetLogEvents", #"{"logGroupName":"/aws/lambda/f","logStreamName":"a","nextToken":"x"}"#,
            "InvalidParameterException", "The specified nextToken is invalid."
        ),
        (
            "GetLogEvents", #"{"logGroupName":"/aws/lambda/f","logStreamName":"a","nextToken":"f/eHk="}"#,
            "InvalidParameterException", "The specified nextToken is invalid."
        ),
        (
            "FilterLogEvents", #"{"logGroupName":"/aws/lambda/f","nextToken":"§"}"#, "InvalidParameterException",
            "The specified nextToken is invalid."
        ),
        (
            "DescribeLogGroups", #"{"logGroupNamePrefix":"a","logGroupNamePattern":"b"}"#, "InvalidParameterException",
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        ),
        (
            "DescribeLogStreams",
            #"{"logGroupName":"/aws/lambda/f","orderBy":"LastEventTime","logStreamNamePrefix":"a"}"#,
            "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."
        ),
        (
            "DescribeLogGroups", #"{"limit":51}"#, "InvalidParameterException",
            "1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50"
        ),
        (
            "GetLogEvents", #"{"logGroupName":"/aws/lambda/f"}"#, "InvalidParameterException",
            "1 validation error detected: Value null at 'logStreamName' failed to satisfy constraint: Member must not be null"
        ),
        (
            "FilterLogEvents", #"{"logGroupIdentifier":"arn:aws:logs:us-east-1:210987654321:log-group:/aws/lambda/f"}"#,
            "AccessDeniedException", "Log groups of another account or region are not reachable here."
        ),
        (
            "FilterLogEvents", #"{"logGroupName":"/aws/lambda/f","limit":"5"}"#, "SerializationException",
            "The member 'limit' is not a whole number."
        ),
        ("FilterLogEvents", "nonsense", "SerializationException", nil),
        ("PutMetricFilter", "{}", "UnknownOperationException", "The operation 'PutMetricFilter' is not served here."),
    ]

    @Test(arguments: cases)
    func `is told why, in AWS's shape`(
        operation: String, body: String, type: String, message: String?
    ) async throws {
        let logged = LoggedService()
        try logged.write(["x"])
        let answer = await logged.call(operation, body)
        #expect(answer.status == 400)
        #expect(answer.body["__type"]?.stringValue == type)
        #expect(answer.body["message"]?.stringValue == message)
    }

    @Test func `is told what is wrong with its pattern`() async throws {
        let logged = LoggedService()
        try logged.write(["x"])
        let answer = await logged.call("FilterLogEvents", #"{"logGroupName":"/aws/lambda/f","filterPattern":"{ $.a"}"#)
        #expect(answer.body["__type"] == "InvalidParameterException")
        #expect(answer.body["message"] == "Invalid filter pattern: The closing brace is missing.")
    }
}

@Suite struct `Recent lines` {
    @Test func `take no more memory than they may, and the noisiest group pays`() async throws {
        let logged = LoggedService(maximumBytes: 10_000)
        try logged.write(["quiet"], group: "/quiet")
        try logged.write((0..<1_000).map { "noisy \($0)" }, group: "/noisy")
        #expect(try await logged.ask("FilterLogEvents", ["logGroupName": "/quiet"]).messages() == ["quiet"])
        let noisy = try await logged.ask("FilterLogEvents", ["logGroupName": "/noisy"]).messages()
        #expect(noisy.last == "noisy 999")
        #expect((40...75).contains(noisy.count), "10,000 bytes hold so many lines of 9 and 128 bytes")
    }
}
