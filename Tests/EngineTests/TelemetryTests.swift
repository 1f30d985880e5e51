import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import TestSupport
import Testing

@Suite struct `Telemetry of an environment` {
    private static func body(_ consumer: TelemetryConsumer, types: String = "\"platform\",\"function\",\"extension\"")
        -> String
    {
        "{\"schemaVersion\":\"2022-12-13\",\"types\":[\(types)],\"buffering\":{\"timeoutMs\":25},"
            + "\"destination\":{\"protocol\":\"HTTP\",\"URI\":\"http://sandbox.localdomain:\(consumer.port)/t\"}}"
    }

    @Test func `begins with what came before the subscription, and tells of all that follows`() async throws {
        let consumer = try await TelemetryConsumer.http()
        let fixture = try await ExtensionFixture(["a"])
        fixture.engine.passing.writeLog("from a\n")
        let client = try await fixture.client()
        let id = try await client.register("a")
        let reply = try await client.subscribe(id, Self.body(consumer))
        #expect(reply.status == 200)
        #expect(reply.text == "\"OK\"\n")
        let start = try #require(await consumer.next("platform.initStart"))
        #expect(start.contains("\"phase\":\"init\",\"functionName\":\"hello\",\"functionVersion\":\"$LATEST\""))
        #expect(
            try #require(await consumer.next("platform.telemetrySubscription")).contains(
                "{\"name\":\"a\",\"state\":\"Subscribed\",\"types\":[\"platform\",\"function\",\"extension\"]}"))
        #expect(
            fixture.engine.log.lines.contains(
                "TELEMETRY\tName: a\tState: Subscribed\tTypes: [Platform, Function, Extension]"))
        await fixture.runtimeStarts()
        fixture.sandbox.writeLog("from the function\n")
        #expect(try #require(await consumer.next("function")).contains("\"record\":\"from the function\""))
        let runtime = try await fixture.sandbox.runtime()
        let told = Task { try await client.next(id) }
        let request = try await runtime.answerNext("12345")
        _ = try await told.value
        _ = Task { try await client.next(id) }
        _ = Task { try await runtime.next() }
        #expect(
            try #require(await consumer.next("platform.initRuntimeDone")).contains(
                "{\"initializationType\":\"on-demand\",\"phase\":\"init\",\"status\":\"success\"}"))
        #expect(
            try #require(await consumer.next("platform.extension")).contains(
                "{\"name\":\"a\",\"state\":\"Ready\",\"events\":[\"INVOKE\",\"SHUTDOWN\"]}"))
        #expect(await consumer.next("platform.initReport") != nil)
        #expect(try #require(await consumer.next("platform.start")).contains("\"requestId\":\"\(request)\""))
        let done = try #require(await consumer.next("platform.runtimeDone"))
        #expect(done.contains("\"status\":\"success\",\"metrics\":{\"durationMs\":"))
        #expect(done.contains("\"producedBytes\":5},\"spans\":[{\"name\":\"responseLatency\",\"start\":"))
        let report = try #require(await consumer.next("platform.report"))
        #expect(report.contains("\"memorySizeMB\":128,"))
        #expect(report.contains("\"name\":\"extensionOverhead\""))
        let late = try await fixture.client().subscribe(id, Self.body(consumer))
        #expect(late.status == 403)
        #expect(
            late.text == "{\"errorMessage\":\"Telemetry API subscription is closed already\","
                + "\"errorType\":\"Telemetry.SubscriptionClosed\"}\n")
    }

    @Test func `tells the lines of extensions apart from those of the function`() async throws {
        let consumer = try await TelemetryConsumer.http()
        let fixture = try await ExtensionFixture(["a"])
        let client = try await fixture.client()
        let id = try await client.register("a")
        _ = try await client.subscribe(id, Self.body(consumer, types: "\"extension\""))
        fixture.sandbox.writeLog("from the function\n")
        fixture.engine.passing.writeLog("from a\n")
        #expect(try #require(await consumer.next("extension")).contains("\"record\":\"from a\""))
        #expect(fixture.engine.log.lines.contains("from a"))
    }

    @Test func `is sent again until its consumer takes it`() async throws {
        let consumer = try await TelemetryConsumer.http(statuses: [500, 404])
        let fixture = try await ExtensionFixture(["a"])
        let client = try await fixture.client()
        let id = try await client.register("a")
        _ = try await client.subscribe(id, Self.body(consumer))
        #expect(await consumer.next("platform.initStart") != nil)
        #expect(await consumer.next("platform.telemetrySubscription") != nil)
    }

    @Test func `arrives once where its consumer ends every connection with the answer`() async throws {
        let consumer = try await TelemetryConsumer.http(keepsAlive: false)
        let fixture = try await ExtensionFixture(["a"])
        let client = try await fixture.client()
        let id = try await client.register("a")
        _ = try await client.subscribe(id, Self.body(consumer))
        let first = await consumer.all(to: "platform.telemetrySubscription")
        await fixture.runtimeStarts()
        fixture.sandbox.writeLog("from the function\n")
        let second = await consumer.all(to: "function")
        #expect(first.count == 2 && second.count == 1, "\(first) \(second)")
    }

    @Test func `goes line by line to a TCP port`() async throws {
        let consumer = try await TelemetryConsumer.tcp()
        let fixture = try await ExtensionFixture(["a"])
        let client = try await fixture.client()
        let id = try await client.register("a")
        let body =
            "{\"schemaVersion\":\"2022-07-01\",\"types\":[\"platform\"],\"buffering\":{\"timeoutMs\":25},"
            + "\"destination\":{\"protocol\":\"TCP\",\"port\":\(consumer.port)}}"
        #expect(try await client.subscribe(id, body).status == 200)
        let start = try #require(await consumer.next("platform.initStart"))
        #expect(start.hasPrefix("{\"time\":\""))
        #expect(start.hasSuffix("}}"))
    }

    @Test func `comes by the Logs API in its own form`() async throws {
        let consumer = try await TelemetryConsumer.http()
        let fixture = try await ExtensionFixture(["a"])
        let client = try await fixture.client()
        let id = try await client.register("a", "[]")
        let body =
            "{\"types\":[\"platform\"],\"buffering\":{\"timeoutMs\":25},"
            + "\"destination\":{\"protocol\":\"HTTP\",\"URI\":\"http://sandbox:\(consumer.port)\",\"method\":\"PUT\"}}"
        #expect(try await client.subscribe(id, body, path: "/2020-08-15/logs").text == "\"OK\"\n")
        #expect(
            try await fixture.client().subscribe(id, Self.body(consumer)).text.contains(
                "\"errorType\":\"ValidationError\""))
        #expect(fixture.engine.log.lines.contains("LOGS\tName: a\tState: Subscribed\tTypes: [Platform]"))
        await fixture.runtimeStarts()
        _ = Task { try await client.next(id) }
        let runtime = try await fixture.sandbox.runtime()
        let request = try await runtime.answerNext()
        _ = Task { try await runtime.next() }
        let start = try #require(await consumer.next("platform.start"))
        #expect(start.contains("\"record\":{\"requestId\":\"\(request)\",\"version\":\"$LATEST\"}"))
        #expect(try #require(await consumer.next("platform.end")).contains("\"record\":{\"requestId\":\"\(request)\"}"))
        #expect(
            try #require(await consumer.next("platform.report")).contains(
                "\"record\":{\"requestId\":\"\(request)\",\"metrics\":{"))
    }
}

