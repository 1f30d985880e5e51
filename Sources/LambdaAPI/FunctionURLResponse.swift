import LambdaCore

/// A function's answer as the HTTP response of its URL.
enum FunctionURLResponse {
    /// The whole of a 502's body, whatever went wrong; the reason is in the function's log.
    static let failure = APIResponse(
        status: 502, headers: [.init(name: HeaderName.contentType, value: Self.json)],
        body: Array("Internal Server Error".utf8))

    private static let json = "application/json"

    static func make(_ answer: InvocationAnswer, mode: FunctionURLRecord.InvokeMode) -> APIResponse {
        guard !answer.isFunctionError else { return self.failure }
        do {
            switch mode {
            case .buffered: return try self.buffered(answer.payload)
            case .stream: return try self.streamed(answer)
            }
        } catch { return self.failure }
    }

    /// - Throws: Where the payload is no JSON, or one that looks like a response and is none.
    private static func buffered(_ payload: [UInt8]) throws(HTTPEnvelope.Broken) -> APIResponse {
        guard let value = try? JSONValue.parse(payload) else { throw HTTPEnvelope.Broken() }
        if let object = value.objectValue, object["statusCode"] != nil {
            return self.response(try HTTPEnvelope(object), body: try self.body(of: object))
        }
        return self.response(HTTPEnvelope(status: 200), body: self.text(of: value))
    }

    /// The bytes as they are, or what the prelude makes of them. The envelope of buffered answers has no meaning here.
    private static func streamed(_ answer: InvocationAnswer) throws(HTTPEnvelope.Broken) -> APIResponse {
        guard self.hasPrelude(answer.contentType) else {
            var response = self.streamHead(contentType: answer.contentType)
            response.content = answer.content
            return response
        }
        var prelude = FunctionURLPrelude()
        switch prelude.take(answer.payload) {
        case .whole(let envelope, let body): return self.response(envelope, body: body)
        case .more, .broken: throw HTTPEnvelope.Broken()
        }
    }

    static func hasPrelude(_ contentType: String) -> Bool {
        contentType.lowercased().hasPrefix(FunctionURLPrelude.contentType)
    }

    /// Status and headers of a streamed answer without a prelude.
    static func streamHead(contentType: String) -> APIResponse {
        let type = APIResponse.Header(name: HeaderName.contentType, value: contentType)
        return self.response(HTTPEnvelope(status: 200, headers: [type]), body: [])
    }

    /// Status and headers as a prelude says.
    static func streamHead(_ envelope: HTTPEnvelope) -> APIResponse { self.response(envelope, body: []) }

    private static func body(of object: JSONObject) throws(HTTPEnvelope.Broken) -> [UInt8] {
        guard let body = object["body"], body != .null else { return [] }
        guard object["isBase64Encoded"]?.boolValue == true else { return self.text(of: body) }
        guard let encoded = body.stringValue, let bytes = Base64.decode(encoded) else { throw HTTPEnvelope.Broken() }
        return bytes
    }

    /// A string without its quotes, anything else as compact JSON, as AWS was recorded to send both whole answers and
    /// bodies.
    private static func text(of value: JSONValue) -> [UInt8] {
        value.stringValue.map { Array($0.utf8) } ?? value.serialized
    }

    private static func response(_ envelope: HTTPEnvelope, body: [UInt8]) -> APIResponse {
        var headers: [APIResponse.Header] = []
        if !envelope.has("content-type") { headers.append(.init(name: HeaderName.contentType, value: self.json)) }
        for header in envelope.headers {
            guard let name = self.outerName(of: header.name) else { continue }
            headers.append(.init(name: name, value: header.value))
        }
        for cookie in envelope.cookies { headers.append(.init(name: "set-cookie", value: cookie)) }
        // Neither has a body, whatever the function says (RFC 9110, 15.3.5 and 15.4.5).
        let isBare = envelope.status == 204 || envelope.status == 304
        return APIResponse(status: envelope.status, headers: headers, body: isBare ? [] : body)
    }

    /// The name under which a header goes out. What only this server can say keeps the function's word under another name,
    /// as on AWS; what is about a connection that the function does not have is dropped.
    private static func outerName(of name: String) -> String? {
        let lowered = name.lowercased()
        switch lowered {
        case "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade": return nil
        case "connection", "content-length", "date", "www-authenticate", "x-amzn-requestid", "x-amzn-trace-id":
            return "x-amzn-remapped-\(lowered)"
        default: return name
        }
    }
}
