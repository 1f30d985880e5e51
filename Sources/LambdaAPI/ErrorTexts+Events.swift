import LambdaCore

/// Texts about asynchronous invocations.
extension APIError {
    static let recursiveInvocation = APIError(.recursiveInvocation, Lineage.loopText)

    static func eventPayloadTooLarge(_ bytes: Int, limit: Int) -> APIError {
        APIError(
            .requestEntityTooLarge,
            "\(bytes) byte payload is too large for the Event invocation type "
                + "(limit \(limit) bytes)")
    }

    init(_ refusal: EventRefusal) {
        switch refusal {
        case .full:
            self.init(.tooManyRequests, "The queue of asynchronous invocations is full. Try again.")
        case .noRoom:
            self.init(
                .serviceUnavailable, "There is too little space left on the disk of asynchronous invocations.")
        case .shuttingDown: self = .stopping
        case .failed: self = .internalError
        }
    }
}
