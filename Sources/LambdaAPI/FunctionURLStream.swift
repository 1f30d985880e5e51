import LambdaCore
import NIOCore
import PlainHTTP

/// The answer of a function URL with `RESPONSE_STREAM`: the function's bytes as they come, behind what its prelude says.
///
/// The head waits for the first byte of the body, for until then what goes wrong can still be told by a status.
struct FunctionURLStream: AnswerForm {
    private enum Phase {
        case waiting
        case prelude(FunctionURLPrelude)
        /// The head is known, and no byte of the body.
        case headKnown(APIResponse)
        case body
    }

    private let call: FunctionURLCall
    private let invocation: Invocation
    private var phase = Phase.waiting

    init(call: FunctionURLCall, invocation: Invocation) {
        self.call = call
        self.invocation = invocation
    }

    func answered(_ result: Result<InvocationAnswer, InvocationFailure>) -> [AnswerStep] {
        [.whole(self.call.response(to: result, of: self.invocation))]
    }

    mutating func began(_ head: AnswerHead) -> [AnswerStep] {
        self.phase =
            FunctionURLResponse.hasPrelude(head.contentType)
            ? .prelude(FunctionURLPrelude()) : .headKnown(FunctionURLResponse.streamHead(contentType: head.contentType))
        return []
    }

    mutating func part(_ bytes: Payload) -> [AnswerStep] {
        switch self.phase {
        case .waiting: return []
        case .body: return [.bytes(bytes.buffers)]
        case .headKnown(let head):
            guard bytes.count > 0 else { return [] }
            self.phase = .body
            return [.head(self.finished(head)), .bytes(bytes.buffers)]
        case .prelude(var prelude):
            let step = prelude.take(bytes.bytes)
            self.phase = .prelude(prelude)
            return self.preludeSaid(step)
        }
    }

    mutating func ended(_ end: AnswerEnd) -> [AnswerStep] {
        switch self.phase {
        case .body: return [end.failure == nil ? .end : .cut]
        case .headKnown(let head):
            guard end.failure == nil else { break }
            return [.head(self.finished(head)), .end]
        case .waiting, .prelude: break
        }
        return [.whole(self.finished(FunctionURLResponse.failure))]
    }

    private mutating func preludeSaid(_ step: FunctionURLPrelude.Step) -> [AnswerStep] {
        switch step {
        case .more: return []
        case .broken:
            // What still comes is for nobody; the function runs to its end.
            return [.whole(self.finished(FunctionURLResponse.failure))]
        case .whole(let envelope, let body):
            self.phase = .headKnown(FunctionURLResponse.streamHead(envelope))
            return self.part(Payload(body))
        }
    }

    private func finished(_ response: APIResponse) -> APIResponse {
        var response = response
        response.headers.append(.init(name: HeaderName.traceID, value: self.invocation.traceHeader))
        return self.call.finished(response)
    }
}
