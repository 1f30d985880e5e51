/// Bytes that payloads may have at most: AWS's, where the operator chose no others.
package struct PayloadLimits: Sendable, Equatable {
    /// Of a request that waits for its answer.
    package var synchronous: Int
    /// Of an asynchronous request.
    package var event: Int
    /// Of an answer that is given whole.
    package var response: Int

    package init(
        synchronous: Int = Limits.synchronousPayloadBytes, event: Int = Limits.eventPayloadBytes,
        response: Int = Limits.responsePayloadBytes
    ) {
        self.synchronous = synchronous
        self.event = event
        self.response = response
    }
}
