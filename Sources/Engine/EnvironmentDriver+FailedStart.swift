internal import LambdaCore
internal import Lifecycle
internal import Logging

/// What an invocation is told that waited for an environment which never became ready.
extension EnvironmentDriver {
    /// In the function's own words where the function's part failed, or with the platform's failure, which is logged.
    ///
    /// - Parameter isFirst: Whether no other was told of the same failure.
    func answerFailedStart(_ ticket: InvocationTicket, _ failure: StartFailure, isFirst: Bool = true) {
        let limit = self.lifecycleSettings.startupTimeout
        if self.sandbox != .launching,
            let words = FailureAnswer(startFailure: failure, request: ticket.id, startupTimeout: limit)
        {
            self.reportFailedStart(
                ticket, words, status: failure == .timedOut ? .timeout : .error(type: words.errorType),
                isFirst: isFirst)
            return
        }
        self.parts.logger.error("an environment could not be started: \(failure)", metadata: self.logMetadata)
        ticket.fail(failure.invocationFailure)
    }

    /// The lines and the answer of an invocation whose environment never became ready.
    ///
    /// - Parameter isFirst: Whether no other was told of the same failure.
    private func reportFailedStart(
        _ ticket: InvocationTicket, _ words: FailureAnswer, status: PlatformLog.Status, isFirst: Bool
    ) {
        if status == .timeout, isFirst { self.logFailedInit(.timedOut, began: self.initBegan, phase: "init") }
        let began = self.launchBegan ?? self.now
        self.current = Current(
            ticket: ticket,
            machine: InvocationMachine(request: ticket.id, timeout: .zero, now: began, runtimeIsReady: true),
            deadline: self.parts.time.wallTime, times: self.times(of: ticket, taken: began),
            trace: self.trace(of: ticket))
        defer { self.current = nil }
        self.writeStart()
        self.traceFailed(words)
        self.tellRuntimeDone(status)
        self.writeEnd(
            .init(
                requestID: ticket.id, duration: self.now.since(began), initDuration: nil,
                memorySize: self.function.memorySize, peakMemoryBytes: self.readPeakMemory(), status: status))
        ticket.respond(words)
        ticket.finish()
        self.sendTrace()
    }
}

extension StartFailure {
    fileprivate var invocationFailure: InvocationFailure {
        switch self {
        case .timedOut: .startupTimedOut
        case .cancelled(.shutdown): .shuttingDown
        case .cancelled(.delete), .cancelled(.update): .functionDeleted
        case .sandbox, .credentials, .sandboxEnded, .initError, .runtimeExited, .invalidEntrypoint, .extensionFailed:
            .startFailed("\(self)")
        }
    }
}
