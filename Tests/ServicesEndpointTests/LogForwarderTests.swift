import LambdaCore
import Logging
import NIOHTTP1
import NIOPosix
import ServicesEndpoint
import TestSupport
import Testing

private func forwarder(to address: ServicesEndpointAddress, time: any TimeSource) -> LogForwarder {
    LogForwarder(
        endpoint: address,
        serviceCredentials: Credentials(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: nil, expiration: nil),
        group: .singletonMultiThreadedEventLoopGroup, time: time, memoryBytes: 1_000_000, interval: .zero,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
}

private func lines(_ texts: [String], stream: String, group: String, at time: WallTime) throws -> [FunctionLogEntry] {
    let source = FunctionLogSource(
        function: try #require(FunctionName("f")), version: "$LATEST", environment: .numbered(1), account: .standard,
        region: .standard, logGroup: group, logStream: stream)
    return texts.enumerated().map { number, text in
        FunctionLogEntry(
            source: source, requestID: nil, kind: .function, message: Array(text.utf8),
            time: WallTime(milliseconds: time.milliseconds + Int64(number)))
    }
}

@Suite(.enabled(if: MotoServer.isExpected, "moto is not installed; pip install 'moto[server]'"))
struct `Lines of functions, forwarded to moto` {
    /// moto judges ages by its own clock.
    private let clock = ManualClock(wallTime: WallTime(milliseconds: ListeningSocket.wallClockMilliseconds))

    private static let printEvents = """
        logs = client('logs')
        for group in logs.describe_log_groups()['logGroups']:
            for stream in logs.describe_log_streams(logGroupName=group['logGroupName'])['logStreams']:
                events = logs.get_log_events(logGroupName=group['logGroupName'],
                    logStreamName=stream['logStreamName'], startFromHead=True)['events']
                print(group['logGroupName'], stream['logStreamName'], [event['message'] for event in events])

        """

    @Test func `arrive in their groups and streams, which are made for them`() async throws {
        let moto = try await MotoServer()
        defer { moto.stop() }
        let forwarder = forwarder(to: moto.address, time: self.clock)
        let now = self.clock.wallTime
        forwarder.append(try lines(["one", "ünï ☃"], stream: "2026/[1]a", group: "/aws/lambda/f", at: now))
        forwarder.append(try lines(["two"], stream: "2026/[1]b", group: "/aws/lambda/f", at: now))
        forwarder.append(try lines(["three"], stream: "s", group: "shared", at: now))
        forwarder.close()
        await forwarder.run()
        let printed = try moto.run(Self.printEvents)
        #expect(
            printed == #"""
                /aws/lambda/f 2026/[1]a ['one\n', 'ünï ☃\n']
                /aws/lambda/f 2026/[1]b ['two\n']
                shared s ['three\n']

                """#)
    }

    @Test func `arrive beside what is there, also where it was deleted meanwhile`() async throws {
        let moto = try await MotoServer()
        defer { moto.stop() }
        _ = try moto.run(
            "l = client('logs'); l.create_log_group(logGroupName='g'); "
                + "l.create_log_stream(logGroupName='g', logStreamName='s')")
        let forwarder = forwarder(to: moto.address, time: self.clock)
        async let running: Void = forwarder.run()
        forwarder.append(try lines(["1"], stream: "s", group: "g", at: self.clock.wallTime))
        // Until the first is there; what is asked is another process, which takes its time.
        while try moto.run(Self.printEvents) != "g s ['1\\n']\n" {}
        _ = try moto.run("client('logs').delete_log_group(logGroupName='g')")
        forwarder.append(try lines(["2"], stream: "s", group: "g", at: self.clock.wallTime))
        forwarder.close()
        await running
        #expect(try moto.run(Self.printEvents) == "g s ['2\\n']\n")
    }
}

@Suite struct `Lines that the services endpoint does not take` {
    private let clock = ManualClock()

    @Test(arguments: [400, 403]) func `are given up where it refuses them`(status: Int) async throws {
        let server = try await LoopbackHTTPServer(
            .answer(status: status, body: #"{"__type":"InvalidParameterException","message":"no"}"#))
        let forwarder = forwarder(to: server.address, time: self.clock)
        forwarder.append(try lines(["x"], stream: "s", group: "g", at: self.clock.wallTime))
        forwarder.close()
        await forwarder.run()
        #expect(server.seen.count == 1)
        try await server.close()
    }

    @Test func `are tried again where it fails, but not for ever`() async throws {
        let server = try await LoopbackHTTPServer(.answer(status: 500, body: "{}"))
        let forwarder = forwarder(to: server.address, time: self.clock)
        forwarder.append(try lines(["x"], stream: "s", group: "g", at: self.clock.wallTime))
        forwarder.close()
        await forwarder.run()
        #expect(server.seen.count == 6)
        try await server.close()
    }

    @Test func `are signed for CloudWatch Logs`() async throws {
        let server = try await LoopbackHTTPServer(.answer(status: 200, body: "{}"))
        let forwarder = forwarder(to: server.address, time: self.clock)
        forwarder.append(try lines(["x"], stream: "s", group: "g", at: self.clock.wallTime))
        forwarder.close()
        await forwarder.run()
        #expect(
            server.seen.map { $0.head.headers.first(name: "X-Amz-Target") } == [
                "Logs_20140328.CreateLogGroup", "Logs_20140328.CreateLogStream", "Logs_20140328.PutLogEvents",
            ])
        let last = try #require(server.seen.last)
        #expect(last.head.headers.first(name: "Authorization")?.contains("/us-east-1/logs/aws4_request") == true)
        #expect(
            last.body == #"{"logGroupName":"g","logStreamName":"s","#
                + #""logEvents":[{"timestamp":1543331445123,"message":"x\n"}]}"#)
        try await server.close()
    }
}
