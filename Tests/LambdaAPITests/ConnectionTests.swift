import LambdaAPI
import LambdaCore
import Logging
import NIOCore
import NIOEmbedded
import SigV4
import TestSupport
import Testing

private let invoke = "/2015-03-31/functions/f/invocations"

@Suite struct `A connection` {
    private static func request(_ body: String) -> String {
        TestClient.text("POST", invoke, headers: [TestServer.authorization()], body: body)
    }

    @Test func `serves one request after another`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let client = try await server.connect()
            for number in 0..<3 {
                try await client.send(Self.request("\(number)"))
                let answer = try await client.answer()
                #expect(answer.text == "\(number)")
                #expect(answer.header("Connection") == "keep-alive")
                #expect(answer.header("Date") == "Fri, 02 Jan 2026 03:04:05 GMT")
            }
            try await client.close()
        }
    }

    @Test func `answers pipelined requests in their order`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let client = try await server.connect()
            let health = TestClient.text("GET", "/_lambdad/health")
            try await client.send(Self.request("1") + health + Self.request("2") + Self.request("3"))
            var texts: [String] = []
            for _ in 0..<4 { texts.append(try await client.answer().text) }
            #expect(texts == ["1", #"{"status":"ok","functions":1}"#, "2", "3"])
            try await client.close()
        }
    }

    @Test func `answers pipelined requests in their order, also where some need the decoder`() async throws {
        let sink = FakeSink.holding()
        try await TestServer.run(sink: sink) { server in
            try await server.createFunction()
            let client = try await server.connect()
            let chunked =
                "POST \(invoke) HTTP/1.1\r\nHost: h\r\n\(TestServer.authorization())\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n1\r\n2\r\n0\r\n\r\n"
            try await client.send(Self.request("1") + chunked + Self.request("3") + "no request\r\n\r\n")
            for number in 1...3 {
                let held = try #require(await sink.nextHeld())
                #expect(sink.submissions == number)
                held.answer(
                    .success(InvocationAnswer(payload: held.invocation.payload, executedVersion: "$LATEST")))
            }
            for number in 1...3 { #expect(try await client.answer().text == "\(number)") }
            #expect(try await client.answer().status == 400)
            try await client.waitForEnd()
        }
    }

    @Test func `answers all that came before its client closed the sending side`() async throws {
        let sink = FakeSink.holding()
        try await TestServer.run(sink: sink) { server in
            try await server.createFunction()
            let client = try await server.connect()
            try await client.send(Self.request("1") + Self.request("2") + "POST ")
            try await client.closeOutput()
            for number in 1...2 {
                let held = try #require(await sink.nextHeld())
                held.answer(
                    .success(InvocationAnswer(payload: held.invocation.payload, executedVersion: "$LATEST")))
                #expect(try await client.answer().text == "\(number)")
            }
            try await client.waitForEnd()
        }
    }

    @Test func `answers a hundred pipelined requests that wait for nothing`() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(String(repeating: TestClient.text("GET", "/_lambdad/health"), count: 100))
            for _ in 0..<100 { #expect(try await client.answer().status == 200) }
            try await client.close()
        }
    }

    @Test func `ends where the client asks for it`() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(TestClient.text("GET", "/_lambdad/health", headers: ["Connection: close"]))
            #expect(try await client.answer().header("Connection") == "close")
            try await client.waitForEnd()
        }
    }

    @Test func `tells the client to go on where it waits for that`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let client = try await server.connect()
            try await client.send(
                "POST \(invoke) HTTP/1.1\r\nHost: h\r\n\(TestServer.authorization())\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 2\r\n\r\n")
            #expect(try await client.answer().status == 100)
            try await client.send("42")
            #expect(try await client.answer().text == "42")
            try await client.close()
        }
    }

    @Test func `whose client has closed its sending side still gets its answer`() async throws {
        let sink = FakeSink.holding()
        try await TestServer.run(sink: sink) { server in
            try await server.createFunction()
            let client = try await server.connect()
            try await client.send(Self.request("1"))
            let held = try #require(await sink.nextHeld())
            try await client.closeOutput()
            held.answer(.success(InvocationAnswer(payload: Array("done".utf8), executedVersion: "$LATEST")))
            #expect(try await client.answer().text == "done")
            try await client.waitForEnd()
        }
    }

    @Test func `that its client left leaves the function running and the server well`() async throws {
        let sink = FakeSink.holding()
        try await TestServer.run(sink: sink) { server in
            try await server.createFunction()
            let client = try await server.connect()
            try await client.send(Self.request("1"))
            let held = try #require(await sink.nextHeld())
            try await client.close()
            held.answer(.success(InvocationAnswer(payload: Array("nobody".utf8), executedVersion: "$LATEST")))
            #expect(try await server.request("GET", "/_lambdad/health").status == 200)
        }
    }

    @Test func `that told its client that it ends runs nothing that came after`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let client = try await server.connect()
            let refused = TestClient.text(
                "POST", invoke, headers: [TestServer.authorization(), "X-Amzn-RequestId: none"], body: "1")
            try await client.send(refused + Self.request("2"))
            let answer = try await client.answer()
            #expect(answer.status == 400 && answer.header("Connection") == "close")
            try await client.waitForEnd()
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `that breaks off in the middle of a body runs nothing`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let client = try await server.connect()
            try await client.send(
                "POST \(invoke) HTTP/1.1\r\nHost: h\r\n\(TestServer.authorization())\r\nContent-Length: 10\r\n\r\n123")
            try await client.closeOutput()
            try await client.waitForEnd()
            #expect(server.sink.submissions == 0)
        }
    }

    @Test func `that speaks no HTTP is told so and closed`() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send("hello\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(answer.header("x-amzn-ErrorType") == "MalformedHttpRequestException")
            try await client.waitForEnd()
        }
    }

    @Test func `with a header over the limit is closed`() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            let line = "X-Filler: " + String(repeating: "x", count: 70_000) + "\r\n"
            try await client.send("GET /_lambdad/health HTTP/1.1\r\nHost: h\r\n" + String(repeating: line, count: 16))
            #expect(try await client.answer().status == 431)
            try await client.waitForEnd()
        }
    }

    @Test func `over the number that is served is closed at once`() async throws {
        try await TestServer.run(connections: 1) { server in
            let first = try await server.connect()
            try await first.send(TestClient.text("GET", "/_lambdad/health"))
            #expect(try await first.answer().status == 200)
            try await server.connect().waitForEnd()
            try await first.send(TestClient.text("GET", "/_lambdad/health"))
            #expect(try await first.answer().status == 200)
            try await first.close()
        }
    }

    @Test func `of a stranger is refused before its large body is there`() async throws {
        try await TestServer.run(authentication: .sigV4) { server in
            for length in ["Content-Length: 65537", "Transfer-Encoding: chunked"] {
                let client = try await server.connect()
                try await client.send(
                    "POST \(invoke) HTTP/1.1\r\nHost: h\r\n\(TestServer.authorization())\r\n"
                        + "X-Amz-Date: 20260102T030405Z\r\n\(length)\r\n\r\n")
                let answer = try await client.answer()
                #expect(answer.status == 403)
                try await client.close()
            }
        }
    }

    @Test func `with a large body waits its turn where there are too many`() async throws {
        let sink = FakeSink.holding()
        try await TestServer.run(sink: sink, bodies: 100_000) { server in
            try await server.createFunction()
            let large = "\"" + String(repeating: "x", count: 70_000) + "\""
            let head =
                "POST \(invoke) HTTP/1.1\r\nHost: h\r\n\(TestServer.authorization())\r\nContent-Length: 70002\r\n\r\n"
            // A sink lets go of the answer once it was given, and with it of the body's share.
            func answerHeld() async throws {
                let held = try #require(await sink.nextHeld())
                held.answer(.success(InvocationAnswer(payload: [0x31], executedVersion: "$LATEST")))
            }
            let first = try await server.connect()
            let second = try await server.connect()
            // The server says so when it has taken the head, and with it the share.
            try await first.send(head.replacing("Content-Length", with: "Expect: 100-continue\r\nContent-Length"))
            #expect(try await first.answer().status == 100)
            try await second.send(head)
            let refused = try await second.answer()
            #expect(refused.status == 503)
            #expect(refused.header("x-amzn-ErrorType") == "ServiceUnavailableException")
            try await second.close()
            try await first.send(large)
            try await answerHeld()
            #expect(try await first.answer().text == "1")
            try await first.send(head + large)
            try await answerHeld()
            #expect(try await first.answer().text == "1")
            try await first.close()
        }
    }

    @Test func `that rests is closed by a drain, and one that works gets its answer first`() async throws {
        let sink = FakeSink.holding()
        try await TestServer.run(sink: sink) { server in
            try await server.createFunction()
            let resting = try await server.connect()
            try await resting.send(TestClient.text("GET", "/_lambdad/health"))
            _ = try await resting.answer()
            let working = try await server.connect()
            try await working.send(Self.request("1"))
            let held = try #require(await sink.nextHeld())
            async let drained: Void = server.api.drain()
            try await resting.waitForEnd()
            held.answer(.success(InvocationAnswer(payload: Array("last".utf8), executedVersion: "$LATEST")))
            let answer = try await working.answer()
            #expect(answer.text == "last")
            #expect(answer.header("Connection") == "close")
            await drained
            // Whoever answers at the port now, where another test's server has been given it, is not this one.
            if let stranger = try? await server.connect() {
                try await stranger.send(TestClient.text("GET", "/_lambdad/health"))
                // It need not be a server of this kind, nor stay.
                if let answer = try? await stranger.answer() { #expect(!answer.text.contains("draining")) }
                try await stranger.close()
            }
        }
    }

    @Test func `that is new at a drain has its first request answered`() async throws {
        // On a busy machine, the first byte may take longer than a client's would.
        try await TestServer.run(sink: .holding(), configure: { $0.firstRequestGrace = .seconds(60) }) { server in
            try await server.createFunction()
            let new = try await server.connect()
            // Accepted after the new one: its answer shows that the drain finds both.
            let known = try await server.connect()
            try await known.send(TestClient.text("GET", "/_lambdad/health"))
            _ = try await known.answer()
            async let drained: Void = server.api.drain()
            // Its end shows that the drain has come to the connections.
            try await known.waitForEnd()
            try await new.send(TestClient.text("GET", "/_lambdad/health"))
            let answer = try await new.answer()
            #expect(answer.text.contains("draining"))
            #expect(answer.header("Connection") == "close")
            await drained
        }
    }
}

