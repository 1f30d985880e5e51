import LambdaCore
import NIOCore
import PlainHTTP

/// The answer of InvokeWithResponseStream: what the function gives in `PayloadChunk` events, then `InvokeComplete`.
struct InvokeStreamResponse: AnswerForm {
    static let contentType = "application/vnd.amazon.eventstream"
    /// Bytes of one event's payload. The protocol allows 24 MiB; clients show what they have event by event.
    private static let chunkBytes = 131_072

    private let invocation: Invocation

    init(invocation: Invocation) { self.invocation = invocation }

    func answered(_ result: Result<InvocationAnswer, InvocationFailure>) -> [AnswerStep] {
        switch result {
        case .failure(let failure): return [.whole(APIResponse(APIError.failure(failure, of: self.invocation)))]
        case .success(let answer):
            let head = self.head(version: answer.executedVersion)
            guard answer.isFunctionError else {
                return [head] + self.part(answer.content) + self.ended(AnswerEnd(logTail: answer.logTail))
            }
            // The words of a function that failed are the details of the end, not its answer.
            let failure = AnswerEnd.Failure(
                errorType: answer.platformErrorType ?? "Unhandled", details: answer.payload)
            return [head] + self.ended(AnswerEnd(failure: failure, logTail: answer.logTail))
        }
    }

    func began(_ head: AnswerHead) -> [AnswerStep] { [self.head(version: head.executedVersion)] }

    func part(_ bytes: Payload) -> [AnswerStep] {
        var steps: [AnswerStep] = []
        for var buffer in bytes.buffers {
            while let piece = buffer.readSlice(length: min(buffer.readableBytes, Self.chunkBytes)),
                piece.readableBytes > 0
            {
                steps.append(.bytes(EventStreamFrame.payloadChunk(piece)))
            }
        }
        return steps
    }

    func ended(_ end: AnswerEnd) -> [AnswerStep] {
        var members = JSONObject()
        if let failure = end.failure {
            members["ErrorCode"] = .string(failure.errorType)
            members["ErrorDetails"] = .string(String(decoding: failure.details, as: UTF8.self))
        }
        if let tail = end.logTail { members["LogResult"] = .string(Base64.encode(tail)) }
        let frame = EventStreamFrame.bytes(
            headers: [
                (":event-type", "InvokeComplete"), (":content-type", "application/json"), (":message-type", "event"),
            ], payload: JSONValue.object(members).serialized)
        return [.bytes([ByteBuffer(bytes: frame)]), .end]
    }

    private func head(version: String) -> AnswerStep {
        .head(
            APIResponse(
                status: 200,
                headers: [
                    .init(name: HeaderName.contentType, value: Self.contentType),
                    .init(name: HeaderName.executedVersion, value: version),
                    .init(name: HeaderName.traceID, value: self.invocation.traceHeader),
                ]))
    }
}

extension EventStreamFrame {
    /// A `PayloadChunk` event around `payload`, which stays where it is.
    static func payloadChunk(_ payload: ByteBuffer) -> [ByteBuffer] {
        let head = self.head(headers: self.chunkHeaders, payloadCount: payload.readableBytes)
        var checksum = CRC32()
        checksum.take(head.span)
        checksum.take(payload.readableBytesUInt8Span)
        return [ByteBuffer(bytes: head), payload, ByteBuffer(integer: checksum.value)]
    }

    private static let chunkHeaders = EventStreamFrame.encoded([
        (":event-type", "PayloadChunk"), (":content-type", "application/octet-stream"), (":message-type", "event"),
    ])
}
