import LambdaCore
import NIOCore
import NIOPosix
import ServicesEndpoint
import Testing

@Suite struct `A relay to the services endpoint` {
    private func relay(to target: ServicesEndpointAddress) throws -> (relay: EndpointRelay, port: Int) {
        let listener = try ListeningSocket()
        let relay = EndpointRelay(
            listener: listener.descriptor, target: target, group: .singletonMultiThreadedEventLoopGroup)
        return (relay, listener.port)
    }

    @Test func `passes on every byte both ways, however many`() async throws {
        let sent = (0..<2_097_152).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8 ^ $0 >> 16) }
        try await LoopbackStreamServer().serve { inbound, outbound in
            for try await part in inbound { try await outbound.write(part) }
            outbound.finish()
        } during: { target in
            let (relay, port) = try self.relay(to: target)
            try await relay.start()
            try await LoopbackStreamServer.connect(port: port).executeThenClose { inbound, outbound in
                async let received = inbound.everything()
                for start in stride(from: 0, to: sent.count, by: 262_144) {
                    try await outbound.write(ByteBuffer(bytes: sent[start..<start + 262_144]))
                }
                outbound.finish()
                #expect(try await received == sent)
            }
            await relay.close()
        }
    }

    @Test func `keeps one direction open when the other has ended`() async throws {
        let (late, lateContinuation) = AsyncStream.makeStream(of: [UInt8].self)
        try await LoopbackStreamServer().serve { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "first"))
            outbound.finish()
            lateContinuation.yield(try await inbound.everything())
        } during: { target in
            let (relay, port) = try self.relay(to: target)
            try await relay.start()
            try await LoopbackStreamServer.connect(port: port).executeThenClose { inbound, outbound in
                #expect(try await inbound.everything() == Array("first".utf8))
                try await outbound.write(ByteBuffer(string: "second"))
                outbound.finish()
                var received = late.makeAsyncIterator()
                #expect(await received.next() == Array("second".utf8))
            }
            await relay.close()
        }
    }

    @Test func `ends a connection whose target does not listen`() async throws {
        let target = try await LoopbackHTTPServer(.silence)
        try await target.close()
        let (relay, port) = try self.relay(to: target.address)
        try await relay.start()
        try await LoopbackStreamServer.connect(port: port).executeThenClose { inbound, _ in
            let bytes = try await inbound.everything()
            #expect(bytes.isEmpty)
        }
        await relay.close()
        #expect(relay.connectionCount == 0)
    }

    @Test func `takes no more connections than its limit`() async throws {
        try await LoopbackStreamServer().serve { inbound, outbound in
            for try await part in inbound { try await outbound.write(part) }
        } during: { target in
            let (relay, port) = try self.relay(to: target)
            try await relay.start()
            try await self.holdConnections(EndpointRelay.connectionLimit, to: port) {
                #expect(relay.connectionCount == EndpointRelay.connectionLimit)
                try await LoopbackStreamServer.connect(port: port).executeThenClose { inbound, _ in
                    // The end, or a reset.
                    let bytes = try? await inbound.everything()
                    #expect(bytes?.isEmpty != false)
                }
                #expect(relay.connectionCount == EndpointRelay.connectionLimit)
            }
            await relay.close()
            #expect(relay.connectionCount == 0)
        }
    }

    @Test func `closes every connection and the listener when it is closed`() async throws {
        try await LoopbackStreamServer().serve { inbound, outbound in
            for try await part in inbound { try await outbound.write(part) }
        } during: { target in
            let (relay, port) = try self.relay(to: target)
            try await relay.start()
            try await LoopbackStreamServer.connect(port: port).executeThenClose { inbound, outbound in
                var parts = inbound.makeAsyncIterator()
                try await outbound.write(ByteBuffer(string: "x"))
                #expect(try await parts.next() == ByteBuffer(string: "x"))

                await relay.close()

                #expect(relay.connectionCount == 0)
                // The end, or a reset.
                let last = try? await parts.next()
                #expect(last == nil)
            }
            await #expect(throws: (any Error).self) { try await LoopbackStreamServer.connect(port: port) }
        }
    }

    @Test func `closes a listener that was never started`() async throws {
        let (relay, port) = try self.relay(to: ServicesEndpointAddress(host: "127.0.0.1", port: 1))
        await relay.close()
        await #expect(throws: (any Error).self) { try await LoopbackStreamServer.connect(port: port) }
        await #expect(throws: EndpointRelayError.notIdle) { try await relay.start() }
    }

    @Test func `starts once only`() async throws {
        let (relay, _) = try self.relay(to: ServicesEndpointAddress(host: "127.0.0.1", port: 1))
        try await relay.start()
        await #expect(throws: EndpointRelayError.notIdle) { try await relay.start() }
        await relay.close()
    }

    /// Opens connections, sees each answer once, and runs `body` while they stand.
    private func holdConnections(
        _ count: Int, to port: Int, while body: @escaping @Sendable () async throws -> Void
    ) async throws {
        guard count > 0 else { return try await body() }
        var streams: [LoopbackStreamServer.Stream] = []
        for _ in 0..<count { streams.append(try await LoopbackStreamServer.connect(port: port)) }
        let (answered, answers) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for stream in streams {
                group.addTask {
                    try await stream.executeThenClose { inbound, outbound in
                        var parts = inbound.makeAsyncIterator()
                        try await outbound.write(ByteBuffer(string: "x"))
                        _ = try await parts.next()
                        answers.yield()
                        // Until the test is over.
                        _ = try await parts.next()
                    }
                }
            }
            var waiting = count
            for await _ in answered {
                waiting -= 1
                if waiting == 0 { break }
            }
            try await body()
            group.cancelAll()
        }
    }
}
