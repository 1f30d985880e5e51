import LambdaCore
import NIOHTTP1
import SigV4

/// The event that a function is called with through its URL: payload format 2.0.
///
/// Source: Lambda developer guide, "Invoking Lambda function URLs". Members that have nothing to say are left out, as in
/// events of live functions.
struct FunctionURLEvent {
    let request: FunctionURLRequest
    let url: FunctionURLRecord
    /// Who signed the request; `nil` where the URL asks for no signature.
    let caller: Caller?
    /// Complete, as the invocation has it.
    let trace: String
    /// The domain of names where the request had none, having named the URL by its path.
    let domain: String

    var json: [UInt8] {
        let body = EventBody(self.request.body, headers: self.request.headers)
        var event = JSONObject()
        event["version"] = .string("2.0")
        event["routeKey"] = .string(Self.routeKey)
        event["rawPath"] = .string(String(self.request.address.path))
        event["rawQueryString"] = .string(String(self.request.target.query))
        let cookies = self.cookies
        if !cookies.isEmpty { event["cookies"] = .array(cookies.map { .string($0) }) }
        event["headers"] = .object(self.headers)
        let parameters = self.parameters
        if !parameters.isEmpty { event["queryStringParameters"] = .object(parameters) }
        event["requestContext"] = .object(self.context)
        if let text = body.text { event["body"] = .string(text) }
        event["isBase64Encoded"] = .bool(body.isBase64)
        return JSONValue.object(event).serialized
    }

    private static let routeKey = "$default"

    private var domainName: String { self.request.address.hostName ?? self.url.hostName(domain: self.domain) }

    /// What AWS puts there where nobody signed.
    private var accountID: String { self.caller == nil ? "anonymous" : self.url.function.account.digits }

    private var context: JSONObject {
        var context = JSONObject()
        context["accountId"] = .string(self.accountID)
        context["apiId"] = .string(self.url.id)
        if let caller {
            var authorizer = JSONObject()
            authorizer["iam"] = .object(FunctionURLEvent.identity(of: caller))
            context["authorizer"] = .object(authorizer)
        }
        context["domainName"] = .string(self.domainName)
        context["domainPrefix"] = .string(self.url.id)
        var http = JSONObject()
        http["method"] = .string(self.request.method)
        http["path"] = .string(LenientDecoding.decode(self.request.address.path, plusIsSpace: false))
        http["protocol"] = .string(self.request.version)
        http["sourceIp"] = .string(self.request.peer ?? FunctionURLEvent.noAddress)
        http["userAgent"] = .string(self.request.headers.first(name: "User-Agent") ?? "")
        context["http"] = .object(http)
        context["requestId"] = .string(self.request.requestID.text)
        context["routeKey"] = .string(Self.routeKey)
        context["stage"] = .string("$default")
        context["time"] = .string(HTTPDate.formatForLog(self.request.arrival))
        context["timeEpoch"] = .number(String(self.request.arrival.milliseconds))
        return context
    }

    /// A Unix socket has no addresses, and both of its ends are on this machine.
    private static let noAddress = "127.0.0.1"

    /// `authorizer.iam`. AWS has an opaque id for each principal; here the principal's name, which is as unique.
    private static func identity(of caller: Caller) -> JSONObject {
        let parts = caller.arn.split(separator: "/").dropFirst()
        let id = parts.isEmpty ? caller.account.digits : parts.joined(separator: ":")
        var identity = JSONObject()
        identity["accessKey"] = .string(caller.accessKeyID)
        identity["accountId"] = .string(caller.account.digits)
        identity["callerId"] = .string(id)
        identity["cognitoIdentity"] = .null
        identity["principalOrgId"] = .null
        identity["userArn"] = .string(caller.arn)
        identity["userId"] = .string(id)
        return identity
    }

    private var cookies: [String] {
        self.request.headers["Cookie"].flatMap { header in
            header.split(separator: ";").map { String($0.trimmingBlanks()) }.filter { !$0.isEmpty }
        }
    }

    /// About the connection or the signature, and not the function's business. A signature that is still good would let
    /// whoever reads it call the URL again.
    private func isKept(_ name: String) -> Bool {
        switch name {
        case "cookie", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
            "expect":
            false
        case "authorization", "x-amz-security-token": self.caller == nil
        default: true
        }
    }

    /// By their names in lower case, repeated ones joined, and what AWS adds.
    private var headers: JSONObject {
        var values: [String: String] = [:]
        var names: [String] = []
        for header in self.request.headers {
            let name = header.name.lowercased()
            guard self.isKept(name) else { continue }
            if let before = values[name] {
                values[name] = "\(before),\(header.value)"
            } else {
                names.append(name)
                values[name] = header.value
            }
        }
        var object = JSONObject()
        for name in names { object[name] = values[name].map { .string($0) } }
        // A body of chunks has become one of a length.
        if object["content-length"] == nil, !self.request.body.isEmpty {
            object["content-length"] = .string(String(self.request.body.count))
        }
        if object["x-amzn-trace-id"] == nil {
            object["x-amzn-trace-id"] = .string(String(self.trace.prefix { $0 != ";" }))
        }
        self.addForwarding(to: &object)
        return object
    }

    /// A proxy in front of this server knows better how it was reached itself, and says so in the same headers.
    private func addForwarding(to object: inout JSONObject) {
        let peer = self.request.peer ?? FunctionURLEvent.noAddress
        object["x-forwarded-for"] = .string(
            object["x-forwarded-for"]?.stringValue.map { "\($0), \(peer)" } ?? peer)
        if object["x-forwarded-port"] == nil {
            object["x-forwarded-port"] = .string(String(self.request.port ?? 80))
        }
        if object["x-forwarded-proto"] == nil { object["x-forwarded-proto"] = .string("http") }
    }

    private var parameters: JSONObject {
        var values: [String: String] = [:]
        var names: [String] = []
        for part in self.request.target.query.split(separator: "&", omittingEmptySubsequences: true) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = LenientDecoding.decode(sides[0], plusIsSpace: true)
            let value = LenientDecoding.decode(sides.count > 1 ? sides[1] : "", plusIsSpace: true)
            if let before = values[name] {
                values[name] = "\(before),\(value)"
            } else {
                names.append(name)
                values[name] = value
            }
        }
        var object = JSONObject()
        for name in names { object[name] = values[name].map { .string($0) } }
        return object
    }
}

/// A request's body as the event holds it: as text where its type says that it is one and its bytes agree.
struct EventBody: Equatable {
    let text: String?
    let isBase64: Bool

    init(_ bytes: [UInt8], headers: HTTPHeaders) {
        guard !bytes.isEmpty else {
            self.text = nil
            self.isBase64 = false
            return
        }
        let coding = headers.first(name: "Content-Encoding")?.lowercased() ?? "identity"
        if coding == "identity", EventBody.isText(headers.first(name: HeaderName.contentType) ?? ""),
            let text = String(validating: bytes, as: UTF8.self)
        {
            self.text = text
            self.isBase64 = false
        } else {
            self.text = Base64.encode(bytes)
            self.isBase64 = true
        }
    }

    /// AWS publishes no list. Forms are base64 on AWS, both `application/x-www-form-urlencoded` and `multipart/form-data`.
    private static func isText(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" && $0 != "," }.trimmingBlanks().lowercased()
        switch type {
        case "application/json", "application/xml", "application/javascript", "application/ecmascript": return true
        default:
            return type.hasPrefix("text/")
                || (type.hasPrefix("application/") && (type.hasSuffix("+json") || type.hasSuffix("+xml")))
        }
    }
}
