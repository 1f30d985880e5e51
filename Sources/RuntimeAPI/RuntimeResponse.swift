internal import Engine
internal import LambdaCore
internal import NIOCore
internal import NIOHTTP1
internal import PlainHTTP

/// Responses of the Runtime API as bytes.
///
/// There are few and they are simple, and two of them are written for every warm invocation: put together here they cost
/// one buffer each, where a general encoder makes a list of headers and several buffers.
enum RuntimeResponse {
    static let goOn = "HTTP/1.1 100 Continue\r\n\r\n"
    /// Made once: every invocation's answer gets it.
    private static let acceptedAndGoesOn = accepted(keepsAlive: true)

    private static func accepted(keepsAlive: Bool) -> ByteBuffer {
        self.text(
            status: .accepted, contentType: "application/json", body: "{\"status\":\"OK\"}\n", keepsAlive: keepsAlive)
    }

    /// The head; the payload follows.
    static func event(_ event: RuntimeEvent, keepsAlive: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(768 + (event.payload.carrier == nil ? event.payload.count : 0))
        buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        buffer.writeHeader(HeaderName.contentType, event.contentType)
        buffer.writeHeader(HeaderName.runtimeRequestID, event.requestID.text)
        buffer.writeHeader(HeaderName.runtimeInvocationID, event.invocationID.text)
        buffer.writeHeader(HeaderName.runtimeDeadline, Int(event.deadline.milliseconds))
        buffer.writeHeader(HeaderName.runtimeFunctionARN, event.invokedARN)
        buffer.writeHeader(HeaderName.runtimeTraceID, event.traceHeader)
        if let clientContext = event.clientContext {
            buffer.writeHeader(HeaderName.runtimeClientContext, clientContext)
        }
        if let tenantID = event.tenantID { buffer.writeHeader(HeaderName.runtimeTenantID, tenantID) }
        if let identity = event.cognitoIdentity {
            buffer.writeHeader(HeaderName.runtimeCognitoIdentity, identity.json)
        }
        buffer.writeEnd(length: event.payload.count, keepsAlive: keepsAlive)
        return buffer
    }

    static func reply(_ reply: RuntimeReply, keepsAlive: Bool) -> ByteBuffer {
        switch reply {
        case .accepted:
            return keepsAlive ? self.acceptedAndGoesOn : self.accepted(keepsAlive: false)
        case .refused(let status, let errorType, let message):
            // Both texts are the platform's own, without a character that JSON would escape.
            return self.text(
                status: HTTPResponseStatus(statusCode: status), contentType: "application/json",
                body: "{\"errorMessage\":\"\(message)\",\"errorType\":\"\(errorType)\"}\n", keepsAlive: keepsAlive)
        }
    }

    static func reply(_ reply: ExtensionReply, keepsAlive: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(256 + reply.body.count)
        buffer.writeStatusLine(reply.status, HTTPResponseStatus(statusCode: reply.status).reasonPhrase)
        for (name, value) in reply.headers { buffer.writeHeader(name, value) }
        if let contentType = reply.contentType { buffer.writeHeader(HeaderName.contentType, contentType) }
        buffer.writeEnd(length: reply.body.count, keepsAlive: keepsAlive)
        buffer.writeBytes(reply.body)
        return buffer
    }

    static func text(
        status: HTTPResponseStatus, contentType: String, body: String, keepsAlive: Bool
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeStatusLine(Int(status.code), status.reasonPhrase)
        buffer.writeHeader(HeaderName.contentType, contentType)
        buffer.writeEnd(length: body.utf8.count, keepsAlive: keepsAlive)
        buffer.writeString(body)
        return buffer
    }
}

extension ByteBuffer {
    fileprivate mutating func writeEnd(length: Int, keepsAlive: Bool) {
        self.writeHeader(HeaderName.contentLength, length)
        if !keepsAlive { self.writeStaticString("Connection: close\r\n") }
        self.writeStaticString("\r\n")
    }
}
