import Engine
import LambdaCore
import Lifecycle
import NIOHTTP1
import Testing

@Suite struct `An environment with extensions` {
    @Test func `starts them before the runtime, and tells them when its init fails`() async throws {
        var fixture = try await ExtensionFixture(["a", "b"])
        let (first, second) = (try await fixture.client(), try await fixture.client())
        let firstID = try await first.register("a")
        _ = try await second.register("b", "[]")
        await fixture.runtimeStarts()
        let runtime = try await fixture.sandbox.runtime()
        let event = Task { try await runtime.next() }
        let told = Task { try await first.next(firstID) }
        let again = try await fixture.client().registration("b", "{}").text
        #expect(again.contains("State transition from Registered to Registered failed for extension b."))
        fixture.sandbox.reportExit(tag: fixture.tags[1], status: 1)
        #expect(await fixture.sandbox.nextCommand() == .signal)
        fixture.sandbox.reportSignal(tag: 1, number: 15)
        #expect(try await told.value.text.hasSuffix("\"shutdownReason\":\"failure\"}"))
        fixture.sandbox.reportExit(tag: fixture.tags[0], status: 0)
        #expect(await fixture.sandbox.nextCommand() == .killAll)
        fixture.sandbox.reportAllKilled()
        event.cancel()

        // The init is tried again inside the invocation, which has its second failure.
        try await fixture.extensionsStart(["a", "b"], isListed: false)
        fixture.sandbox.reportExit(tag: fixture.tags[1], status: 1)
        let body = String(decoding: try await fixture.answer.value.get().payload, as: UTF8.self)
        #expect(body.contains("\"errorType\":\"Extension.Crash\""))
        #expect(body.hasSuffix("Error: exit status 1\"}"))
        let lines = fixture.engine.log.lines
        #expect(lines.contains("EXTENSION\tName: a\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"))
        #expect(lines.contains("EXTENSION\tName: b\tState: Registered\tEvents: []"))
        #expect(lines.contains("EXTENSION\tName: b\tState: Started\tEvents: []"))
        #expect(lines.count { $0.hasPrefix("INIT_REPORT") && $0.hasSuffix("Error Type: Extension.Crash") } == 2)
    }

