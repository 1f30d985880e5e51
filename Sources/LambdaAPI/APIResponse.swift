import LambdaCore

/// An answer on its way to the connection, which adds the request id, the length and the date.
package struct APIResponse: Sendable, Equatable {
    package struct Header: Sendable, Equatable {
        let name: String
        let value: String
    }

    package var status: UInt
    package var headers: [Header]
    var content: Payload
    /// Whether it answers a HEAD request: the body's length is told, and the body is not sent.
    package var isHead = false

    package init(status: UInt, headers: [Header] = [], body: [UInt8] = []) {
        self.init(status: status, headers: headers, content: Payload(body))
    }

    init(status: UInt, headers: [Header], content: Payload) {
        self.status = status
        self.headers = headers
        self.content = content
    }

    /// A copy, where ``content`` is no array.
    package var body: [UInt8] { self.content.bytes }

    static func json(_ object: JSONObject, status: Int = 200) -> APIResponse {
        APIResponse(
            status: UInt(status), headers: [Header(name: HeaderName.contentType, value: "application/json")],
            body: JSONValue.object(object).serialized)
    }

    /// JSON that was written already.
    static func json(bytes: [UInt8], status: Int = 200) -> APIResponse {
        APIResponse(
            status: UInt(status), headers: [Header(name: HeaderName.contentType, value: "application/json")],
            body: bytes)
    }

    static let noContent = APIResponse(status: 204)

    /// Of an asynchronous invocation that is on disk.
    static func accepted(trace: String) -> APIResponse {
        APIResponse(status: 202, headers: [Header(name: HeaderName.traceID, value: trace)])
    }

    /// What AWS's front end says to a path or method that it does not know.
    static let unknownOperation = APIResponse(status: 404, body: Array("<UnknownOperationException/>\n".utf8))

    init(_ error: APIError) {
        self.init(
            status: error.code.shape.status,
            headers: [
                Header(name: HeaderName.contentType, value: "application/json"),
                Header(name: HeaderName.errorType, value: error.code.rawValue),
            ],
            body: error.body)
    }
}
