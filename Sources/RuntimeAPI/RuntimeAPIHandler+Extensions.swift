internal import Engine
internal import LambdaCore
internal import Lifecycle
internal import NIOCore
internal import NIOHTTP1

/// The calls of extensions: they come to the same port as the runtime's.
extension RuntimeAPIHandler {
    func handle(
        _ route: ExtensionRoute, _ request: Request, _ session: any ExtensionSession, context: ChannelHandlerContext
    ) {
        guard !session.isDisabled else {
            return self.send(ExtensionReply(status: 404, contentType: nil, body: []), context: context)
        }
        let headers = request.head.headers
        let identifier = headers.first(name: HeaderName.extensionID)
        switch route {
        case .register:
            self.send(
                session.register(
                    name: headers.first(name: HeaderName.extensionName),
                    features: headers.first(name: HeaderName.extensionFeatures), body: request.body),
                context: context)
        case .next:
            self.isWaitingForExtensionEvent = true
            session.nextEvent(identifier: identifier, connection: self.id) { reply in
                self.isWaitingForExtensionEvent = false
                self.send(reply, context: context)
            }
        case .initError, .exitError:
            self.send(
                session.reportError(
                    route == .initError ? .initError : .exitError, identifier: identifier,
                    errorType: headers.first(name: HeaderName.extensionErrorType)),
                context: context)
        case .telemetry:
            self.send(session.subscribe(.telemetry, identifier: identifier, body: request.body), context: context)
        case .logs:
            self.send(session.subscribe(.logs, identifier: identifier, body: request.body), context: context)
        }
    }

    private func send(_ reply: ExtensionReply, context: ChannelHandlerContext) {
        self.send(RuntimeResponse.reply(reply, keepsAlive: self.keepsAlive), context: context)
    }
}
