package import LambdaCore
package import NIOCore

/// An event on its way to a runtime: the answer to its `next`.
package struct RuntimeEvent: Sendable, Equatable {
    package let requestID: RequestID
    /// Unlike the request's, unique to this attempt; the runtime echoes it with its answer.
    package let invocationID: RequestID
    package let deadline: WallTime
    package let invokedARN: String
    package let traceHeader: String
    package let clientContext: String?
    /// Only of functions that isolate tenants.
    package let tenantID: String?
    package let cognitoIdentity: CognitoIdentity?
    package let contentType: String
    package let payload: Payload
}

/// Payloads have no textual form.
extension RuntimeEvent: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "RuntimeEvent(\(self.requestID), \(self.payload.count) bytes)" }
    package var debugDescription: String { self.description }
}

/// What a runtime hears back from the Runtime API.
package enum RuntimeReply: Sendable, Equatable {
    /// 202 `{"status":"OK"}`.
    case accepted
    case refused(status: Int, errorType: String, message: String)
}

/// A runtime's way into its environment. Bound to the environment's event loop: every call is made on it, and answers
/// come on it.
package protocol RuntimeSession: AnyObject {
    /// The same environment, as extensions see it.
    var extensionSession: any ExtensionSession { get }
    /// `nil` where the environment is not one of SnapStart.
    var restoreSession: (any RestoreSession)? { get }
    /// Connections of one sandbox at one time.
    var connectionLimit: Int { get }
    /// `respond` is called once, with the event or a refusal, perhaps much later; never after ``nextAbandoned(_:)``.
    func next(connection: ObjectIdentifier, respond: @escaping (Result<RuntimeEvent, RuntimeRefusal>) -> Void)
    /// The connection closed while it waited in `next`.
    func nextAbandoned(_ connection: ObjectIdentifier)
    /// Whether an answer for this id would be taken now. `invocationID` is the one that the runtime echoed, where it did.
    func checkAnswer(requestID: String, invocationID: String?, isError: Bool) -> RuntimeReply
    func response(requestID: String, contentType: String?, body: Payload) -> RuntimeReply
    /// Bytes that a response may have which is collected.
    var responseLimit: Int { get }
    /// The head of a response that the runtime streams; `connection` is the one on which its body comes.
    func beginStream(
        requestID: String, invocationID: String?, contentType: String?, connection: any RuntimeConnection
    ) -> StreamAcceptance
    /// The body was larger than ``responseLimit`` and was thrown away.
    func responseTooLarge(requestID: String) -> RuntimeReply
    /// The mode header was there and not `streaming`.
    func responseModeInvalid(requestID: String) -> RuntimeReply
    /// The body ended before it was whole.
    func responseTruncated(requestID: String) -> RuntimeReply
    func invocationError(requestID: String, errorType: String?, contentType: String?, body: ByteBuffer) -> RuntimeReply
    /// What `Lambda-Runtime-Function-XRay-Error-Cause` said, before the error itself.
    func errorCause(_ json: String)
    func initError(errorType: String?, body: ByteBuffer) -> RuntimeReply
}

extension RuntimeSession {
    /// Runtimes use one or two, extensions one each.
    package var connectionLimit: Int { 64 }
    package var restoreSession: (any RestoreSession)? { nil }
}

/// What becomes of a streamed response.
package enum StreamAcceptance {
    /// The caller waits for the whole, so it is taken as any other.
    case collect
    case forward(any RuntimeResponseStream)
    /// To be answered once the body is over.
    case refused(RuntimeReply)
}

/// Where the body of a streamed response goes. Bound to the environment's event loop.
package protocol RuntimeResponseStream: AnyObject {
    func part(_ bytes: Payload)
    /// - Parameter error: What the trailers say: a type, and the base64 of an error as JSON.
    func ended(error: (type: String, body: String)?) -> RuntimeReply
    /// The connection closed before the body was whole.
    func truncated()
}

/// A connection of a runtime, as far as an environment has to do with it. Bound to the environment's event loop.
package protocol RuntimeConnection: AnyObject {
    /// What comes is left in the socket, or read again.
    func setReading(_ isReading: Bool)
}

/// A call of the runtime that is not allowed now.
package struct RuntimeRefusal: Error, Equatable, Sendable {
    package let status: Int
    package let errorType: String
    package let message: String
}

/// Something that runs for an environment and ends with it.
package protocol EnvironmentServer {
    func close()
}

/// Serves the Runtime API on a listening socket of a sandbox.
package protocol RuntimeServing: Sendable {
    /// Takes over `listener`. Called on `loop`.
    func serve(listener: Int32, session: any RuntimeSession, on loop: any EventLoop) throws -> any EnvironmentServer

    /// Takes over `socket`, which is connected or about to be. Called on `loop`.
    func telemetryConnection(
        socket: Int32, to destination: TelemetryDestination, on loop: any EventLoop
    ) -> any TelemetryConnection
}

/// Relays connections from inside a sandbox to the configured services endpoint.
package protocol ServicesRelaying: Sendable {
    /// Takes over `listener`. Called on `loop`.
    func relay(listener: Int32, on loop: any EventLoop) throws -> any EnvironmentServer
}
