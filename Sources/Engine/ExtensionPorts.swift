internal import LambdaCore
package import Lifecycle
package import NIOCore

/// What an extension hears back.
package struct ExtensionReply: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)] = []
    package var contentType: String?
    package var body: [UInt8]

    package init(
        status: Int, headers: [(name: String, value: String)] = [], contentType: String? = "application/json",
        body: [UInt8]
    ) {
        self.status = status
        self.headers = headers
        self.contentType = contentType
        self.body = body
    }

    package static let accepted = ExtensionReply(status: 202, body: Array("{\"status\":\"OK\"}\n".utf8))

    package static func refused(_ status: Int, _ errorType: String, _ message: String) -> ExtensionReply {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.member("errorMessage", message)
        json.member("errorType", errorType)
        json.endObject()
        return ExtensionReply(status: status, body: json.bytes + [0x0A])
    }

    package static func refused(_ refusal: ExtensionRefusal) -> ExtensionReply {
        .refused(403, refusal.errorType, refusal.message)
    }
}

/// The two ways of asking for telemetry.
package enum TelemetryAPI: Sendable, Equatable {
    /// 2022-07-01
    case telemetry
    /// 2020-08-15, superseded.
    case logs
}

/// An environment, as its extensions see it. Bound to the environment's event loop, as ``RuntimeSession`` is.
package protocol ExtensionSession: AnyObject {
    /// Extensions are switched off: none of these calls is there.
    var isDisabled: Bool { get }
    func register(name: String?, features: String?, body: ByteBuffer) -> ExtensionReply
    /// `respond` is called once, perhaps much later; never after ``nextEventAbandoned(_:)``.
    func nextEvent(
        identifier: String?, connection: ObjectIdentifier, respond: @escaping (ExtensionReply) -> Void)
    func nextEventAbandoned(_ connection: ObjectIdentifier)
    func reportError(
        _ report: ExtensionMachine.ErrorReport, identifier: String?, errorType: String?
    ) -> ExtensionReply
    func subscribe(_ api: TelemetryAPI, identifier: String?, body: ByteBuffer) -> ExtensionReply
}

/// Where a subscriber of telemetry listens, inside its sandbox.
package enum TelemetryDestination: Sendable, Equatable {
    case http(port: UInt16, path: String, method: String, host: String)
    case tcp(port: UInt16)

    package var port: UInt16 {
        switch self {
        case .http(let port, _, _, _), .tcp(let port): port
        }
    }
}

/// A connection to a subscriber. Bound to the environment's event loop.
package protocol TelemetryConnection: AnyObject {
    /// Another batch can be sent over it.
    var isUsable: Bool { get }
    /// `done` is called once, with whether the batch arrived.
    func send(_ events: [[UInt8]], done: @escaping (Bool) -> Void)
    func close()
}
