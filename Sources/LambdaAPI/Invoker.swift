import LambdaCore
import LambdaShapes
import NIOHTTP1
import SigV4

/// Turns an Invoke request into an ``Invocation``: the hot path, without the database, the generated shapes and JSON trees.
///
/// What is not in the plain form that clients send is handed to the generated shapes, which know every rule and text.
struct Invoker: Sendable {
    enum Decision {
        case run(Invocation)
        /// Everything was checked, and nothing shall run.
        case dryRun(trace: String)
        /// To be run later; for the queue.
        case enqueue(AcceptedEvent)
    }

    /// The parts of one request, complete.
    struct Request {
        let requestID: RequestID
        let method: String
        let target: RequestTarget
        /// The path's function label, percent-encoded.
        let label: Substring
        let headers: HTTPHeaders
        let body: RequestBody
        let arrival: WallTime
        var form = Form.whole
    }

    /// In which form the caller wants the answer.
    enum Form: Equatable {
        /// Invoke.
        case whole
        /// InvokeWithResponseStream.
        case stream

        var operation: Operation {
            switch self {
            case .whole: .Invoke
            case .stream: .InvokeWithResponseStream
            }
        }
    }

    let authenticator: Authenticator
    let catalog: FunctionCatalog
    let time: any TimeSource
    let acceptsEvents: Bool
    let traces: TraceHeaders
    let payloads: PayloadLimits
    /// See ``AliasRouting/version(draw:)``.
    let draw: @Sendable () -> Double

    private static let prefix = "/2015-03-31/functions/".utf8
    private static let suffix = "/invocations".utf8
    private static let streamPrefix = "/2021-11-15/functions/".utf8
    private static let streamSuffix = "/response-streaming-invocations".utf8

    /// The function label of an Invoke path, or `nil` for any other path.
    static func label(method: HTTPMethod, path: Substring) -> Substring? {
        guard method == .POST, path.utf8.starts(with: self.prefix) else { return nil }
        return self.label(in: path, prefix: self.prefix, suffix: self.suffix)
    }

    /// The function label of an InvokeWithResponseStream path, or `nil` for any other path.
    static func streamLabel(method: HTTPMethod, path: Substring) -> Substring? {
        guard method == .POST, path.utf8.starts(with: self.streamPrefix) else { return nil }
        return self.label(in: path, prefix: self.streamPrefix, suffix: self.streamSuffix)
    }

    private static func label(in path: Substring, prefix: String.UTF8View, suffix: String.UTF8View) -> Substring? {
        var label = path.utf8.dropFirst(prefix.count)
        if label.last == 0x2F { label = label.dropLast() }
        guard label.count > suffix.count, label.suffix(suffix.count).elementsEqual(suffix) else { return nil }
        label = label.dropLast(suffix.count)
        guard !label.contains(0x2F) else { return nil }
        return Substring(label)
    }

    func decide(_ request: Request) throws(APIError) -> Decision {
        let receivedAt = self.time.now
        let caller = try self.authenticator.caller(
            method: request.method, target: request.target, headers: request.headers,
            bodyHash: { request.body.hashText }, arrival: request.arrival)
        let options = try Options(request)
        guard self.acceptsEvents || !options.isEvent else { throw .eventInvocation }
        let (key, qualifier) = try options.reference.resolve(
            account: caller.account, region: caller.region, queryQualifier: options.qualifier)
        let record = try self.catalog.runnable(
            key, qualifier: qualifier, runsNow: !options.isEvent && !options.isDryRun, draw: self.draw)
        try TenancyRule.check(options.tenantID, for: record)
        let content = try self.content(request.body, isEvent: options.isEvent)
        let clientContext = try Invoker.clientContext(request.headers)
        let trace = try self.trace(of: request, record, isEvent: options.isEvent)
        guard !options.isDryRun else { return .dryRun(trace: trace) }
        let invokedARN = qualifier.map { "\(key.arn):\($0)" } ?? key.arn
        if options.isEvent {
            return .enqueue(
                AcceptedEvent(
                    requestID: request.requestID, function: key, qualifier: qualifier, invokedARN: invokedARN,
                    payload: content.bytes, clientContext: clientContext, traceHeader: trace,
                    tenantID: options.tenantID,
                    receivedAt: request.arrival))
        }
        return .run(
            Invocation(
                requestID: request.requestID, function: record, invokedARN: invokedARN, content: content,
                contentType: "application/json",
                clientContext: clientContext, traceHeader: trace, wantsLogTail: options.wantsLogTail,
                tenantID: options.tenantID, cognitoIdentity: caller.cognitoIdentity, receivedAt: receivedAt))
    }

    /// The complete header. A loop of events is ended where they run, so that its last event is told of.
    private func trace(
        of request: Request, _ record: FunctionRecord, isEvent: Bool
    ) throws(APIError) -> String {
        let trace = self.traces.complete(
            request.headers.first(name: HeaderName.traceID), for: record, now: request.arrival)
        guard isEvent || !self.catalog.endsLoop(trace.lineage, of: record.key) else { throw .recursiveInvocation }
        return trace.text
    }

    /// Whether a request asks for an asynchronous invocation.
    static func isEvent(_ headers: HTTPHeaders) -> Bool { headers.first(name: HeaderName.invocationType) == "Event" }