@Suite struct `A request for telemetry` {
    private static func parsed(_ body: String, _ api: TelemetryAPI = .telemetry) -> Result<
        TelemetrySubscription, TelemetrySubscription.ValidationError
    > {
        do { return .success(try TelemetrySubscription(parsing: Array(body.utf8), api: api)) } catch {
            return .failure(error)
        }
    }

    private static let tail = "\"types\":[\"platform\"],\"destination\":{\"protocol\":\"TCP\",\"port\":80}}"

    @Test func `has AWS's defaults`() throws {
        let subscription = try Self.parsed("{\"schemaVersion\":\"2022-07-01\",\(Self.tail)").get()
        #expect(subscription.buffering == .init(items: 10_000, bytes: 262_144, timeout: .milliseconds(1_000)))
        #expect(subscription.destination == .tcp(port: 80))
        #expect(!subscription.givesObjects)
        #expect(try Self.parsed("{\(Self.tail)", .logs).get().schemaVersion == "2020-08-15")
    }

    @Test func `names a destination inside the sandbox`() throws {
        let body =
            "{\"schemaVersion\":\"2025-01-29\",\"types\":[\"function\"],\"destination\":"
            + "{\"protocol\":\"HTTP\",\"URI\":\"http://sandbox.localdomain:8080/a?b=c\"}}"
        let subscription = try Self.parsed(body).get()
        #expect(
            subscription.destination
                == .http(port: 8080, path: "/a?b=c", method: "POST", host: "sandbox.localdomain:8080"))
        #expect(subscription.givesObjects)
    }

    @Test(arguments: [
        ("", "the body is not JSON"), ("[]", "the body must be a JSON object"),
        ("{\(tail)", "schemaVersion is required"),
        (
            "{\"schemaVersion\":\"2020-08-15\",\(tail)",
            "schemaVersion must be one of 2022-07-01, 2022-12-13, 2025-01-29"
        ),
        (
            "{\"schemaVersion\":\"2022-07-01\",\"types\":[]}",
            "types must name at least one of platform, function, extension"
        ),
        (
            "{\"schemaVersion\":\"2022-07-01\",\"types\":[\"x\"]}",
            "types must name at least one of platform, function, extension"
        ),
        ("{\"schemaVersion\":\"2022-07-01\",\"types\":[\"platform\"]}", "destination is required"),
        (
            "{\"schemaVersion\":\"2022-07-01\",\"buffering\":{\"maxItems\":999},\(tail)",
            "buffering.maxItems must be from 1000 to 10000"
        ),
        (
            "{\"schemaVersion\":\"2022-07-01\",\"buffering\":{\"maxBytes\":1048577},\(tail)",
            "buffering.maxBytes must be from 262144 to 1048576"
        ),
        (
            "{\"schemaVersion\":\"2022-07-01\",\"buffering\":{\"timeoutMs\":\"25\"},\(tail)",
            "buffering.timeoutMs must be from 25 to 30000"
        ),
    ])
    func `is refused where it is not whole`(body: String, message: String) {
        #expect(Self.parsed(body) == .failure(.init(message: message)))
    }

    @Test(arguments: [
        "{\"protocol\":\"UDP\"}", "{\"protocol\":\"TCP\"}", "{\"protocol\":\"TCP\",\"port\":0}",
        "{\"protocol\":\"TCP\",\"port\":65536}", "{\"protocol\":\"TCP\",\"port\":9001}", "{\"protocol\":\"HTTP\"}",
        "{\"protocol\":\"HTTP\",\"URI\":\"https://sandbox:80\"}", "{\"protocol\":\"HTTP\",\"URI\":\"http://sandbox\"}",
        "{\"protocol\":\"HTTP\",\"URI\":\"http://example.com:80\"}",
        "{\"protocol\":\"HTTP\",\"URI\":\"http://sandbox:80/a b\"}",
        "{\"protocol\":\"HTTP\",\"URI\":\"http://x@sandbox:80/\"}",
    ])
    func `is refused where it names no place inside the sandbox`(destination: String) {
        let body = "{\"schemaVersion\":\"2022-07-01\",\"types\":[\"platform\"],\"destination\":\(destination)}"
        #expect(throws: TelemetrySubscription.ValidationError.self) { try Self.parsed(body).get() }
    }
}

