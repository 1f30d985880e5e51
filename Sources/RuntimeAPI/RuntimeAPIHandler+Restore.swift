internal import Engine
internal import LambdaCore
internal import NIOCore
internal import NIOHTTP1

/// The calls that only a runtime of SnapStart has.
extension RuntimeAPIHandler {
    func handleRestore(_ request: Request, _ session: any RuntimeSession, context: ChannelHandlerContext) {
        guard let restore = session.restoreSession else { return self.sendNotFound(context: context) }
        switch request.route {
        case .restoreNext:
            self.restoreNext(restore, context: context)
        case .restoreError:
            let type = request.head.headers.first(name: HeaderName.runtimeErrorType)
            self.send(restore.restoreError(errorType: type), context: context)
        case .credentials:
            self.credentials(request, restore, context: context)
        case .ping, .next, .response, .invocationError, .initError, .extension, .wrongMethod, .unknown:
            self.sendNotFound(context: context)
        }
    }

    private func restoreNext(_ restore: any RestoreSession, context: ChannelHandlerContext) {
        self.isWaitingForEvent = true
        restore.restoreNext(connection: self.id) { result in
            self.isWaitingForEvent = false
            switch result {
            case .success: self.send(.ok, contentType: "application/json", body: "", context: context)
            case .failure(let refusal):
                self.send(
                    .refused(status: refusal.status, errorType: refusal.errorType, message: refusal.message),
                    context: context)
            }
        }
    }

    private func credentials(_ request: Request, _ restore: any RestoreSession, context: ChannelHandlerContext) {
        guard let json = restore.containerCredentials(token: request.head.headers.first(name: "Authorization")) else {
            return self.send(
                .notFound, contentType: "text/plain; charset=utf-8",
                body: "cannot get credentials for the provided token", context: context)
        }
        self.send(
            .ok, contentType: "application/json", body: String(decoding: json, as: UTF8.self), context: context)
    }
}