@Suite struct `A slow client` {
    private struct Loop {
        let channel: EmbeddedChannel
        let loop: EmbeddedEventLoop

        init(_ configuration: APIConfiguration = APIConfiguration()) throws {
            let api = APIServer(
                configuration: configuration, store: MemoryStore(), code: FakeCodeStore(),
                sink: FakeSink.echo(),
                runtimes: FakeRuntimes(), credentials: CredentialBook(), time: ManualTime(),
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                provisionedStatus: FixedProvisionedStatus())
            self.loop = EmbeddedEventLoop()
            self.channel = EmbeddedChannel(loop: self.loop)
            try api.initialize(self.channel).wait()
            try self.channel.connect(to: SocketAddress(unixDomainSocketPath: "/s")).wait()
        }

        func send(_ text: String) throws { try self.channel.writeInbound(ByteBuffer(string: text)) }

        func written() throws -> String {
            var text = ""
            while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
            return text
        }
    }

    @Test func `may rest for 75 seconds between requests, and no longer`() throws {
        let connection = try Loop()
        connection.loop.advanceTime(by: .seconds(74))
        #expect(connection.channel.isActive)
        connection.loop.advanceTime(by: .seconds(5))
        #expect(!connection.channel.isActive)
    }

    @Test func `is let go a second late at most where it has a second`() throws {
        var configuration = APIConfiguration()
        configuration.idleTimeout = .seconds(1)
        let resting = try Loop(configuration)
        resting.loop.advanceTime(by: .milliseconds(900))
        #expect(resting.channel.isActive)
        resting.loop.advanceTime(by: .milliseconds(1_100))
        #expect(!resting.channel.isActive)
        configuration = APIConfiguration()
        configuration.headTimeout = .seconds(1)
        let trickling = try Loop(configuration)
        try trickling.send("GET /_lambdad/health HT")
        trickling.loop.advanceTime(by: .seconds(2))
        #expect(!trickling.channel.isActive)
    }

    @Test func `has 30 seconds for the head, however it trickles`() throws {
        let connection = try Loop()
        try connection.send("GET /_lambdad/health HT")
        connection.loop.advanceTime(by: .seconds(20))
        try connection.send("TP/1.1\r\nHost: ")
        #expect(connection.channel.isActive)
        connection.loop.advanceTime(by: .seconds(15))
        #expect(!connection.channel.isActive)
    }

    @Test func `is told that its body does not get on, and then closed`() throws {
        let connection = try Loop()
        try connection.send(
            "POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n")
        try connection.send(String(repeating: "x", count: 2_000))
        connection.loop.advanceTime(by: .seconds(31))
        #expect(try connection.written().isEmpty && connection.channel.isActive)
        try connection.send("x")
        connection.loop.advanceTime(by: .seconds(35))
        let answer = try connection.written()
        #expect(answer.hasPrefix("HTTP/1.1 408 ") && answer.contains("RequestTimeoutException"))
        connection.loop.advanceTime(by: .seconds(10))
        #expect(!connection.channel.isActive)
    }
}
