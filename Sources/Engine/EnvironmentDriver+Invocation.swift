internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// One invocation after the other.
extension EnvironmentDriver {
    /// The pool gives it an invocation; the environment must be available.
    func take(_ ticket: InvocationTicket) {
        let now = self.now
        self.change {
            try $0.reserved(now: now)
            return .nothing
        }
        guard !self.awaitsRestore else { return self.takeRestoring(ticket, now: now) }
        let isReady = self.runtimeIsAlive && self.session.isWaitingForEvent
        let timeout = Duration.seconds(self.function.timeout)
        self.current = Current(
            ticket: ticket,
            machine: InvocationMachine(request: ticket.id, timeout: timeout, now: now, runtimeIsReady: isReady),
            deadline: self.parts.time.wallTime.advanced(by: timeout), times: self.times(of: ticket, taken: now),
            trace: self.trace(of: ticket))
        self.armInvocationTimer()
        if isReady {
            // The event first: the runtime wakes while START is written. Its own lines are read on this loop, so later.
            self.deliverIfPossible()
            self.writeStart()
        } else {
            // The runtime was killed by a reset: its init runs again, inside this invocation and its timeout.
            self.current?.initBegan = now
            self.beginInit(phase: .invoke)
        }
    }

    func runtimeIsReadyForCurrent() {
        guard var current = self.current else { return }
        let action = current.machine.runtimeBecameReady()
        self.current = current
        self.initInsideDone(current)
        self.deliverIfPossible()
        if action == .deliver { self.writeStart() }
    }

    func deliverIfPossible() {
        guard let current = self.current, !current.isDelivered, !current.machine.isOver, !self.waitingNext.isEmpty
        else { return }
        let waiting = self.waitingNext.removeFirst()
        let isFirst = self.session.isWaitingForEvent
        if isFirst { self.session.eventDelivered(current.ticket.id) }
        self.current?.isDelivered = true
        self.current?.times.delivered = self.now
        if isFirst { self.eventGoesOut() }
        let invocation = current.ticket.invocation
        waiting.respond(
            .success(
                RuntimeEvent(
                    requestID: invocation.requestID, invocationID: current.invocationID, deadline: current.deadline,
                    invokedARN: invocation.invokedARN,
                    traceHeader: current.trace?.header ?? invocation.traceHeader,
                    clientContext: invocation.clientContext, tenantID: invocation.tenantID,
                    cognitoIdentity: invocation.cognitoIdentity, contentType: invocation.contentType,
                    payload: invocation.content)))
    }

    /// - Parameter errorType: Where these are the platform's words.
    func runtimeAnswered(
        _ content: Payload, contentType: String?, isFunctionError: Bool, errorType: String? = nil
    ) {
        guard var current = self.current else { return }
        let action = current.machine.runtimeAnswered()
        self.current = current
        guard action == .answer else { return }
        self.answerCame(bytes: current.ticket.stream?.count ?? content.count)
        self.owner?.environmentAnswered(self)
        current.ticket.respond(
            content, contentType: contentType ?? "application/json", isFunctionError: isFunctionError,
            errorType: errorType)
        self.prefetchMemory()
    }

    func runtimeFinishedInvocation() {
        self.settleTruncatedStream()
        self.runtimeIsBack()
        guard self.extensions.isIdle else { return }
        self.invocationFinished()
    }

    func invocationFinished() {
        guard var current = self.current else { return }
        let action = current.machine.runtimeAskedForNext(now: self.now)
        self.current = current
        self.perform(action)
    }

    func invocationFailed(_ failure: InvocationMachine.Failure) {
        guard var current = self.current else { return }
        let action = current.machine.failed(failure, now: self.now)
        self.current = current
        self.perform(action)
    }