@Suite struct `A telemetry event` {
    private static func subscription(_ version: String) throws -> TelemetrySubscription {
        let body =
            "{\"schemaVersion\":\"\(version)\",\"types\":[\"function\"],\"destination\":{\"protocol\":\"TCP\",\"port\":1}}"
        return try TelemetrySubscription(parsing: Array(body.utf8), api: .telemetry)
    }

    @Test(arguments: [
        ("2022-12-13", true, "{\"a\":1}", "{\"a\":1}"), ("2022-07-01", true, "{\"a\":1}", "\"{\\\"a\\\":1}\""),
        ("2022-12-13", false, "{\"a\":1}", "\"{\\\"a\\\":1}\""), ("2025-01-29", true, "plain", "\"plain\""),
    ])
    func `gives a line as an object where the log is JSON and the schema knows it`(
        version: String, isJSONLog: Bool, line: String, record: String
    ) throws {
        let event = TelemetryEvent(
            time: WallTime(milliseconds: 0), content: .function(Array(line.utf8)), isJSONLog: isJSONLog)
        #expect(
            event.json(for: try Self.subscription(version)).map { String(decoding: $0, as: UTF8.self) }
                == "{\"time\":\"1970-01-01T00:00:00.000Z\",\"type\":\"function\",\"record\":\(record)}")
    }

    @Test func `goes to those only who asked for its type`() throws {
        let subscription = try Self.subscription("2022-07-01")
        for content in [TelemetryEvent.Content.extension([0x61]), .platform(.end(.numbered(1)))] {
            #expect(TelemetryEvent(time: WallTime(milliseconds: 0), content: content).json(for: subscription) == nil)
        }
    }
}
