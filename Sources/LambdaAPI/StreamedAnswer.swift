import LambdaCore
import NIOCore
import PlainHTTP

/// What is to be written of an answer that comes piece by piece.
enum AnswerStep {
    /// The answer, whole: nothing was written before, and nothing follows.
    case whole(APIResponse)
    /// Status and headers.
    case head(APIResponse)
    case bytes([ByteBuffer])
    case end
    /// The answer breaks off, and its reader must see that.
    case cut
}

/// In which form an answer leaves that comes piece by piece.
protocol AnswerForm {
    mutating func answered(_ result: Result<InvocationAnswer, InvocationFailure>) -> [AnswerStep]
    mutating func began(_ head: AnswerHead) -> [AnswerStep]
    mutating func part(_ bytes: Payload) -> [AnswerStep]
    mutating func ended(_ end: AnswerEnd) -> [AnswerStep]
}

/// Brings an answer from the environment's thread to the connection's, and writes it there as it comes.
///
/// What was given and is not written yet is told back as consumed only once it is, so that a slow client slows the function.
/// Where the client has gone all is consumed at once, and the function runs to its end.
final class StreamedAnswer: AnswerReceiver {
    private let loop: any EventLoop
    private let writer: NIOLoopBound<AnswerWriter>
    /// Of the request's body, which lives as long as the invocation.
    private let share: BodyBudget.Share?

    init(connection: APIConnection, request: IncomingRequest, form: any AnswerForm) {
        self.loop = connection.loop
        self.share = request.share
        self.writer = NIOLoopBound(
            AnswerWriter(connection: connection, request: request, form: form), eventLoop: connection.loop)
    }

    func answered(_ result: Result<InvocationAnswer, InvocationFailure>) { self.run { $0.answered(result) } }

    func began(_ head: AnswerHead, source: any AnswerSource) { self.run { $0.began(head, source: source) } }

    func part(_ bytes: Payload) { self.run { $0.part(bytes) } }

    func ended(_ end: AnswerEnd) { self.run { $0.ended(end) } }

    private func run(_ body: @escaping @Sendable (AnswerWriter) -> Void) {
        let writer = self.writer
        if self.loop.inEventLoop { body(writer.value) } else { self.loop.execute { body(writer.value) } }
    }
}

/// Writes one answer. Lives on its connection's loop.
final class AnswerWriter {
    private let connection: APIConnection
    private let request: IncomingRequest
    private var form: any AnswerForm
    private var source: (any AnswerSource)?
    private var framing = APIConnection.Framing.none

    init(connection: APIConnection, request: IncomingRequest, form: any AnswerForm) {
        self.connection = connection
        self.request = request
        self.form = form
    }

    func answered(_ result: Result<InvocationAnswer, InvocationFailure>) {
        self.perform(self.form.answered(result), consuming: 0)
    }

    func began(_ head: AnswerHead, source: any AnswerSource) {
        self.source = source
        self.perform(self.form.began(head), consuming: 0)
    }

    func part(_ bytes: Payload) {
        guard self.connection.awaitsAnswer(of: self.request) else {
            self.source?.consumed(bytes.count)
            return
        }
        self.perform(self.form.part(bytes), consuming: bytes.count)
    }

    func ended(_ end: AnswerEnd) { self.perform(self.form.ended(end), consuming: 0) }

    /// - Parameter count: Bytes of the function that are taken once all of this is written.
    private func perform(_ steps: [AnswerStep], consuming count: Int) {
        var buffers: [ByteBuffer] = []
        for step in steps {
            guard self.connection.awaitsAnswer(of: self.request) else { break }
            switch step {
            case .whole(let response): self.connection.finish(response)
            case .head(let response): self.framing = self.connection.writeStreamHead(response, of: self.request)
            case .bytes(let more): buffers += self.framing.framed(more)
            case .end:
                self.connection.write(buffers)
                buffers = []
                self.connection.endStream(of: self.request, self.framing)
            case .cut: self.connection.cutStream()
            }
        }
        guard count > 0 || !buffers.isEmpty else { return }
        let source = self.source
        guard !buffers.isEmpty else {
            source?.consumed(count)
            return
        }
        // Also where it fails, for then nobody waits for the rest.
        self.connection.write(buffers) { source?.consumed(count) }
    }
}
