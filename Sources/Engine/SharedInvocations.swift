internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// What an environment that holds several invocations tells its pool.
protocol SharedEnvironmentOwner: AnyObject {
    /// A worker of it asks for an event.
    func workerCame(_ driver: EnvironmentDriver)
    /// A worker that waited is gone.
    func workerLeft(_ driver: EnvironmentDriver)
    /// `workerReturns`: its worker has answered, and is about to ask for more.
    func invocationEnded(_ driver: EnvironmentDriver, workerReturns: Bool)
}

/// The invocations of an environment whose runtime works on several at one time. The driver has everything else.
///
/// An invocation is over with its answer, for nobody can tell which worker it is that asks for the next event. None is ended by
/// force: where one takes too long its caller is told so, and its worker goes on.
///
/// - Note: `@unchecked Sendable` because closures on its driver's event loop capture it; no other thread touches it.
final class SharedInvocations: @unchecked Sendable {
    typealias Current = EnvironmentDriver.Current
    typealias Waiting = (connection: ObjectIdentifier, respond: (Result<RuntimeEvent, RuntimeRefusal>) -> Void)

    /// Owns this, and is kept alive by the closures that outlive a call.
    unowned let driver: EnvironmentDriver
    weak var owner: (any SharedEnvironmentOwner)?
    var session: SharedSessionMachine
    private(set) var running: [RequestID: Current] = [:]
    /// Workers that wait, the first one first.
    var waiting: [Waiting] = []
    /// Told in the same turn as the error that it belongs to.
    var nextCause: String?
    private var timer: Scheduled<Void>?
    private var timerDue: Instant?

    init(driver: EnvironmentDriver, slots: Int) {
        self.driver = driver
        self.session = SharedSessionMachine(slots: slots)
    }

    /// When the last of what runs must be over.
    var latestDeadline: Instant? { self.running.values.map(\.machine.deadline).max() }

    /// The init is done, and the pool knows of it.
    func offerWorkers() { for _ in 0..<self.session.becameReady() { self.owner?.workerCame(self.driver) } }

    /// The pool gives a worker that has been offered an invocation.
    func take(_ ticket: InvocationTicket) {
        let driver = self.driver
        guard !self.waiting.isEmpty else { return ticket.fail(.startFailed("a worker that was ready is gone")) }
        let worker = self.waiting.removeFirst()
        let now = driver.now
        if driver.machine.state == .ready {
            driver.change {
                try $0.reserved(now: now)
                return .nothing
            }
        }
        let timeout = Duration.seconds(driver.function.timeout)
        var current = Current(
            ticket: ticket,
            machine: InvocationMachine(request: ticket.id, timeout: timeout, now: now, runtimeIsReady: true),
            deadline: driver.parts.time.wallTime.advanced(by: timeout), times: driver.times(of: ticket, taken: now),
            trace: driver.trace(of: ticket))
        current.times.delivered = now
        self.session.eventDelivered(ticket.id)
        worker.respond(.success(Self.event(of: current)))
        self.write(of: &current) { driver.writeStart() }
        self.running[ticket.id] = current
        // Asked for early, so that REPORT has it.
        driver.prefetchMemory()
        self.armTimer()
    }

    private static func event(of current: Current) -> RuntimeEvent {
        let invocation = current.ticket.invocation
        return RuntimeEvent(
            requestID: invocation.requestID, invocationID: current.invocationID, deadline: current.deadline,
            invokedARN: invocation.invokedARN, traceHeader: current.trace?.header ?? invocation.traceHeader,
            clientContext: invocation.clientContext, tenantID: invocation.tenantID,
            cognitoIdentity: invocation.cognitoIdentity, contentType: invocation.contentType,
            payload: invocation.content)
    }

    // MARK: Ends

    /// - Parameter errorType: Where these are the platform's words.
    func answered(
        _ request: RequestID, _ content: Payload, contentType: String?, isFunctionError: Bool, errorType: String? = nil
    ) {
        guard var current = self.running.removeValue(forKey: request),
            current.machine.runtimeAnswered() == .answer
        else { return }
        let now = self.driver.now
        _ = current.machine.runtimeAskedForNext(now: now)
        current.times.answered = now
        current.times.producedBytes = content.count
        current.ticket.endLease()
        current.ticket.respond(
            content, contentType: contentType ?? "application/json", isFunctionError: isFunctionError,
            errorType: errorType)
        self.finish(current, .success)
        self.ended(workerReturns: true)
    }