    /// As with the lifecycle's timer: an earlier one stays and asks again, so that warm invocations schedule nothing.
    func armInvocationTimer() {
        guard let deadline = self.current?.machine.deadline else { return }
        if let due = self.invocationTimerDue, due <= deadline { return }
        self.invocationTimer?.cancel()
        self.invocationTimerDue = deadline
        let delay = max(0, deadline.since(self.now).nanoseconds)
        self.invocationTimer = self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) {
            self.invocationTimerDue = nil
            guard var current = self.current else { return }
            let action = current.machine.timerFired(now: self.now)
            self.current = current
            self.perform(action)
        }
    }

    func perform(_ action: InvocationMachine.Action) {
        switch action {
        case .nothing, .deliver, .answer:
            break
        case .armTimer:
            self.armInvocationTimer()
        case .finish:
            self.finish(.success) { self.release() }
        case .fail(let failure):
            self.fail(failure)
        case .failRestore(let failure):
            self.failRestore(failure)
        case .finishAndReset(let failure):
            self.finish(self.status(of: failure)) { self.reset(after: failure) }
        }
    }

    private func fail(_ failure: InvocationMachine.Failure) {
        guard let current = self.current else { return }
        let answer = FailureAnswer(failure, request: current.ticket.id, timeout: self.function.timeout)
        // AWS writes START after the init that ran inside the invocation; a failed one had no START yet.
        if !current.isStartWritten {
            if failure == .timedOut { self.logFailedInit(.timedOut, began: current.initBegan, phase: "invoke") }
            self.writeStart()
        }
        if failure == .timedOut {
            self.drainLog()
            self.flushPartialLine()
            self.tellTimeout()
        }
        self.traceFailed(answer)
        self.owner?.environmentAnswered(self)
        if failure == .stopped {
            // Not the function's fault: whoever called tries again, and an event runs again at the next start.
            current.ticket.fail(.shuttingDown)
        } else {
            current.ticket.respond(answer)
        }
        self.finish(.error(type: answer.errorType, isTimeout: failure == .timedOut)) { self.reset(after: failure) }
    }

    private func status(of failure: InvocationMachine.Failure) -> PlatformLog.Status {
        guard let id = self.current?.ticket.id else { return .success }
        let answer = FailureAnswer(failure, request: id, timeout: self.function.timeout)
        return .error(type: answer.errorType, isTimeout: failure == .timedOut)
    }

    /// END and REPORT, once the peak of memory is known; then the tail's answer, then `then`.
    private func finish(_ status: PlatformLog.Status, then: @escaping () -> Void) {
        self.noteInit()
        self.withPeakMemory { peak in
            guard let current = self.current else { return }
            self.drainLog()
            self.flushPartialLine(runtimeEnds: status != .success)
            self.tellRuntimeDone(status)
            self.writeEnd(
                .init(
                    requestID: current.ticket.id, duration: current.machine.duration(now: self.now),
                    initDuration: self.initDuration, restoreDuration: self.restoring.duration,
                    memorySize: self.function.memorySize, peakMemoryBytes: peak, status: status))
            self.initDuration = nil
            self.restoring.duration = nil
            self.sendTrace()
            current.ticket.finish()
            self.current = nil
            then()
        }
    }

    private func release() {
        // The sandbox may have ended while the last figure of memory was on its way.
        guard self.sandbox == .running else { return }
        let settings = self.lifecycleSettings
        self.change { try $0.released(now: self.now, settings: settings) }
        if self.machine.state == .ready { self.owner?.environmentBecameFree(self) }
    }

    private func reset(after failure: InvocationMachine.Failure) {
        // The sandbox may have ended while the last figure of memory was on its way.
        guard self.sandbox == .running else { return }
        switch failure {
        case .sandboxEnded, .stopped: return
        case .timedOut, .runtimeExited, .extensionFailed, .initFailed: break
        }
        self.endReason = failure == .timedOut ? .timeout : .failure
        self.drainInsteadOfReset()
        switch self.machine.state {
        case .invoking, .draining:
            self.change { try $0.resetRequested(now: self.now) }
        case .inactive, .starting, .ready, .startupFailed, .startupTimedOut, .timingOut, .stopped, .resetting:
            // The sandbox went meanwhile.
            break
        }
    }
}

extension PlatformLog.Status {
    fileprivate static func error(type: String, isTimeout: Bool) -> PlatformLog.Status {
        isTimeout ? .timeout : .error(type: type)
    }
}

/// The peak of memory, for REPORT.
extension EnvironmentDriver {
    /// How long REPORT waits for init's figure; then the last one known stands.
    private static let memoryPatience = TimeAmount.milliseconds(100)

    /// Without the memory controller, init has to be asked, which costs more than all else that a warm invocation does. A
    /// figure this old still stands: in that mode nothing limits memory either, and the executor has warned of it.
    private static let memoryAge = Duration.milliseconds(50)

    /// Asks early where the figure has to come from inside, so that it is there when the runtime asks for more.
    func prefetchMemory() {
        guard self.descriptors?.memoryPeak == nil, self.memoryWaiters.isEmpty, !self.memoryIsFresh else { return }
        self.memoryWaiters.append { _ in }
        self.control?.send(.memory)
    }

    func memoryReported(_ peakBytes: UInt64) {
        self.peakMemory = max(self.peakMemory, peakBytes)
        self.memoryReportedAt = self.now
        let waiters = self.memoryWaiters
        self.memoryWaiters = []
        for waiter in waiters { waiter(self.peakMemory) }
    }

    /// `memory.peak` where the memory controller is there; otherwise the last figure that init gave.
    func readPeakMemory() -> UInt64 {
        if let peak = self.descriptors?.memoryPeak {
            let digits = self.parts.reader.readFile(peak).prefix { $0 >= 0x30 && $0 <= 0x39 }
            self.peakMemory = max(self.peakMemory, UInt64(String(decoding: digits, as: UTF8.self)) ?? 0)
        }
        return self.peakMemory
    }

    private var memoryIsFresh: Bool {
        guard let reported = self.memoryReportedAt else { return false }
        return self.now.since(reported) < Self.memoryAge
    }

    private func withPeakMemory(_ body: @escaping (UInt64) -> Void) {
        if self.descriptors?.memoryPeak != nil { return body(self.readPeakMemory()) }
        // Asked for only where there is no young figure and init can still be asked.
        guard !self.memoryIsFresh, let control = self.control, self.sandbox == .running else {
            return body(self.peakMemory)
        }
        let isAsked = !self.memoryWaiters.isEmpty
        self.memoryWaiters.append(body)
        if !isAsked { control.send(.memory) }
        self.loop.assumeIsolated().scheduleTask(in: Self.memoryPatience) {
            if !self.memoryWaiters.isEmpty { self.memoryReported(self.peakMemory) }
        }
    }
}
