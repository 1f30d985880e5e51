import LambdaCore
import NIOCore
import NIOHTTP1

extension APIConnection {
    /// - Parameters:
    ///   - closing: Whether the connection ends once this is written.
    ///   - announcesClose: Whether the client is told that it will end, although not at once.
    func write(_ response: APIResponse, requestID: RequestID, closing: Bool, announcesClose: Bool = false) {
        guard let context = self.context else { return }
        var headers: [(String, String)] = []
        headers.reserveCapacity(response.headers.count + 4)
        headers.append(("Date", self.dateText()))
        for header in response.headers { headers.append((header.name, header.value)) }
        headers.append((HeaderName.requestID, requestID.text))
        if response.status != 204, response.status != 304 {
            headers.append((HeaderName.contentLength, String(response.body.count)))
        }
        headers.append(("Connection", closing || announcesClose ? "close" : "keep-alive"))
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: Int(response.status)),
            headers: HTTPHeaders(headers))
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if !response.body.isEmpty, !response.isHead {
            let body = context.channel.allocator.buffer(bytes: response.body)
            context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        guard closing else {
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            return
        }
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            bound.value.context?.close(promise: nil)
        }
    }

    func writeContinue(_ version: HTTPVersion) {
        guard let context = self.context else { return }
        let head = HTTPResponseHead(version: version, status: .continue)
        context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
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
        return APIResponse(status: 200, headers: headers, body: answer.payload)
    }
}
