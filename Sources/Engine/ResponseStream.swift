internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// One response on its way from the runtime's connection to the caller, while the function makes it.
///
/// - Note: `@unchecked Sendable` because the caller's side calls back from its own thread: ``consumed(_:)`` goes to `loop`
///   at once, and everything else is called there.
final class ResponseStream: RuntimeResponseStream, AnswerSource, @unchecked Sendable {
    private enum Phase {
        case open
        /// Its connection closed in the middle. Why is known a moment later, where it was the runtime's end.
        case truncated
        /// Too much came, and what still comes is thrown away.
        case tooLarge
        /// The caller has had its end.
        case closed
    }

    private let loop: any EventLoop
    private let receiver: any AnswerReceiver
    private let time: any TimeSource
    private weak var driver: EnvironmentDriver?
    private weak var connection: (any RuntimeConnection)?
    private var machine: StreamMachine
    private var phase = Phase.open
    private var timerIsArmed = false

    init(
        driver: EnvironmentDriver, receiver: any AnswerReceiver, connection: any RuntimeConnection,
        settings: EngineSettings
    ) {
        self.driver = driver
        self.loop = driver.loop
        self.time = driver.parts.time
        self.receiver = receiver
        self.connection = connection
        self.machine = StreamMachine(settings.streams, now: driver.now)
    }

    /// Bytes that came from the runtime.
    var count: Int { self.machine.total }
    var isTruncated: Bool { self.phase == .truncated }

    func begin(_ head: AnswerHead) { self.receiver.began(head, source: self) }

    func part(_ bytes: Payload) {
        guard self.phase == .open else { return }
        switch self.machine.arrived(bytes.count, now: self.time.now) {
        case .pass(let action):
            // First, for the caller may have taken the bytes before the call below returns, and then reading goes on.
            self.perform(action)
            self.receiver.part(bytes)
        case .tooLarge:
            self.phase = .tooLarge
            self.connection?.setReading(true)
            self.driver?.streamFailed(self, FailureAnswer.responseTooLarge(limit: self.machine.settings.limit))
        }
    }

    func ended(error: (type: String, body: String)?) -> RuntimeReply {
        switch self.phase {
        case .open:
            self.driver?.streamEnded(self, error: error)
            return .accepted
        case .tooLarge: return .tooLarge(limit: self.machine.settings.limit)
        // The caller has been told otherwise meanwhile: the time was over, or the sandbox is being stopped.
        case .closed, .truncated:
            return .refused(status: 400, errorType: "InvalidRequestID", message: "Invalid request ID")
        }
    }

    func truncated() {
        guard self.phase == .open else { return }
        self.phase = .truncated
        self.driver?.streamTruncated(self)
    }

    /// Nothing more is passed on. What the runtime still writes is read and thrown away.
    func close() {
        if self.phase != .tooLarge { self.phase = .closed }
        self.connection?.setReading(true)
        self.connection = nil
    }

    func consumed(_ bytes: Int) {
        if self.loop.inEventLoop {
            self.perform(self.machine.consumed(bytes, now: self.time.now))
        } else {
            self.loop.execute { self.perform(self.machine.consumed(bytes, now: self.time.now)) }
        }
    }

    private func perform(_ action: StreamMachine.Action) {
        switch action {
        case .nothing: break
        case .resume: self.connection?.setReading(true)
        case .hold(let instant):
            self.connection?.setReading(false)
            if let instant { self.armTimer(at: instant) }
        }
    }

    private func armTimer(at instant: Instant) {
        guard !self.timerIsArmed else { return }
        self.timerIsArmed = true
        let delay = max(0, instant.since(self.time.now).nanoseconds)
        self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) {
            self.timerIsArmed = false
            self.perform(self.machine.timerFired(now: self.time.now))
        }
    }
}
