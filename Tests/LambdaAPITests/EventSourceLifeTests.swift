import LambdaAPI
import LambdaCore
import TestSupport
import Testing

@Suite struct `An event source mapping` {
    /// The body of a creation, and the members of the answer in their order, apart from UUID and EventSourceMappingArn.
    static let kinds: [(String, String)] = [
        (
            EventSource.body(EventSource.queue),
            #""BatchSize":10,"MaximumBatchingWindowInSeconds":0,"EventSourceArn":"\#(EventSource.queue)","#
                + #""FunctionArn":"\#(EventSource.function)","LastModified":1767323045.000,"State":"Creating","#
                + #""StateTransitionReason":"USER_INITIATED","FunctionResponseTypes":[]"#
        ),
        (
            EventSource.body(EventSource.fifo, #""BatchSize":5"#),
            #""BatchSize":5,"MaximumBatchingWindowInSeconds":0,"EventSourceArn":"\#(EventSource.fifo)","#
                + #""FunctionArn":"\#(EventSource.function)","LastModified":1767323045.000,"State":"Creating","#
                + #""StateTransitionReason":"USER_INITIATED","FunctionResponseTypes":[]"#
        ),
        (
            EventSource.body(
                EventSource.dynamoDB, #""StartingPosition":"LATEST""#, #""FilterCriteria":{"Filters":[]}"#),
            #""StartingPosition":"LATEST","BatchSize":100,"MaximumBatchingWindowInSeconds":0,"#
                + #""ParallelizationFactor":1,"EventSourceArn":"\#(EventSource.dynamoDB)","#
                + #""FunctionArn":"\#(EventSource.function)","LastModified":1767323045.000,"#
                + #""LastProcessingResult":"No records processed","State":"Creating","#
                + #""StateTransitionReason":"User action","DestinationConfig":{"OnFailure":{}},"#
                + #""MaximumRecordAgeInSeconds":-1,"BisectBatchOnFunctionError":false,"MaximumRetryAttempts":-1,"#
                + #""TumblingWindowInSeconds":0,"FunctionResponseTypes":[]"#
        ),
        (
            EventSource.body(
                EventSource.kinesis, #""StartingPosition":"AT_TIMESTAMP""#, #""StartingPositionTimestamp":1741010802"#,
                #""BatchSize":1"#, #""MaximumRetryAttempts":1"#,
                #""DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:us-east-1:123456789012:dlq"}}"#),
            #""StartingPosition":"AT_TIMESTAMP","StartingPositionTimestamp":1741010802,"BatchSize":1,"#
                + #""MaximumBatchingWindowInSeconds":0,"ParallelizationFactor":1,"#
                + #""EventSourceArn":"\#(EventSource.kinesis)","FunctionArn":"\#(EventSource.function)","#
                + #""LastModified":1767323045.000,"LastProcessingResult":"No records processed","State":"Creating","#
                + #""StateTransitionReason":"User action","#
                + #""DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:us-east-1:123456789012:dlq"}},"#
                + #""MaximumRecordAgeInSeconds":-1,"BisectBatchOnFunctionError":false,"MaximumRetryAttempts":1,"#
                + #""TumblingWindowInSeconds":0,"FunctionResponseTypes":[]"#
        ),
        (
            EventSource.body(
                EventSource.cluster, #""Topics":["topic"]"#, #""ProvisionedPollerConfig":{"MaximumPollers":3}"#,
                #""AmazonManagedKafkaEventSourceConfig":{"ConsumerGroupId":"g"}"#),
            #""StartingPosition":"TRIM_HORIZON","BatchSize":100,"EventSourceArn":"\#(EventSource.cluster)","#
                + #""FunctionArn":"\#(EventSource.function)","LastModified":1767323045.000,"#
                + #""LastProcessingResult":"No records processed","State":"Creating","#
                + #""StateTransitionReason":"USER_INITIATED","Topics":["topic"],"#
                + #""AmazonManagedKafkaEventSourceConfig":{"ConsumerGroupId":"g"}"#
        ),
        (
            EventSource.kafka(
                #""Topics":["topic"]"#, EventSource.secret, EventSource.servers("kafka:1000"),
                #""SelfManagedKafkaEventSourceConfig":{"ConsumerGroupId":"random_id"}"#,
                #""StartingPosition":"LATEST""#, #""BatchSize":1"#),
            #""StartingPosition":"LATEST","BatchSize":1,"FunctionArn":"\#(EventSource.function)","#
                + #""LastModified":1767323045.000,"LastProcessingResult":"No records processed","State":"Creating","#
                + #""StateTransitionReason":"USER_INITIATED","Topics":["topic"],\#(EventSource.secret),"#
                + #"\#(EventSource.servers("kafka:1000")),"#
                + #""SelfManagedKafkaEventSourceConfig":{"ConsumerGroupId":"random_id"}"#
        ),
        (
            EventSource.body(EventSource.broker, #""Queues":["jobs"]"#, EventSource.secret),
            #""BatchSize":100,"EventSourceArn":"\#(EventSource.broker)","FunctionArn":"\#(EventSource.function)","#
                + #""LastModified":1767323045.000,"LastProcessingResult":"No records processed","State":"Creating","#
                + #""StateTransitionReason":"USER_INITIATED","Queues":["jobs"],\#(EventSource.secret)"#
        ),
        (
            EventSource.body(
                EventSource.documents, EventSource.secret, #""DocumentDBEventSourceConfig":{"DatabaseName":"db"}"#),
            #""StartingPosition":"LATEST","BatchSize":100,"EventSourceArn":"\#(EventSource.documents)","#
                + #""FunctionArn":"\#(EventSource.function)","LastModified":1767323045.000,"#
                + #""LastProcessingResult":"No records processed","State":"Creating","#
                + #""StateTransitionReason":"User action",\#(EventSource.secret),"#
                + #""DocumentDBEventSourceConfig":{"DatabaseName":"db","FullDocument":"Default"}"#
        ),
    ]

    @Test(arguments: kinds) func `of each kind is given back with AWS's defaults`(
        body: String, members: String
    ) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let answer = try await server.map(body)
            #expect(answer.status == 202)
            let uuid = try #require(try answer.json()["UUID"]?.stringValue)
            let arn = "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:\(uuid)"
            let pollers =
                body.contains("ProvisionedPollerConfig")
                ? #","ProvisionedPollerConfig":{"MaximumPollers":3,"MinimumPollers":1}"# : ""
            #expect(answer.text == #"{"UUID":"\#(uuid)",\#(members),"EventSourceMappingArn":"\#(arn)"\#(pollers)}"#)
            let settled = try await server.settled(uuid)
            #expect(settled["State"]?.stringValue == "Enabled")
        }
    }

    @Test func `from Kafka has its own id for a consumer group where none is named`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            for (body, member) in [
                (
                    EventSource.kafka(#""Topics":["topic"]"#, EventSource.secret, EventSource.servers("kafka:1000")),
                    "SelfManagedKafkaEventSourceConfig"
                ),
                (EventSource.body(EventSource.cluster, #""Topics":["topic"]"#), "AmazonManagedKafkaEventSourceConfig"),
            ] {
                let shape = try await server.mapped(body)
                #expect(shape[member] == .object(["ConsumerGroupId": try #require(shape["UUID"])]))
            }
        }
    }

    @Test(arguments: [
        ("f", ""), ("f:$LATEST", ":$LATEST"), ("123456789012:function:f", ""),
        ("\(EventSource.function):$LATEST", ":$LATEST"),
    ]) func `keeps the function's ARN as it was named`(name: String, suffix: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let shape = try await server.mapped(EventSource.body(EventSource.queue, function: name))
            #expect(shape["FunctionArn"]?.stringValue == EventSource.function + suffix)
        }
    }

    @Test func `goes through its states, each change told at once and done after`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let path = "\(EventSource.path)/"
            let made = try await server.mapped(EventSource.body(EventSource.queue, #""Enabled":false"#))
            #expect(made["State"]?.stringValue == "Disabled")
            let uuid = try #require(made["UUID"]?.stringValue)
            for (change, during, after) in [
                (#"{"Enabled":true}"#, "Enabling", "Enabled"), (#"{"BatchSize":5}"#, "Updating", "Enabled"),
                (#"{"Enabled":false}"#, "Disabling", "Disabled"), (#"{"BatchSize":6}"#, "Updating", "Disabled"),
            ] {
                let answer = try await server.request("PUT", path + uuid, body: change)
                #expect(answer.status == 202)
                #expect(try answer.json()["State"]?.stringValue == during)
                #expect(try await server.settled(uuid)["State"]?.stringValue == after)
            }
            #expect(try await server.settled(uuid)["BatchSize"]?.intValue == 6)
            let deleted = try await server.request("DELETE", path + uuid)
            #expect(deleted.status == 202)
            #expect(try deleted.json()["State"]?.stringValue == "Deleting")
            try await server.gone(uuid)
        }
    }

    @Test func `outlives its function`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let uuid = try await server.settledMapping(EventSource.body(EventSource.queue))
            #expect(try await server.request("DELETE", "/2015-03-31/functions/f").status == 204)
            let shape = try await server.settled(uuid)
            #expect(shape["State"]?.stringValue == "Enabled")
            #expect(shape["FunctionArn"]?.stringValue == EventSource.function)
            #expect(try await server.request("DELETE", "\(EventSource.path)/\(uuid)").status == 202)
        }
    }

    @Test func `is changed by what an update names, and loses what is sent empty`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            try await server.createFunction("g")
            let uuid = try await server.settledMapping(
                EventSource.body(
                    EventSource.queue, #""ScalingConfig":{"MaximumConcurrency":5}"#,
                    #""FilterCriteria":{"Filters":[{"Pattern":"{\"a\":[1]}"}]}"#,
                    #""FunctionResponseTypes":["ReportBatchItemFailures"]"#, #""KMSKeyArn":"arn:aws:kms:::k""#,
                    #""MetricsConfig":{"Metrics":["EventCount"]}"#))
            server.time.advance(by: .milliseconds(1500))
            let first = try await server.request(
                "PUT", "\(EventSource.path)/\(uuid)",
                body: #"{"FunctionName":"g","BatchSize":20,"MaximumBatchingWindowInSeconds":1}"#
            ).json()
            #expect(first["FunctionArn"]?.stringValue == "arn:aws:lambda:us-east-1:123456789012:function:g")
            #expect(first["BatchSize"]?.intValue == 20)
            #expect(first["ScalingConfig"] == .object(["MaximumConcurrency": .number("5")]))
            #expect(first["LastModified"] == .number("1767323046.500"))
            _ = try await server.settled(uuid)
            let second = try await server.request(
                "PUT", "\(EventSource.path)/\(uuid)",
                body: #"{"FilterCriteria":{},"ScalingConfig":{},"FunctionResponseTypes":[],"KMSKeyArn":"","#
                    + #""MetricsConfig":{"Metrics":[]}}"#
            ).json()
            for member in ["FilterCriteria", "ScalingConfig", "KMSKeyArn", "MetricsConfig"] {
                #expect(second[member] == nil, "\(member)")
            }
            #expect(second["FunctionResponseTypes"] == .array([]))
            #expect(second["BatchSize"]?.intValue == 20)
        }
    }

    @Test func `that a crash left between two states is finished at the next start`() async throws {
        let store = MemoryStore()
        let scope = try TestServer.key().scope
        func record(_ uuid: String, _ state: EventSourceMappingRecord.State) -> EventSourceMappingRecord {
            EventSourceMappingRecord(
                scope: scope, uuid: uuid, functionARN: EventSource.function, sourceARN: EventSource.queue, state: state,
                isEnabled: state != .disabling, membersJSON: "{}", tags: [:], modified: ManualTime.start)
        }
        let records = [record("a", .creating), record("b", .disabling), record("c", .deleting), record("d", .enabled)]
        try await store.write { transaction in for record in records { try transaction.put(record) } }
        try await TestServer.run(store: store) { server in
            await server.api.finishInterruptedTransitions()
            let list = try await server.request("GET", EventSource.path).json()["EventSourceMappings"]?.arrayValue
            let states = list?.map { [$0.objectValue?["UUID"]?.stringValue, $0.objectValue?["State"]?.stringValue] }
            #expect(states == [["a", "Enabled"], ["b", "Disabled"], ["d", "Enabled"]])
        }
    }
}
