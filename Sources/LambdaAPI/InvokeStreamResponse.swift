import LambdaCore

/// The answer of InvokeWithResponseStream: what the function gave in `PayloadChunk` events, then `InvokeComplete`.
///
/// A function's answer is here whole before the first event is written, so a failure of the platform is an ordinary error.
enum InvokeStreamResponse {
    static let contentType = "application/vnd.amazon.eventstream"
    /// Bytes of one event's payload. The protocol allows 24 MiB; clients show what they have event by event.
    private static let chunkBytes = 131_072

    static func make(_ answer: InvocationAnswer, trace: String) -> APIResponse {
        var body: [UInt8] = []
        body.reserveCapacity(answer.payload.count + 4_096)
        // The words of a function that failed are the details of the end, not its answer.
        if !answer.isFunctionError {
            for start in stride(from: 0, to: answer.payload.count, by: self.chunkBytes) {
                let end = min(start + self.chunkBytes, answer.payload.count)
                body += self.event("PayloadChunk", type: "application/octet-stream", answer.payload[start..<end])
            }
        }
        body += self.event("InvokeComplete", type: "application/json", self.completion(of: answer))
        return APIResponse(
            status: 200,
            headers: [
                .init(name: HeaderName.contentType, value: self.contentType),
                .init(name: HeaderName.executedVersion, value: answer.executedVersion),
                .init(name: HeaderName.traceID, value: trace),
            ], body: body)
    }

    private static func completion(of answer: InvocationAnswer) -> [UInt8] {
        var members = JSONObject()
        if answer.isFunctionError {
            members["ErrorCode"] = .string("Unhandled")
            members["ErrorDetails"] = .string(String(decoding: answer.payload, as: UTF8.self))
        }
        if let tail = answer.logTail { members["LogResult"] = .string(Base64.encode(tail)) }
        return JSONValue.object(members).serialized
    }

    private static func event(_ name: String, type: String, _ payload: some Collection<UInt8>) -> [UInt8] {
        EventStreamFrame.bytes(
            headers: [(":event-type", name), (":content-type", type), (":message-type", "event")], payload: payload)
    }
}