    /// The event that a body stands for: the body itself, and `{}` for none.
    private func content(_ body: RequestBody, isEvent: Bool) throws(APIError) -> Payload {
        guard body.count > 0 else { return Invoker.noContent }
        try Invoker.checkSize(body.count, isEvent: isEvent, self.payloads)
        do { try body.checkJSON() } catch { throw .payloadNotJSON(error.description) }
        return body.content
    }

    private static let noContent = Payload(Array("{}".utf8))

    private static func checkSize(_ count: Int, isEvent: Bool, _ limits: PayloadLimits) throws(APIError) {
        let limit = isEvent ? limits.event : limits.synchronous
        guard count <= limit else {
            throw isEvent ? .eventPayloadTooLarge(count, limit: limit) : .payloadTooLarge(count, limit: limit)
        }
    }

    /// As the payload of an asynchronous invocation that did not come this way.
    static func eventPayload(_ body: [UInt8], _ limits: PayloadLimits) throws(APIError) -> [UInt8] {
        guard !body.isEmpty else { return self.noContent.bytes }
        try self.checkSize(body.count, isEvent: true, limits)
        do { try JSONValue.check(body) } catch { throw .payloadNotJSON(error.description) }
        return body
    }

    private static func clientContext(_ headers: HTTPHeaders) throws(APIError) -> String? {
        guard let encoded = headers.first(name: HeaderName.clientContext), !encoded.isEmpty else { return nil }
        guard encoded.utf8.count <= Limits.clientContextCharacters else { throw .clientContextTooLong }
        guard let bytes = Base64.decode(encoded) else { throw .badClientContext }
        do { try JSONValue.check(bytes) } catch { throw .badClientContext }
        // A checked JSON text is valid UTF-8, so nothing is replaced here. A line break would end the header early that
        // carries it to the runtime; outside strings JSON does not need them, inside strings it forbids them.
        let oneLine = bytes.contains { $0 == 0x0A || $0 == 0x0D } ? bytes.filter { $0 != 0x0A && $0 != 0x0D } : bytes
        return String(decoding: oneLine, as: UTF8.self)
    }
}

extension Invoker {
    /// What the path, the query and the headers ask for.
    struct Options {
        var reference: FunctionReference
        var qualifier: String?
        var isDryRun = false
        var isEvent = false
        var wantsLogTail = false
        var tenantID: String?

        init(_ request: Request) throws(APIError) {
            let type = request.headers.first(name: HeaderName.invocationType)
            let log = request.headers.first(name: HeaderName.logType)
            if Options.isPlain(request.label), request.target.query.isEmpty,
                type ?? "RequestResponse" == "RequestResponse",
                log == nil || log == "None" || log == "Tail", !Options.hasRareHeaders(request.headers)
            {
                self.reference = FunctionReference(name: String(request.label))
                self.wantsLogTail = log == "Tail"
                return
            }
            let input = try Options.modelled(request)
            self.reference = FunctionReference(parsing: input["FunctionName"]?.stringValue ?? "")
            self.qualifier = input["Qualifier"]?.stringValue
            self.wantsLogTail = input["LogType"]?.stringValue == "Tail"
            switch input["InvocationType"]?.stringValue {
            case "Event": self.isEvent = true
            case "DryRun": self.isDryRun = true
            default: break
            }
            if input["DurableExecutionName"] != nil { throw .notAvailable("DurableExecutionName") }
            self.tenantID = input["TenantId"]?.stringValue
        }

        private static func isPlain(_ label: Substring) -> Bool {
            !label.isEmpty
                && label.utf8.allSatisfy {
                    ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D
                        || $0 == 0x5F
                } && label.utf8.count <= Limits.functionNameLength
        }

        /// Whether a header is there that only the generated shapes judge, or a type that the payload cannot have.
        private static func hasRareHeaders(_ headers: HTTPHeaders) -> Bool {
            headers.contains(name: HeaderName.tenantID) || headers.contains(name: "X-Amz-Durable-Execution-Name")
                || headers.first(name: HeaderName.contentType).map { !$0.hasPrefix("application/") } ?? false
        }

        private static func modelled(_ request: Request) throws(APIError) -> JSONObject {
            if let type = request.headers.first(name: HeaderName.contentType), !isJSONLike(type) {
                throw .unsupportedMediaType(type)
            }
            guard let name = PercentEncoding.decode(request.label, plusIsSpace: false), let query = request.target.pairs
            else { throw APIError(.invalidRequestContent, "The path or query holds a broken percent escape.") }
            do {
                return try InputReader.read(
                    request.form.operation, labels: ["FunctionName": name], query: query,
                    header: { request.headers.first(name: $0) }, body: nil)
            } catch { throw APIError(error) }
        }

        /// Refuses only what is clearly no JSON: SDKs and curl send many types for it.
        private static func isJSONLike(_ type: String) -> Bool {
            let never = [
                "text/html", "text/xml", "text/css", "application/xml", "image/", "audio/", "video/", "multipart/",
            ]
            let lowered = type.lowercased()
            return !never.contains { lowered.hasPrefix($0) }
        }
    }
}
