import LambdaCore
import NIOCore
import NIOHTTP1
import PlainHTTP

extension APIConnection {
    /// - Parameters:
    ///   - closing: Whether the connection ends once this is written.
    ///   - announcesClose: Whether the client is told that it will end, although not at once.
    func write(_ response: APIResponse, requestID: RequestID, closing: Bool, announcesClose: Bool = false) {
        guard let context = self.context else { return }
        var bytes = ByteBuffer()
        let isWhole = response.content.carrier == nil
        bytes.reserveCapacity(512 + (isWhole ? response.content.count : 0))
        self.writeHead(of: response, requestID: requestID, into: &bytes)
        if response.status != 204, response.status != 304 {
            bytes.writeHeader(HeaderName.contentLength, response.content.count)
        }
        bytes.writeHeader("Connection", closing || announcesClose ? "close" : "keep-alive")
        bytes.writeStaticString("\r\n")
        let rest = response.isHead ? [] : response.content.write(into: &bytes)
        self.write([bytes] + rest, closing: closing, context)
    }

    /// Status and headers; what says how long the body is and whether the connection goes on is to follow.
    func writeHead(of response: APIResponse, requestID: RequestID, into bytes: inout ByteBuffer) {
        let status = HTTPResponseStatus(statusCode: Int(response.status))
        bytes.writeStatusLine(Int(status.code), status.reasonPhrase)
        bytes.writeHeader("Date", self.dateText())
        for header in response.headers { bytes.writeHeader(header.name, header.value) }
        bytes.writeHeader(HeaderName.requestID, requestID.text)
    }

    /// - Parameter closing: Whether the connection ends once this is written.
    func write(_ buffers: [ByteBuffer], closing: Bool, _ context: ChannelHandlerContext) {
        for buffer in buffers.dropLast() { context.write(self.wrapOutboundOut(buffer), promise: nil) }
        let last = self.wrapOutboundOut(buffers.last ?? ByteBuffer())
        guard closing else { return context.writeAndFlush(last, promise: nil) }
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        context.writeAndFlush(last).whenComplete { _ in
            bound.value.context?.close(promise: nil)
        }
    }

    func writeContinue() {
        guard let context = self.context else { return }
        context.writeAndFlush(
            self.wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
}

/// The answer of a synchronous invocation.
enum InvokeResponse {
    static func make(_ answer: InvocationAnswer, trace: String) -> APIResponse {
        var headers: [APIResponse.Header] = []
        headers.reserveCapacity(6)
        headers.append(.init(name: HeaderName.contentType, value: answer.contentType))
        headers.append(.init(name: HeaderName.remappedContentLength, value: "0"))
        headers.append(.init(name: HeaderName.executedVersion, value: answer.executedVersion))
        // Unhandled in every case that AWS has been seen to answer.
        if answer.isFunctionError { headers.append(.init(name: HeaderName.functionError, value: "Unhandled")) }
        if let tail = answer.logTail { headers.append(.init(name: HeaderName.logResult, value: Base64.encode(tail))) }
        headers.append(.init(name: HeaderName.traceID, value: trace))
        return APIResponse(status: 200, headers: headers, content: answer.content)
    }
}
