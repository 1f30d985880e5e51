internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// The environments of SnapStart: their runtime stops before its first event, and is restored when an invocation wants it.
///
/// No memory is copied. What a runtime can tell is the same: its hooks before the snapshot run at the end of its init, and
/// those after the restore before its first event, perhaps much later.
extension EnvironmentDriver {
    struct Restore {
        var waiting: (connection: ObjectIdentifier, respond: (Result<Void, RuntimeRefusal>) -> Void)?
        var began: Instant?
        var isDone = false
        /// Reported once, by the first invocation.
        var duration: Duration?
        var credentials: ContainerCredentials?
    }

    /// Its first invocation restores it.
    var awaitsRestore: Bool { self.initialization == .snapStart && !self.restoring.isDone }

    /// As ``take(_:)``, of the first invocation.
    func takeRestoring(_ ticket: InvocationTicket, now: Instant) {
        self.restoring.began = now
        self.tell(.restoreStart(self.instance))
        let timeout = Duration.seconds(self.function.timeout)
        self.current = Current(
            ticket: ticket,
            machine: InvocationMachine(
                request: ticket.id, timeout: timeout, now: now, restoreLimit: self.settings.restoreTimeout),
            deadline: self.parts.time.wallTime.advanced(by: timeout), times: self.times(of: ticket, taken: now),
            trace: self.trace(of: ticket))
        self.armInvocationTimer()
        // One that asked for an event at once has no hooks, and nothing to wait for.
        guard self.session.isWaitingForRestore else { return self.runtimeWasRestored() }
        self.session.restoreAnswered()
        // Where its connection was lost it asks again, and is answered then.
        let waiting = self.restoring.waiting
        self.restoring.waiting = nil
        waiting?.respond(.success(()))
    }

    /// Its hooks are done, and it asks for an event: the invocation begins.
    func runtimeWasRestored() {
        guard var current = self.current else { return }
        let duration = self.restoreDuration
        self.restoring.isDone = true
        self.restoring.duration = duration
        self.drainLog()
        self.tell(.restoreRuntimeDone(.success))
        self.tell(.restoreReport(.success, duration: duration))
        let now = self.now
        let action = current.machine.runtimeWasRestored(now: now)
        current.deadline = self.parts.time.wallTime.advanced(by: current.machine.deadline.since(now))
        current.times.taken = now
        self.current = current
        guard action == .deliver else { return }
        self.armInvocationTimer()
        self.deliverIfPossible()
        self.writeStart()
    }

    /// The invocation never began: its caller is told by an error of the service, and no END follows.
    func failRestore(_ failure: InvocationMachine.RestoreFailure) {
        guard let current = self.current else { return }
        self.drainLog()
        self.flushPartialLine()
        let outcome = self.outcome(of: failure, request: current.ticket.id)
        self.tell(.restoreRuntimeDone(outcome))
        self.tell(.restoreReport(outcome, duration: self.restoreDuration))
        let type = outcome.errorType ?? Self.hookTimeout
        self.traceFailed(FailureAnswer.plain(type: type, request: current.ticket.id, text: "The restore failed"))
        self.sendTrace()
        current.ticket.fail(failure == .timedOut ? .restoreTimedOut : .restoreFailed)
        self.current = nil
        self.replaceAfterRestore(failure)
    }

    /// What is left after an invocation that failed is not started again: its next init would be one that no snapshot was
    /// taken of. The next invocation has a fresh environment.
    func drainInsteadOfReset() {
        guard self.initialization == .snapStart, self.machine.state == .invoking else { return }
        self.change { try $0.drainRequested() }
    }

    private func replaceAfterRestore(_ failure: InvocationMachine.RestoreFailure) {
        // Where the sandbox itself ended, its end is about to be told.
        if case .ended(.sandboxEnded) = failure { return }
        self.endReason = failure == .timedOut ? .timeout : .failure
        self.drainInsteadOfReset()
        guard self.machine.state == .draining, self.sandbox == .running else { return }
        self.change { try $0.resetRequested(now: self.now) }
    }

    private var restoreDuration: Duration { self.restoring.began.map { self.now.since($0) } ?? .zero }

    /// The runtime emulator's name for it.
    private static let hookTimeout = "Runtime.RestoreHookUserTimeout"

    private func outcome(
        of failure: InvocationMachine.RestoreFailure, request: RequestID
    ) -> PlatformRecord.Outcome {
        switch failure {
        case .timedOut: .init(.timeout, errorType: Self.hookTimeout)
        case .reported(let type): .init(.error, errorType: type)
        case .ended(let failure):
            .init(
                .error,
                errorType: FailureAnswer(failure, request: request, timeout: self.function.timeout).errorType)
        }
    }
}

extension EnvironmentDriver: RestoreSession {
    func restoreNext(
        connection: ObjectIdentifier, respond: @escaping (Result<Void, RuntimeRefusal>) -> Void
    ) {
        do {
            let action = try self.session.restoreRequested()
            guard action != .answer else { return respond(.success(())) }
            self.restoring.waiting = (connection, respond)
            guard action == .initDone else { return }
            // As before an event: what the init printed stands before what follows.
            self.drainLog()
            self.extensions.runtimeBecameReady()
        } catch {
            respond(.failure(RuntimeRefusal(status: 403, errorType: error.errorType, message: error.message)))
        }
    }

    func restoreError(errorType: String?) -> RuntimeReply {
        do { try self.session.restoreErrorReceived() } catch { return Self.reply(error) }
        let type = RuntimeErrorType.accepted(errorType)
        // After this turn, so that the runtime has its 202 before its sandbox goes.
        self.loop.assumeIsolated().execute { self.hookFailed(type) }
        return .accepted
    }

    func containerCredentials(token: String?) -> [UInt8]? {
        guard let credentials = self.restoring.credentials, credentials.token == token else { return nil }
        return credentials.json(now: self.parts.time.wallTime)
    }

    private func hookFailed(_ type: String) {
        guard var current = self.current else { return }
        let action = current.machine.restoreFailed(type: type, now: self.now)
        self.current = current
        self.perform(action)
    }
}
