import LambdaCore
import NIOCore
import NIOHTTP1
import PlainHTTP

/// Answers that leave piece by piece.
extension APIConnection {
    /// How the end of a body is told.
    enum Framing {
        case chunked
        /// The connection ends with it: HTTP/1.0.
        case untilClose
        /// There is no body.
        case none

        /// The buffers to write for a piece of a body.
        func framed(_ buffers: [ByteBuffer]) -> [ByteBuffer] {
            switch self {
            case .none: return []
            case .untilClose: return buffers
            case .chunked:
                let count = buffers.reduce(0) { $0 + $1.readableBytes }
                // A chunk of no bytes would be the last.
                guard count > 0 else { return [] }
                var size = ByteBuffer()
                size.writeString(String(count, radix: 16))
                size.writeStaticString("\r\n")
                return [size] + buffers + [Self.lineEnd]
            }
        }

        private static let lineEnd = ByteBuffer(staticString: "\r\n")
        fileprivate static let lastChunk = ByteBuffer(staticString: "0\r\n\r\n")
    }

    func stream(_ invocation: Invocation, as form: any AnswerForm) {
        guard let request = self.request else { return }
        self.server.sink.submit(invocation, to: StreamedAnswer(connection: self, request: request, form: form))
    }

    func writeStreamHead(_ response: APIResponse, of request: IncomingRequest) -> Framing {
        guard let context = self.context else { return .none }
        let isBare = response.status == 204 || response.status == 304
        let isChunked = request.knowsChunks
        let closing = self.closes(after: request) || !isChunked
        var bytes = ByteBuffer()
        bytes.reserveCapacity(512)
        self.writeHead(of: response, requestID: request.requestID, into: &bytes)
        if isChunked, !isBare { bytes.writeHeader("Transfer-Encoding", "chunked") }
        bytes.writeHeader("Connection", closing ? "close" : "keep-alive")
        bytes.writeStaticString("\r\n")
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
        if isBare || response.isHead { return .none }
        return isChunked ? .chunked : .untilClose
    }

    func write(_ buffers: [ByteBuffer], whenWritten: (@Sendable () -> Void)? = nil) {
        guard let context = self.context, let last = buffers.last else {
            whenWritten?()
            return
        }
        for buffer in buffers.dropLast() { context.write(self.wrapOutboundOut(buffer), promise: nil) }
        guard let whenWritten else { return context.writeAndFlush(self.wrapOutboundOut(last), promise: nil) }
        context.writeAndFlush(self.wrapOutboundOut(last)).whenComplete { _ in whenWritten() }
    }

    func endStream(of request: IncomingRequest, _ framing: Framing) {
        let closing = self.closes(after: request) || !request.knowsChunks
        self.conclude(closing: closing) {
            guard let context = self.context else { return }
            switch framing {
            case .chunked: self.write([Framing.lastChunk], closing: closing, context)
            case .untilClose, .none: if closing { self.write([], closing: true, context) }
            }
        }
    }

    /// Ends the connection behind what is written, without the body's end.
    func cutStream() {
        self.conclude(closing: true) {
            if let context = self.context { self.write([], closing: true, context) }
        }
    }
}

extension IncomingRequest {
    /// HTTP/1.0 does not.
    fileprivate var knowsChunks: Bool { self.head.version == .http1_1 }
}
