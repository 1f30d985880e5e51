internal import LambdaCore

/// An invocation and the one answer it gets. Bound to the event loop of its function's pool.
final class InvocationTicket {
    typealias Answer = @Sendable (Result<InvocationAnswer, InvocationFailure>) -> Void

    let invocation: Invocation
    /// From its admission until its environment is done with it.
    private var lease: ConcurrencyLease?
    private var answer: Answer?
    /// What the caller gets once the log's tail is whole, where it asked for one.
    private var held: InvocationAnswer?
    private var tail = LogTail()

    init(invocation: Invocation, answer: @escaping Answer) {
        self.invocation = invocation
        self.answer = answer
    }

    /// However an invocation ends: when nobody has it any more, it holds nothing.
    deinit { self.lease?.end() }

    var id: RequestID { self.invocation.requestID }

    func hold(_ lease: ConcurrencyLease) { self.lease = lease }

    /// See ``ConcurrencyLease/answered()``.
    func answered() { self.lease?.answered() }

    /// Its environment is done with it, or it has one that counts anyway.
    func endLease() {
        self.lease?.end()
        self.lease = nil
    }

    func appendToTail(_ line: [UInt8]) {
        guard self.invocation.wantsLogTail, self.answer != nil else { return }
        self.tail.append(line: line)
    }

    /// Answers at once; a caller that wants the log's tail waits until ``finish()``, for REPORT belongs to it.
    func respond(payload: [UInt8], contentType: String = "application/json", isFunctionError: Bool) {
        let answer = InvocationAnswer(
            payload: payload, contentType: contentType, isFunctionError: isFunctionError,
            executedVersion: self.invocation.function.version)
        if self.invocation.wantsLogTail {
            self.held = answer
        } else {
            self.send(.success(answer))
        }
    }

    /// The log is whole.
    func finish() {
        self.endLease()
        guard var answer = self.held else { return }
        answer.logTail = self.tail.contents
        self.send(.success(answer))
    }

    func fail(_ failure: InvocationFailure) {
        self.endLease()
        self.send(.failure(failure))
    }

    private func send(_ result: Result<InvocationAnswer, InvocationFailure>) {
        // Taken out first: an answer is given once, whatever its receiver does.
        guard let answer = self.answer else { return }
        self.answer = nil
        self.held = nil
        answer(result)
    }
}