    private func failed(_ current: Current, _ failure: InvocationMachine.Failure) {
        let driver = self.driver
        var current = current
        guard current.machine.failed(failure, now: driver.now) == .fail(failure) else { return }
        let answer = FailureAnswer(failure, request: current.ticket.id, timeout: driver.function.timeout)
        self.write(of: &current) { driver.traceFailed(answer) }
        if failure == .stopped {
            // Not the function's fault: whoever called tries again, and an event runs again at the next start.
            current.ticket.fail(.shuttingDown)
        } else {
            current.ticket.respond(answer)
        }
        self.finish(current, failure == .timedOut ? .timeout : .error(type: answer.errorType))
    }

    /// END and REPORT, with the last figure of memory that is known; then the tail's answer.
    ///
    /// After this turn: other workers write while one answers, and what the event loop has seen in their pipe must still be
    /// there when it comes to read it. By then all that this one wrote can be read before its END.
    private func finish(_ current: Current, _ status: PlatformLog.Status) {
        let driver = self.driver
        var current = current
        self.write(of: &current) { driver.noteInit() }
        let report = PlatformLog.Report(
            requestID: current.ticket.id, duration: current.machine.duration(now: driver.now),
            initDuration: driver.initDuration, memorySize: driver.function.memorySize,
            peakMemoryBytes: driver.readPeakMemory(), status: status)
        driver.initDuration = nil
        driver.loop.assumeIsolated().execute {
            driver.drainLog()
            driver.shared?.write(of: &current) {
                if status == .timeout { driver.tellTimeout() }
                driver.writeEnd(report)
                driver.sendTrace()
            }
            current.ticket.finish()
        }
    }

    /// The driver writes about its current invocation; for a moment it is this one. Lines of the function are told apart by
    /// nothing, and are no part of any.
    private func write(of current: inout Current, _ body: () -> Void) {
        self.driver.current = current
        body()
        current = self.driver.current ?? current
        self.driver.current = nil
    }

    /// The function's error is part of its trace.
    func traceError(of request: RequestID, body: [UInt8], contentType: String?, cause: String?) {
        guard var current = self.running[request] else { return }
        self.write(of: &current) {
            if let cause { self.driver.errorCause(cause) }
            self.driver.traceFailed(body: body, contentType: contentType)
        }
        self.running[request] = current
    }

    private func ended(workerReturns: Bool) {
        let driver = self.driver
        self.owner?.invocationEnded(driver, workerReturns: workerReturns)
        if self.session.offersMore() { self.owner?.workerCame(driver) }
        guard self.running.isEmpty else { return }
        // After this turn, so that the worker has its 202 before its sandbox may go.
        driver.loop.assumeIsolated().execute { driver.shared?.release() }
    }

    private func release() {
        let driver = self.driver
        guard self.running.isEmpty, driver.sandbox == .running else { return }
        switch driver.machine.state {
        case .invoking, .draining:
            let settings = driver.lifecycleSettings
            driver.change { try $0.released(now: driver.now, settings: settings) }
        case .inactive, .starting, .ready, .startupFailed, .startupTimedOut, .timingOut, .stopped, .resetting:
            // Another invocation was here and gone meanwhile.
            break
        }
    }

    /// All that runs ends with what it ran in.
    func failAll(_ failure: InvocationMachine.Failure) {
        let all = self.running.values.sorted { $0.machine.deadline < $1.machine.deadline }
        self.running = [:]
        self.session.ended()
        for current in all { self.failed(current, failure) }
    }

    /// The runtime's main process or an extension ended: the environment goes, and the next invocation finds another.
    func broke(_ failure: InvocationMachine.Failure) {
        self.failAll(failure)
        self.driver.endReason = .failure
        self.driver.change { try $0.stopRequested(.update) }
    }

    /// The sandbox goes, and its connections with it.
    func closed() {
        self.waiting = []
        self.timer?.cancel()
    }

    // MARK: Time

    /// An earlier timer stays and asks again, so that it is rarely armed.
    private func armTimer() {
        guard let deadline = self.running.values.map(\.machine.deadline).min() else { return }
        if let due = self.timerDue, due <= deadline { return }
        self.timer?.cancel()
        self.timerDue = deadline
        let driver = self.driver
        let delay = max(0, deadline.since(driver.now).nanoseconds)
        self.timer = driver.loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) {
            driver.shared?.timerFired()
        }
    }

    private func timerFired() {
        self.timerDue = nil
        let now = self.driver.now
        let late = self.running.values.filter { $0.machine.deadline <= now }
        for current in late.sorted(by: { $0.machine.deadline < $1.machine.deadline }) {
            self.running[current.ticket.id] = nil
            self.session.timedOut(current.ticket.id)
            self.failed(current, .timedOut)
            self.ended(workerReturns: false)
        }
        self.armTimer()
    }
}
