import LambdaCore
import NIOCore
import NIOHTTP1

/// Invocations through the API.
extension APIConnection {
    func invoke(_ request: IncomingRequest, label: Substring, form: Invoker.Form) {
        do throws(APIError) {
            let decision = try self.server.invoker.decide(
                Invoker.Request(
                    requestID: request.requestID, method: request.head.method.rawValue, target: request.target,
                    label: label, headers: request.head.headers, body: request.body,
                    arrival: request.arrival, form: form))
            request.body = RequestBody()
            switch decision {
            case .dryRun(let trace):
                self.finish(APIResponse(status: 204, headers: [.init(name: HeaderName.traceID, value: trace)]))
            case .enqueue(let event):
                self.submit(request, .event(event))
            case .run(let invocation):
                switch form {
                case .whole: self.run(invocation)
                case .stream: self.stream(invocation, as: InvokeStreamResponse(invocation: invocation))
                }
            }
        } catch {
            self.finish(APIResponse(error))
        }
    }

    private func run(_ invocation: Invocation) {
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        let share = self.request?.share
        self.server.sink.submit(invocation) { [share] result in
            // The payload lives as long as the invocation, also where the client has gone; so does its share of memory.
            _ = share
            if loop.inEventLoop {
                bound.value.finish(result, of: invocation)
            } else {
                loop.execute { bound.value.finish(result, of: invocation) }
            }
        }
    }

    private func finish(_ result: Result<InvocationAnswer, InvocationFailure>, of invocation: Invocation) {
        switch result {
        case .success(let answer): self.finish(InvokeResponse.make(answer, trace: invocation.traceHeader))
        case .failure(let failure): self.finish(APIResponse(APIError.failure(failure, of: invocation)))
        }
    }

    /// What a body of `length` bytes is put into.
    func body(for request: IncomingRequest, length: Int) -> RequestBody {
        let isPayload =
            switch request.subject {
            case .invoke, .invokeStream: true
            case .operation, .url, .code, .targeted, .health, .unknown: false
            }
        let isChunked = length == 0 && request.head.headers.contains(name: "Transfer-Encoding")
        return RequestBody(
            length: isChunked ? nil : length, isPayload: isPayload,
            isHashed: self.server.invoker.authenticator.needsBodyHash(request.head.headers))
    }
}
