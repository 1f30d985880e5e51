import LambdaCore
import Synchronization
import Testing

@testable import LambdaAPI

/// Gives what a test puts in, one message after the other.
private final class ScriptedEvents: TargetedEvents {
    private let (stream, source) = AsyncStream<TargetedEvent>.makeStream()
    private let hasEnded = Mutex(false)
    private let (endings, ending) = AsyncStream<Void>.makeStream()

    func say(_ event: TargetedEvent) { self.source.yield(event) }
    func finish() { self.source.finish() }

    func next() async -> TargetedEvent? {
        var iterator = self.stream.makeAsyncIterator()
        return await iterator.next()
    }

    func ended() {
        self.hasEnded.withLock { $0 = true }
        self.ending.finish()
    }

    func waitUntilEnded() async -> Bool {
        for await _ in self.endings {}
        return self.hasEnded.withLock { $0 }
    }
}

/// Has always more to say.
private final class EndlessEvents: TargetedEvents {
    private let (endings, ending) = AsyncStream<Void>.makeStream()

    func next() async -> TargetedEvent? { TargetedEvent("more", payload: [:]) }
    func ended() { self.ending.finish() }
    func waitUntilEnded() async { for await _ in self.endings {} }
}

private struct TalkingService: TargetedService {
    let targetPrefix = "Talk_1"
    let signingName = "talk"
    let events: any TargetedEvents

    func answer(_ call: TargetedCall) async -> TargetedAnswer { TargetedAnswer(body: [:]) }
    func reply(_ call: TargetedCall) async -> TargetedReply { .events(self.events) }
}

@Suite struct `An answer that goes on` {
    private let events = ScriptedEvents()
    private static let request =
        "POST / HTTP/1.1\r\nHost: x\r\n\(TestServer.authorization())\r\nX-Amz-Target: Talk_1.Go\r\n"
        + "Content-Length: 2\r\n\r\n{}"

    private static func frame(_ event: TargetedEvent) -> [UInt8] {
        let (kind, name) =
            event.kind == .event ? ("event", ":event-type") : ("exception", ":exception-type")
        return EventStreamFrame.bytes(
            headers: [(":message-type", kind), (name, event.name), (":content-type", "application/json")],
            payload: JSONValue.object(event.payload).serialized)
    }

    @Test func `reaches the client message by message, and ends the connection`() async throws {
        let events = self.events
        let first = TargetedEvent("greeting", payload: ["a": .number("1")])
        let last = TargetedEvent("TooLateException", kind: .exception, payload: ["message": .string("late")])
        try await TestServer.run(targeted: [TalkingService(events: events)]) { server in
            events.say(first)
            events.say(last)
            events.finish()
            let client = try await server.connect()
            try await client.send(Self.request)
            let bytes = await client.rest()
            let head = String(decoding: bytes, as: UTF8.self).lowercased()
            #expect(head.hasPrefix("http/1.1 200 ok\r\n"))
            #expect(head.contains("\r\ncontent-type: application/vnd.amazon.eventstream\r\n"))
            #expect(head.contains("\r\ntransfer-encoding: chunked\r\n"))
            var expected: [UInt8] = []
            for frame in [Self.frame(first), Self.frame(last)] {
                expected += Array("\(String(frame.count, radix: 16))\r\n".utf8) + frame + Array("\r\n".utf8)
            }
            #expect(bytes.suffix(expected.count + 9) == Array("\r\n\r\n".utf8) + expected + Array("0\r\n\r\n".utf8))
            #expect(await events.waitUntilEnded())
        }
    }

    @Test func `does not hold up a stop`() async throws {
        let events = self.events
        try await TestServer.run(targeted: [TalkingService(events: events)]) { server in
            let client = try await server.connect()
            try await client.send(Self.request)
            events.say(TargetedEvent("first", payload: [:]))
            #expect(try await client.part().starts(with: "HTTP/1.1 200 OK".utf8))
            async let drained: Void = server.api.drain()
            // The next message finds the server stopping, and is the end instead.
            while !server.api.isDraining { await Task.yield() }
            events.say(TargetedEvent("second", payload: [:]))
            await drained
            #expect(await events.waitUntilEnded())
        }
    }

    @Test func `is over when the client goes`() async throws {
        let events = EndlessEvents()
        try await TestServer.run(targeted: [TalkingService(events: events)]) { server in
            let client = try await server.connect()
            try await client.send(Self.request)
            _ = try await client.part()
            try await client.close()
            await events.waitUntilEnded()
        }
    }
}
