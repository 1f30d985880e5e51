import LambdaCore
import NIOCore
import NIOHTTP1
import PlainHTTP

/// Answers that go on: messages of `application/vnd.amazon.eventstream` in chunks, each asked for when the one before has
/// left, so that a slow client costs no memory. The connection ends with the answer.
extension APIConnection {
    /// Runs until nothing more comes, the client has gone, or the server stops. Not on the event loop.
    static func follow(
        _ events: any TargetedEvents, on connection: NIOLoopBound<APIConnection>, loop: any EventLoop
    ) async {
        defer { events.ended() }
        guard await self.perform(on: connection, loop, { $0.beginEvents() }) else { return }
        while let event = await events.next() {
            let isWritten = await self.perform(on: connection, loop) { $0.writeEvent(event) }
            guard isWritten else { return }
        }
        _ = await self.perform(on: connection, loop) { $0.endEvents() }
    }

    /// Returns whether what `body` writes has left, and more may follow.
    private static func perform(
        on connection: NIOLoopBound<APIConnection>, _ loop: any EventLoop,
        _ body: @escaping @Sendable (APIConnection) -> EventLoopFuture<Void>?
    ) async -> Bool {
        let written = loop.flatSubmit {
            body(connection.value) ?? loop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        // A client that has gone is no failure of anybody's.
        do { try await written.get() } catch { return false }
        return true
    }

    private func beginEvents() -> EventLoopFuture<Void>? {
        guard let context = self.context, self.isAnswering, let request = self.request else { return nil }
        var bytes = ByteBuffer()
        bytes.writeStatusLine(200, "OK")
        bytes.writeHeader("Date", self.dateText())
        bytes.writeHeader(HeaderName.contentType, InvokeStreamResponse.contentType)
        bytes.writeHeader(HeaderName.requestID, request.requestID.text)
        bytes.writeHeader("Transfer-Encoding", "chunked")
        bytes.writeHeader("Connection", "close")
        bytes.writeStaticString("\r\n")
        return context.writeAndFlush(self.wrapOutboundOut(bytes))
    }

    private func writeEvent(_ event: TargetedEvent) -> EventLoopFuture<Void>? {
        guard let context = self.context, self.isAnswering else { return nil }
        // A stop waits for answers; this one would hold it up for hours.
        guard !self.server.isDraining else {
            _ = self.endEvents()
            return nil
        }
        let (kind, name) =
            switch event.kind {
            case .event: ("event", ":event-type")
            case .exception: ("exception", ":exception-type")
            }
        let frame = EventStreamFrame.bytes(
            headers: [(":message-type", kind), (name, event.name), (":content-type", "application/json")],
            payload: JSONValue.object(event.payload).serialized)
        var bytes = ByteBuffer(string: String(frame.count, radix: 16) + "\r\n")
        bytes.writeBytes(frame)
        bytes.writeStaticString("\r\n")
        return context.writeAndFlush(self.wrapOutboundOut(bytes))
    }

    private func endEvents() -> EventLoopFuture<Void>? {
        guard let context = self.context, self.isAnswering else { return nil }
        self.endAnswer()
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        let written = context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: "0\r\n\r\n")))
        written.whenComplete { _ in bound.value.context?.close(promise: nil) }
        return written
    }
}
