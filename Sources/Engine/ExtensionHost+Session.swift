internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// The calls of extensions.
extension ExtensionHost: ExtensionSession {
    func register(name: String?, features: String?, body: ByteBuffer) -> ExtensionReply {
        let name = name ?? ""
        guard !name.isEmpty else { return .refused(.emptyName) }
        let events: [String]
        switch Self.events(in: Array(body.readableBytesView)) {
        case .success(let found): events = found
        case .failure(let fault): return .refused(403, "InvalidRequestFormat", fault.message)
        }
        do {
            let (id, action) = try self.machine.registered(name, events: events, id: ExtensionID.random())
            self.owner?.extensionsNeed(self.shutdownLimit)
            // After this turn, so that the extension has its answer before the runtime starts.
            if action != .nothing { self.loop.assumeIsolated().execute { self.perform(action) } }
            return self.registration(id, features: features)
        } catch { return .refused(error) }
    }

    private struct FormatFault: Error {
        let message: String
    }

    private static func events(in body: [UInt8]) -> Result<[String], FormatFault> {
        let members: JSONObject
        do {
            switch try JSONValue.parse(body) {
            case .object(let object): members = object
            case .null: members = JSONObject()
            case .array, .bool, .number, .string:
                return .failure(FormatFault(message: "the body must be a JSON object"))
            }
        } catch { return .failure(FormatFault(message: body.isEmpty ? "unexpected end of JSON input" : "\(error)")) }
        if let keys = members["configurationKeys"]?.arrayValue, !keys.isEmpty {
            return .failure(
                FormatFault(message: "configurationKeys are deprecated; use environment variables instead"))
        }
        guard let value = members["events"], value != .null else { return .success([]) }
        guard let elements = value.arrayValue else {
            return .failure(FormatFault(message: "events must be an array of strings"))
        }
        let events = elements.compactMap(\.stringValue)
        guard events.count == elements.count else {
            return .failure(FormatFault(message: "events must be an array of strings"))
        }
        return .success(events)
    }

    private func registration(_ id: ExtensionID, features: String?) -> ExtensionReply {
        let accepted = (features ?? "").split(separator: ",").map { $0.drop { $0 == " " }.prefix { $0 != " " } }
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        if accepted.contains("accountId") { json.member("accountId", self.function.key.account.digits) }
        json.member("functionName", self.function.key.name.text)
        json.member("functionVersion", self.function.version)
        json.member("handler", self.function.handler)
        json.endObject()
        return ExtensionReply(
            status: 200, headers: [(HeaderName.extensionID, id.text)], body: json.bytes + [0x0A])
    }

    // MARK: Events

    func nextEvent(
        identifier: String?, connection: ObjectIdentifier, respond: @escaping (ExtensionReply) -> Void
    ) {
        self.loop.preconditionInEventLoop()
        switch Self.identified(identifier) {
        case .failure(let refusal):
            respond(refusal.reply)
        case .success(let id):
            do {
                switch try self.machine.nextRequested(id) {
                case .deliver:
                    respond(self.eventReply())
                case .wait(let action):
                    self.waiting[id] = (connection, respond)
                    self.perform(action)
                }
            } catch { respond(.refused(error)) }
        }
    }

    func nextEventAbandoned(_ connection: ObjectIdentifier) {
        for (id, waiting) in self.waiting where waiting.connection == connection {
            self.waiting[id] = nil
            self.machine.nextAbandoned(id)
        }
    }

    private struct IdentifierRefusal: Error {
        let reply: ExtensionReply
    }

    private static func identified(_ text: String?) -> Result<ExtensionID, IdentifierRefusal> {
        guard let text, !text.isEmpty else {
            return .failure(
                IdentifierRefusal(
                    reply: .refused(
                        403, "Extension.MissingExtensionIdentifier", "Missing \(HeaderName.extensionID) header")))
        }
        guard let id = ExtensionID(text) else {
            return .failure(
                IdentifierRefusal(
                    reply: .refused(403, "Extension.InvalidExtensionIdentifier", "Invalid \(HeaderName.extensionID)")))
        }
        return .success(id)
    }

    // MARK: Errors

    func reportError(
        _ report: ExtensionMachine.ErrorReport, identifier: String?, errorType: String?
    ) -> ExtensionReply {
        switch Self.identified(identifier) {
        case .failure(let refusal):
            return refusal.reply
        case .success(let id):
            guard let errorType, !errorType.isEmpty else {
                return .refused(403, "Extension.MissingHeader", "\(HeaderName.extensionErrorType) not found")
            }
            do {
                try self.machine.errorReported(report, by: id, type: errorType)
                return .accepted
            } catch { return .refused(error) }
        }
    }

    // MARK: Telemetry

    func subscribe(_ api: TelemetryAPI, identifier: String?, body: ByteBuffer) -> ExtensionReply {
        let isLogs = api == .logs
        let member: ExtensionMachine.Member
        switch Self.identified(identifier) {
        case .failure(let refusal): return refusal.reply
        case .success(let id):
            guard let found = self.machine.member(id) else { return .refused(.unknown(id)) }
            member = found
        }
        guard let hub = self.hub, hub.isOpen else {
            return .refused(
                403, isLogs ? "Logs.SubscriptionClosed" : "Telemetry.SubscriptionClosed",
                "\(isLogs ? "Logs" : "Telemetry") API subscription is closed already")
        }
        guard let passing = self.parts.passing, let sockets = self.sockets else {
            return .refused(
                202, isLogs ? "Logs.NotSupported" : "Telemetry.NotSupported",
                "\(isLogs ? "Logs" : "Telemetry") API is not supported")
        }
        let fault = isLogs ? "Logs.ValidationError" : "ValidationError"
        let subscription: TelemetrySubscription
        do { subscription = try TelemetrySubscription(parsing: Array(body.readableBytesView), api: api) } catch {
            return .refused(400, fault, error.message)
        }
        if let earlier = hub.subscriber(named: member.name) {
            guard earlier.subscription.api == api else {
                return .refused(400, fault, "an extension may use the Telemetry API or the Logs API, not both")
            }
            return ExtensionReply(status: 200, body: Array("\"Already subscribed\"\n".utf8))
        }
        hub.add(
            TelemetrySubscriber(
                name: member.name, subscription: subscription, parts: self.parts, passing: passing, sockets: sockets,
                loop: self.loop))
        self.tellSubscription(member.name, subscription)
        return ExtensionReply(status: 200, body: Array("\"OK\"\n".utf8))
    }

    private func tellSubscription(_ name: String, _ subscription: TelemetrySubscription) {
        let types = subscription.types.map(\.rawValue)
        let record = PlatformRecord.Subscription(name: name, types: types)
        self.owner?.tell(
            subscription.api == .logs ? .logsSubscription(record) : .telemetrySubscription(record))
    }
}
