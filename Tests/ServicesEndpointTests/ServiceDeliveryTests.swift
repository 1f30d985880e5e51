import LambdaCore
import NIOPosix
import ServicesEndpoint
import TestSupport
import Testing

private func delivery(
    to target: String, _ purpose: EventDelivery.Purpose = .destination(succeeded: true),
    _ body: String = #"{"version":"1.0","text":"é & + ="}"#
) -> EventDelivery {
    EventDelivery(
        sequence: 1, requestID: .numbered(1), function: .named("f"),
        functionARN: "\(FunctionKey.named("f").arn):$LATEST", target: target, purpose: purpose,
        body: Array(body.utf8), progress: EventProgress(age: EventAge(known: 5_000, at: .sample(milliseconds: 5_000))))
}

@Suite(.enabled(if: MotoServer.isExpected, "moto is not installed; pip install 'moto[server]'"))
struct `What is told of events, to services played by moto` {
    private func deliveries(_ moto: MotoServer) -> ServiceDeliveries {
        ServiceDeliveries(
            endpoint: moto.address,
            serviceCredentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: nil, expiration: nil),
            group: .singletonMultiThreadedEventLoopGroup, time: ManualClock())
    }

    private static let preamble = """
        import json
        sqs, sns = client('sqs'), client('sns')
        url = sqs.create_queue(QueueName='q')['QueueUrl']
        queue = 'arn:aws:sqs:us-east-1:123456789012:q'
        def receive():
            found = sqs.receive_message(QueueUrl=url, MessageAttributeNames=['All'], MaxNumberOfMessages=10)
            return found.get('Messages', [])

        """

    @Test func `reaches a queue, with a dead letter's attributes`() async throws {
        let moto = try await MotoServer()
        defer { moto.stop() }
        _ = try moto.run(Self.preamble)
        let target = "arn:aws:sqs:us-east-1:123456789012:q"
        try await self.deliveries(moto).send(delivery(to: target))
        try await self.deliveries(moto).send(
            delivery(to: target, .deadLetter(status: 200, message: "it broke"), #"{"letter":1}"#))
        let printed = try moto.run(
            Self.preamble + """
                for message in sorted(receive(), key=lambda message: message['Body']):
                    attributes = message.get('MessageAttributes', {})
                    print(message['Body'], sorted((k, v['DataType'], v['StringValue']) for k, v in attributes.items()))
                """)
        #expect(
            printed == """
                {"letter":1} [('ErrorCode', 'Number', '200'), ('ErrorMessage', 'String', 'it broke'), \
                ('RequestID', 'String', '00000000-0000-4000-8000-000000000001')]
                {"version":"1.0","text":"é & + ="} []

                """)
    }

    @Test func `reaches a topic`() async throws {
        let moto = try await MotoServer()
        defer { moto.stop() }
        let topic = try moto.run(
            Self.preamble + """
                topic = sns.create_topic(Name='t')['TopicArn']
                sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=queue)
                print(topic, end='')
                """)
        try await self.deliveries(moto).send(
            delivery(to: topic, .deadLetter(status: 200, message: "it broke"), #"{"a":"é & + ="}"#))
        let printed = try moto.run(
            Self.preamble + """
                body = json.loads(receive()[0]['Body'])
                print(body['Message'], body['MessageAttributes']['ErrorMessage']['Value'])
                """)
        #expect(printed == #"{"a":"é & + ="} it broke"# + "\n")
    }

    @Test func `reaches a bus`() async throws {
        let moto = try await MotoServer()
        defer { moto.stop() }
        let bus = try moto.run(
            Self.preamble + """
                events = client('events')
                bus = events.create_event_bus(Name='b')['EventBusArn']
                events.put_rule(Name='r', EventBusName='b', EventPattern=json.dumps({'source': ['lambda']}))
                events.put_targets(Rule='r', EventBusName='b', Targets=[{'Id': '1', 'Arn': queue}])
                print(bus, end='')
                """)
        try await self.deliveries(moto).send(delivery(to: bus, .destination(succeeded: false), #"{"version":"1.0"}"#))
        let printed = try moto.run(
            Self.preamble + """
                event = json.loads(receive()[0]['Body'])
                print(event['source'], '|', event['detail-type'], '|', event['detail'], '|', event['resources'])
                """)
        #expect(
            printed == "lambda | Lambda Function Invocation Result - Failure | {'version': '1.0'} | "
                + "['\(bus)', 'arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST']\n")
    }

    @Test func `reaches a bucket, at the same key each time`() async throws {
        let moto = try await MotoServer()
        defer { moto.stop() }
        _ = try moto.run("client('s3').create_bucket(Bucket='bucket')")
        for _ in 0..<2 {
            try await self.deliveries(moto).send(
                delivery(to: "arn:aws:s3:::bucket", .destination(succeeded: false), #"{"version":"1.0"}"#))
        }
        let printed = try moto.run(
            """
            s3 = client('s3')
            for found in s3.list_objects_v2(Bucket='bucket')['Contents']:
                print(found['Key'], s3.get_object(Bucket='bucket', Key=found['Key'])['Body'].read().decode())
            """)
        #expect(
            printed == "aws/lambda/async/f/2018/11/27/2018-11-27T15.10.45-00000000-0000-4000-8000-000000000001 "
                + #"{"version":"1.0"}"# + "\n")
    }

    @Test func `says why something did not arrive`() async throws {
        let moto = try await MotoServer()
        defer { moto.stop() }
        for target in [
            "arn:aws:sqs:us-east-1:123456789012:none", "arn:aws:sns:us-east-1:123456789012:none",
            "arn:aws:s3:::none", "arn:aws:kinesis:us-east-1:123456789012:stream/s", "nothing",
        ] {
            await #expect(throws: DeliveryError.self) { try await self.deliveries(moto).send(delivery(to: target)) }
        }
    }
}
