import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private func unsupported(_ member: String) -> Refusal {
    .invalid("Unsupported \(member) parameter for given event source mapping type.")
}

private let noFunction = Refusal.invalid("Function does not exist")
private let badPattern = Refusal.invalid("Invalid filter pattern definition.")
private let noStart = Refusal.invalid(
    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
        + "Member must not be null.")
private let needsWindow = Refusal.invalid(
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
private let latest = #""StartingPosition":"LATEST""#
private let atTimestamp = #""StartingPosition":"AT_TIMESTAMP""#

@Suite struct `An event source mapping is refused` {
    /// AWS's recorded answers.
    static let recorded: [(String, Refusal)] = [
        (#"{"FunctionName":"doesnotexist"}"#, .invalid("Unrecognized event source.")),
        (EventSource.body(EventSource.queue, function: "doesnotexist"), noFunction),
        (
            EventSource.body(
                EventSource.queue, #""DestinationConfig":{"OnSuccess":{"Destination":"\#(EventSource.fifo)"}}"#,
                function: "doesnotexist"), unsupported("DestinationConfig")
        ),
        (EventSource.body(EventSource.dynamoDB), noStart),
        (EventSource.body(EventSource.kinesis), noStart),
        (
            EventSource.body(EventSource.dynamoDB, #""StartingPosition":"invalid""#),
            .validation(
                "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: "
                    + "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]")
        ),
        (
            EventSource.body(EventSource.dynamoDB, atTimestamp, #""StartingPositionTimestamp":1741010802"#),
            .invalid("Unsupported starting position for arn type: \(EventSource.dynamoDB)")
        ),
        (
            EventSource.body(EventSource.kinesis, latest, #""StartingPositionTimestamp":1741010802"#),
            .invalid("Timestamp only valid with StartingPosition AT_TIMESTAMP")
        ),
        (
            EventSource.body(EventSource.kinesis, atTimestamp, #""StartingPositionTimestamp":-1"#),
            .invalid(
                "Received Exception while reading from provided stream. "
                    + "class java.lang.Long can not be converted to a Timestamp")
        ),
        (
            EventSource.body(EventSource.queue, latest),
            .invalid("StartingPosition is not valid for SQS event sources.")
        ),
        (EventSource.body(EventSource.queue, #""BatchSize":15"#), needsWindow),
        (
            EventSource.kafka(#""Topics":["topic"]"#, EventSource.servers("kafka:1000")),
            .invalid("Required 'sourceAccessConfigurations' parameter is missing.")
        ),
        (
            EventSource.body(EventSource.fifo, #""MaximumBatchingWindowInSeconds":5"#),
            .invalid("Batching window is not supported for FIFO queues")
        ),
        (EventSource.body(EventSource.queue, #""Topics":["topic"]"#), unsupported("'topics'")),
    ]

    @Test(arguments: recorded) func `in AWS's words`(body: String, refusal: Refusal) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            expect(try await server.map(body), is: refusal)
            #expect(try await server.request("GET", EventSource.path).text == #"{"EventSourceMappings":[]}"#)
        }
    }

    @Test(arguments: [
        #"null"#, #"\"simple string\""#, #"{\"eventSource\":\"aws:sqs\"}"#, #"{\"eventSource\":[]}"#, "single-string",
        #"[{\"eventName\":[\"INSERT\"=123}]"#,
    ]) func `where a filter is no pattern`(pattern: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let criteria = #""FilterCriteria":{"Filters":[{"Pattern":"\#(pattern)"}]}"#
            expect(try await server.map(EventSource.body(EventSource.queue, criteria)), is: badPattern)
        }
    }

    /// Where AWS's words are not known: that it is refused as a parameter, and which one the answer speaks of.
    static let unrecorded: [(String, String)] = [
        (EventSource.body("arn:aws:dynamodb:us-east-1:123456789012:table/t", latest), "Unrecognized event source."),
        (EventSource.body("arn:aws:s3:::bucket"), "Unrecognized event source."),
        (EventSource.kafka(#""SelfManagedEventSource":{}"#, EventSource.secret), "Unrecognized event source."),
        (EventSource.body(EventSource.queue, EventSource.servers("kafka:1000")), "Unrecognized event source."),
        (EventSource.body(EventSource.fifo, #""BatchSize":11"#), "Value '11' at 'batchSize'"),
        (EventSource.body(EventSource.kinesis, atTimestamp), "StartingPositionTimestamp"),
        (
            EventSource.body(EventSource.kinesis, atTimestamp, #""StartingPositionTimestamp":1767323046"#),
            "cannot be in the future"
        ),
        (
            EventSource.body(EventSource.kinesis, latest, #""MaximumRecordAgeInSeconds":59"#),
            "MaximumRecordAgeInSeconds"
        ),
        (
            EventSource.body(
                EventSource.kinesis, latest,
                #""DestinationConfig":{"OnFailure":{"Destination":"\#(EventSource.function)"}}"#), EventSource.function
        ),
        (
            EventSource.body(
                EventSource.kinesis, latest, #""DestinationConfig":{"OnFailure":{"Destination":"kafka://topic"}}"#),
            "kafka://topic"
        ),
        (EventSource.body(EventSource.queue, #""ParallelizationFactor":2"#), "'parallelizationFactor'"),
        (EventSource.body(EventSource.queue, #""MaximumRetryAttempts":2"#), "'maximumRetryAttempts'"),
        (
            EventSource.body(EventSource.kinesis, latest, #""ScalingConfig":{"MaximumConcurrency":2}"#),
            "'scalingConfig'"
        ),
        (
            EventSource.body(EventSource.cluster, #""Topics":["topic"]"#, #""TumblingWindowInSeconds":2"#),
            "'tumblingWindowInSeconds'"
        ),
        (EventSource.body(EventSource.cluster), "Required 'topics' parameter is missing."),
        (EventSource.body(EventSource.broker, EventSource.secret), "Required 'queues' parameter is missing."),
        (
            EventSource.body(EventSource.documents, EventSource.secret),
            "Required 'documentDBEventSourceConfig' parameter is missing."
        ),
        (
            EventSource.body(
                EventSource.broker, #""Queues":["q"]"#, #""SourceAccessConfigurations":[{"Type":"VPC_SUBNET"}]"#),
            "VPC_SUBNET"
        ),
        (EventSource.body(EventSource.broker, #""Queues":["q"]"#, EventSource.secret, latest), "MQ event sources"),
        (
            EventSource.body(
                EventSource.queue, #""ScalingConfig":{"MaximumConcurrency":2}"#,
                #""ProvisionedPollerConfig":{"MinimumPollers":2}"#), "ProvisionedPollerConfig"
        ),
        (EventSource.body(EventSource.queue, #""ProvisionedPollerConfig":{"MinimumPollers":1}"#), "at least 2"),
        (
            EventSource.body(
                EventSource.queue, #""ProvisionedPollerConfig":{"MinimumPollers":5,"MaximumPollers":4}"#),
            "MinimumPollers must not be greater"
        ),
        (
            EventSource.body(EventSource.queue, #""FilterCriteria":{"Filters":[{}]}"#),
            "Invalid filter pattern definition."
        ),
        (
            EventSource.body(
                EventSource.queue,
                #""FilterCriteria":{"Filters":["#
                    + Array(repeating: #"{"Pattern":"{\"a\":[1]}"}"#, count: 11).joined(separator: ",") + "]}"),
            "at most 10 filters"
        ),
        (EventSource.body(EventSource.queue, function: "f:1"), "Function does not exist"),
        (EventSource.body(EventSource.queue, function: String(repeating: "a", count: 65)), "Function does not exist"),
    ]

    @Test(arguments: unrecorded) func `with a text that says why`(body: String, hint: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.map(body)
            #expect(answer.status == 400)
            #expect(answer.header("x-amzn-ErrorType") == "InvalidParameterValueException")
            #expect(try answer.json()["message"]?.stringValue?.contains(hint) == true, "\(answer.text)")
        }
    }

    /// The first mapping, the second, and what AWS says of the second where the first has this id.
    static let duplicates: [(String, String, String)] = [
        (
            EventSource.body(EventSource.queue), EventSource.body(EventSource.queue, #""BatchSize":1"#),
            #"An event source mapping with SQS arn (" \#(EventSource.queue) ") and function (" f ") already exists."#
        ),
        (
            EventSource.body(EventSource.queue), EventSource.body(EventSource.queue, function: "f:$LATEST"),
            #"An event source mapping with SQS arn (" \#(EventSource.queue) ") and function (" f ") already exists."#
        ),
        (
            EventSource.body(EventSource.kinesis, latest), EventSource.body(EventSource.kinesis, latest),
            #"The event source arn (" \#(EventSource.kinesis) ") and function (" f ") provided mapping already exists."#
        ),
        (
            EventSource.body(EventSource.dynamoDB, latest), EventSource.body(EventSource.dynamoDB, latest),
            #"The event source arn (" \#(EventSource.dynamoDB) ") and function (" f ") provided mapping already exists."#
        ),
        (
            EventSource.kafka(#""Topics":["topic"]"#, EventSource.secret, EventSource.servers("kafka:1000")),
            EventSource.kafka(#""Topics":["topic"]"#, EventSource.secret, EventSource.servers("kafka:1000")),
            #"An event source mapping with event source ("kafka:1000"), function ("\#(EventSource.function)"), "#
                + #"topics ("topic") already exists."#
        ),
        (
            EventSource.kafka(#""Topics":["topic"]"#, EventSource.secret, EventSource.servers("kafka:1000")),
            EventSource.kafka(
                #""Topics":["topic"]"#, EventSource.secret, EventSource.servers("kafka:1000", "kafka:2000"),
                #""BatchSize":1"#, #""SelfManagedKafkaEventSourceConfig":{"ConsumerGroupId":"random_id"}"#),
            #"An event source mapping with event source ("kafka:1000,kafka:2000"), "#
                + #"function ("\#(EventSource.function)"), topics ("topic") already exists."#
        ),
    ]

    @Test(arguments: duplicates) func `where another reads the same for the same function`(
        first: String, second: String, text: String
    ) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let uuid = try #require(try await server.mapped(first)["UUID"]?.stringValue)
            expect(
                try await server.map(second),
                is: .conflict("\(text) Please update or delete the existing mapping with UUID \(uuid)"))
        }
    }

    @Test func `but not where function, topic, queue or collection is another`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            try await server.createFunction("g")
            let document = #""DocumentDBEventSourceConfig":{"DatabaseName":"db","CollectionName":"#
            for body in [
                EventSource.body(EventSource.queue), EventSource.body(EventSource.queue, function: "g"),
                EventSource.kafka(#""Topics":["a1"]"#, EventSource.secret, EventSource.servers("kafka:1000")),
                EventSource.kafka(#""Topics":["a2"]"#, EventSource.secret, EventSource.servers("kafka:1000")),
                EventSource.kafka(#""Topics":["a1"]"#, EventSource.secret, EventSource.servers("kafka:2000")),
                EventSource.body(EventSource.broker, #""Queues":["a"]"#, EventSource.secret),
                EventSource.body(EventSource.broker, #""Queues":["b"]"#, EventSource.secret),
                EventSource.body(EventSource.documents, EventSource.secret, #"\#(document)"a"}"#),
                EventSource.body(EventSource.documents, EventSource.secret, #"\#(document)"b"}"#),
            ] {
                let answer = try await server.map(body)
                #expect(answer.status == 202, "\(answer.text)")
            }
        }
    }

    @Test(arguments: [("GET", ""), ("PUT", #"{"Enabled":false}"#), ("DELETE", "")])
    func `where there is none of that id`(method: String, body: String) async throws {
        try await TestServer.run { server in
            expect(
                try await server.request(
                    method, "\(EventSource.path)/11112222-3333-4444-5555-666677778888", body: body),
                is: .notFound("The resource you requested does not exist."))
        }
    }

    @Test(arguments: EventSourceMappingRecord.State.unsettled) func `where a change of it is under way`(
        state: EventSourceMappingRecord.State
    ) async throws {
        let store = MemoryStore()
        let record = EventSourceMappingRecord(
            scope: try TestServer.key().scope, uuid: "a", functionARN: EventSource.function,
            sourceARN: EventSource.queue, state: state, isEnabled: true, membersJSON: "{}", tags: [:],
            modified: ManualTime.start)
        try await store.write { try $0.put(record) }
        try await TestServer.run(store: store) { server in
            func inUse(_ deed: String) -> Refusal {
                Refusal(
                    status: 400, code: "ResourceInUseException",
                    body: #"{"Type":"User","Message":"Cannot \#(deed) the event source mapping because it is in use."}"#
                )
            }
            let path = "\(EventSource.path)/a"
            expect(try await server.request("PUT", path, body: #"{"BatchSize":1}"#), is: inUse("update"))
            expect(try await server.request("DELETE", path), is: inUse("delete"))
        }
    }

    /// Changes of a mapping from SQS and what is said of them.
    static let updates: [(String, Refusal)] = [
        (#"{"FunctionName":"doesnotexist"}"#, noFunction),
        (#"{"BatchSize":11}"#, needsWindow),
        (#"{"FilterCriteria":{"Filters":[{"Pattern":"{}"}]}}"#, badPattern),
        (
            #"{"DestinationConfig":{"OnFailure":{"Destination":"\#(EventSource.fifo)"}}}"#,
            unsupported("DestinationConfig")
        ),
        (#"{"MaximumRetryAttempts":1}"#, unsupported("'maximumRetryAttempts'")),
    ]

    @Test(arguments: updates) func `also where an update would make it so, and stays as it was`(
        change: String, refusal: Refusal
    ) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let uuid = try await server.settledMapping(EventSource.body(EventSource.queue))
            let before = try await server.settled(uuid)
            expect(try await server.request("PUT", "\(EventSource.path)/\(uuid)", body: change), is: refusal)
            #expect(try await server.settled(uuid) == before)
        }
    }

    @Test func `where an update would make it the same as another`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            try await server.createFunction("g")
            let first = try await server.settledMapping(EventSource.body(EventSource.queue))
            let second = try await server.settledMapping(EventSource.body(EventSource.queue, function: "g"))
            expect(
                try await server.request("PUT", "\(EventSource.path)/\(second)", body: #"{"FunctionName":"f"}"#),
                is: .conflict(
                    #"An event source mapping with SQS arn (" \#(EventSource.queue) ") and function (" f ") already "#
                        + "exists. Please update or delete the existing mapping with UUID \(first)"))
        }
    }
}

extension EventSourceMappingRecord.State {
    static let unsettled: [EventSourceMappingRecord.State] = [.creating, .updating, .enabling, .disabling, .deleting]
}