    @Test func `answers its caller at once, and is free when every extension is back`() async throws {
        let fixture = try await ExtensionFixture(["a"])
        let client = try await fixture.client()
        let id = try await client.register("a")
        await fixture.runtimeStarts()
        let runtime = try await fixture.sandbox.runtime()
        let told = Task { try await client.next(id) }
        let request = try await runtime.answerNext("\"done\"")
        let event = try await told.value
        #expect(event.headers.first(name: "Lambda-Extension-Event-Identifier") != nil)
        #expect(event.headers.first(name: "Content-Type") == "application/json")
        #expect(event.text.hasPrefix("{\"eventType\":\"INVOKE\",\"deadlineMs\":"))
        #expect(event.text.contains("\"requestId\":\"\(request)\""))
        #expect(event.text.contains("\"tracing\":{\"type\":\"X-Amzn-Trace-Id\",\"value\":\"Root=1-"))
        #expect(try await fixture.answer.value.get().payload == Array("\"done\"".utf8))

        // The runtime is back; the second invocation needs another environment until the extension is, too.
        let again = Task { try await runtime.next() }
        let second = fixture.engine.invoke(fixture.function)
        let other = try #require(await fixture.engine.launcher.nextSandbox())
        #expect(other.environment != fixture.sandbox.environment)
        let next = Task { try await client.next(id) }
        let secondRequest = try #require(
            try await again.value.headers.first(name: "Lambda-Runtime-Aws-Request-Id"))
        #expect(try await next.value.text.contains(secondRequest))
        _ = try await runtime.respond(secondRequest, "2")
        #expect(try await second.value.get().payload == Array("2".utf8))
    }

    @Test func `tells its extensions of a timeout, and starts them anew for the next invocation`() async throws {
        var fixture = try await ExtensionFixture(["a"], timeout: 1)
        let client = try await fixture.client()
        let id = try await client.register("a")
        await fixture.runtimeStarts()
        let runtime = try await fixture.sandbox.runtime()
        let told = Task { try await client.next(id) }
        _ = try await runtime.next()
        _ = try await told.value
        let end = Task { try await client.next(id) }
        let body = String(decoding: try await fixture.answer.value.get().payload, as: UTF8.self)
        #expect(body.contains("Sandbox.Timedout"))
        #expect(await fixture.sandbox.nextCommand() == .signal)
        fixture.sandbox.reportSignal(tag: 1, number: 15)
        let event = try await end.value
        #expect(event.text.hasPrefix("{\"eventType\":\"SHUTDOWN\",\"deadlineMs\":"))
        #expect(event.text.hasSuffix("\"shutdownReason\":\"timeout\"}"))
        #expect(event.headers.first(name: "Lambda-Extension-Event-Identifier") == nil)
        fixture.sandbox.reportExit(tag: fixture.tags[0], status: 0)
        #expect(await fixture.sandbox.nextCommand() == .killAll)
        fixture.sandbox.reportAllKilled()

        let second = fixture.engine.invoke(fixture.function)
        try await fixture.extensionsStart(["a"], isListed: false)
        let other = try await fixture.client()
        let otherID = try await other.register("a")
        #expect(otherID != id)
        await fixture.runtimeStarts(tag: 2)
        let otherRuntime = try await fixture.sandbox.runtime()
        let otherTold = Task { try await other.next(otherID) }
        let request = try await otherRuntime.answerNext("2")
        #expect(try await otherTold.value.text.contains(request))
        #expect(try await second.value.get().payload == Array("2".utf8))
    }

    @Test func `ends the runtime, then its extensions, when its function is deleted`() async throws {
        let fixture = try await ExtensionFixture(["a", "b"])
        let (first, second) = (try await fixture.client(), try await fixture.client())
        let firstID = try await first.register("a", "[\"SHUTDOWN\"]")
        let secondID = try await second.register("b", "[]")
        await fixture.runtimeStarts()
        let end = Task { try await first.next(firstID) }
        _ = Task { try await second.next(secondID) }
        let runtime = try await fixture.sandbox.runtime()
        _ = try await runtime.answerNext()
        _ = Task { try await runtime.next() }
        _ = try await fixture.answer.value.get()
        fixture.engine.plane.functionDeleted(fixture.function.key)
        #expect(await fixture.sandbox.nextCommand() == .signal)
        fixture.sandbox.reportSignal(tag: 1, number: 15)
        #expect(await fixture.sandbox.nextCommand() == .signalExtension(tag: fixture.tags[1], number: 9))
        #expect(try await end.value.text.hasSuffix("\"shutdownReason\":\"spindown\"}"))
        fixture.sandbox.reportExit(tag: fixture.tags[0], status: 0)
        #expect(await fixture.engine.nextStopped() == fixture.sandbox.environment)
    }

    @Test func `fails its init with what an extension reported`() async throws {
        var fixture = try await ExtensionFixture(["a"])
        for attempt in 1...2 {
            let client = try await fixture.client()
            let id = try await client.register("a")
            #expect(try await client.reportError("init", id, type: nil).text.contains("Extension.MissingHeader"))
            let reply = try await client.reportError("init", id)
            #expect(reply.status == 202)
            #expect(reply.text == "{\"status\":\"OK\"}\n")
            await fixture.runtimeStarts(tag: UInt32(attempt))
            fixture.sandbox.reportExit(tag: fixture.tags[0], status: 7)
            #expect(await fixture.sandbox.nextCommand() == .signal)
            fixture.sandbox.reportSignal(tag: UInt32(attempt), number: 15)
            #expect(await fixture.sandbox.nextCommand() == .killAll)
            fixture.sandbox.reportAllKilled()
            if attempt == 1 { try await fixture.extensionsStart(["a"], isListed: false) }
        }
        let body = String(decoding: try await fixture.answer.value.get().payload, as: UTF8.self)
        #expect(body.contains("\"errorType\":\"Extension.InitError\""))
        #expect(body.hasSuffix("Error: exit status 7\"}"))
        #expect(
            fixture.engine.log.lines.contains(
                "EXTENSION\tName: a\tState: InitError\tEvents: [INVOKE, SHUTDOWN]\tError Type: Extension.Mine"))
    }

    @Test func `fails its init where one may not be executed`() async throws {
        var fixture = try await ExtensionFixture(["a"])
        fixture.sandbox.reportStartFailed(tag: fixture.tags[0], errno: 13)
        #expect(await fixture.sandbox.nextCommand() == .killAll)
        fixture.sandbox.reportAllKilled()
        try await fixture.extensionsStart(["a"], isListed: false)
        fixture.sandbox.reportStartFailed(tag: fixture.tags[0], errno: 13)
        let body = String(decoding: try await fixture.answer.value.get().payload, as: UTF8.self)
        #expect(body.contains("\"errorType\":\"Extension.LaunchError\""))
        #expect(body.contains("fork/exec /opt/extensions/a: permission denied"))
        #expect(
            fixture.engine.log.lines.contains(
                "EXTENSION\tName: a\tState: LaunchError\tEvents: []\tError Type: PermissionDenied"))
    }

    @Test func `has none where the layer brings none, and lets internal ones register`() async throws {
        let fixture = try await ExtensionFixture([])
        await fixture.runtimeStarts()
        let client = try await fixture.client()
        let reply = try await client.registration(
            "inner", "{\"events\":[\"INVOKE\"]}", headers: [("Lambda-Extension-Accept-Feature", "x, accountId")])
        #expect(
            reply.text
                == "{\"accountId\":\"000000000000\",\"functionName\":\"hello\",\"functionVersion\":\"$LATEST\","
                + "\"handler\":\"app.handler\"}\n")
        let id = try #require(reply.headers.first(name: "Lambda-Extension-Identifier"))
        let told = Task { try await client.next(id) }
        let runtime = try await fixture.sandbox.runtime()
        let request = try await runtime.answerNext()
        #expect(try await told.value.text.contains(request))
        #expect(
            try await fixture.client().registration("late", "{}").text
                == "{\"errorMessage\":\"Extension registration closed already\","
                + "\"errorType\":\"Extension.RegistrationClosed\"}\n")
    }

    @Test(arguments: [
        ("", "", 403, "Extension.InvalidExtensionName"), ("x", "", 403, "InvalidRequestFormat"),
        ("x", "[]", 403, "InvalidRequestFormat"), ("x", "{\"events\":[1]}", 403, "InvalidRequestFormat"),
        ("x", "{\"configurationKeys\":[\"A\"]}", 403, "InvalidRequestFormat"),
        ("x", "{\"events\":[\"SHUTDOWN\"]}", 403, "Extension.InvalidEventType"),
    ])
    func `refuses a registration that says nothing`(
        name: String, body: String, status: Int, type: String
    ) async throws {
        let fixture = try await ExtensionFixture([])
        await fixture.runtimeStarts()
        let reply = try await fixture.client().registration(name, body)
        #expect(reply.status == status)
        #expect(reply.text.contains("\"errorType\":\"\(type)\""))
    }

    @Test(arguments: [
        ("", "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"),
        ("x", "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"),
        (
            "00000000-0000-4000-8000-00000000ffff", "Extension.UnknownExtensionIdentifier",
            "Unknown extension 00000000-0000-4000-8000-00000000ffff"
        ),
    ])
    func `gives no event to whom it does not know`(id: String, type: String, message: String) async throws {
        let fixture = try await ExtensionFixture([])
        await fixture.runtimeStarts()
        let reply = try await fixture.client().next(id)
        #expect(reply.status == 403)
        #expect(reply.text == "{\"errorMessage\":\"\(message)\",\"errorType\":\"\(type)\"}\n")
    }
}
