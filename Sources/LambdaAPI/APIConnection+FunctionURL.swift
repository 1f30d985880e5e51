import LambdaCore
import NIOCore
import NIOHTTP1

/// Requests for function URLs.
extension APIConnection {
    func callURL(_ address: FunctionURLAddress, _ request: IncomingRequest) {
        let decision = self.server.urls.decide(
            FunctionURLRequest(
                requestID: request.requestID, address: address, method: request.head.method.rawValue,
                version: "HTTP/\(request.head.version.major).\(request.head.version.minor)", target: request.target,
                headers: request.head.headers, body: request.body.bytes, arrival: request.arrival,
                peer: self.context?.remoteAddress?.ipAddress, port: self.context?.localAddress?.port))
        switch decision {
        case .answer(let response): self.finish(response)
        case .run(let invocation, let call):
            self.forgetBody()
            switch call.mode {
            case .buffered: self.run(invocation, call, share: request.share)
            case .stream: self.stream(invocation, as: FunctionURLStream(call: call, invocation: invocation))
            }
        }
    }

    private func run(_ invocation: Invocation, _ call: FunctionURLCall, share: BodyBudget.Share?) {
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        self.server.sink.submit(invocation) { [share] result in
            // The event holds the body, also where the client has gone; so it keeps its share of memory.
            _ = share
            if loop.inEventLoop {
                bound.value.finish(call.response(to: result, of: invocation))
            } else {
                loop.execute { bound.value.finish(call.response(to: result, of: invocation)) }
            }
        }
    }
}
