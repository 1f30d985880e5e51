internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore

/// The environments of one function, on one event loop.
///
/// - Note: `@unchecked Sendable` because closures on its event loop capture it; every method is called on `loop`, as its
///   plane asserts.
final class FunctionPool: EnvironmentOwner, @unchecked Sendable {
    let key: FunctionKey
    private let parts: EngineParts
    private let loop: any EventLoop
    private let gate: StartGate
    /// The newest record; environments are made from it.
    private var record: FunctionRecord
    private var machine = PoolMachine()
    private var drivers: [EnvironmentID: EnvironmentDriver] = [:]
    private var tickets: [RequestID: InvocationTicket] = [:]
    /// Starts that were asked for and have not had their turn.
    private var turnsAwaited = 0
    /// Those that hold one of the machine's places for starting.
    private var starting: Set<EnvironmentID> = []
    private let onQuiet: (FunctionPool) -> Void

    /// `onQuiet` is called when an invocation or an environment has ended.
    init(
        record: FunctionRecord, parts: EngineParts, gate: StartGate, loop: any EventLoop,
        onQuiet: @escaping (FunctionPool) -> Void
    ) {
        self.key = record.key
        self.record = record
        self.parts = parts
        self.gate = gate
        self.loop = loop
        self.onQuiet = onQuiet
    }

    var isEmpty: Bool { self.drivers.isEmpty && self.tickets.isEmpty }
    /// Invocations that wait or run.
    var load: Int { self.machine.waitingCount + self.machine.busyCount }
    var codeInUse: [String] { self.drivers.values.map(\.function.code.digest) }

    func submit(_ ticket: InvocationTicket) {
        self.recordChanged(ticket.invocation.function)
        switch self.machine.invocationArrived(ticket.id, isUsable: { self.drivers[$0]?.isAvailable() ?? false }) {
        case .use(let environment):
            self.drivers[environment]?.take(ticket)
        case .startAndWait:
            self.tickets[ticket.id] = ticket
            self.requestStarts()
        }
    }

    /// Asks for a turn for each start that the waiting invocations still need.
    private func requestStarts() {
        while self.machine.missingStarts > self.turnsAwaited {
            self.turnsAwaited += 1
            self.gate.start(for: self.key) { [loop = self.loop] in
                // The turn may come on another loop's thread.
                loop.execute { self.startNext() }
            }
        }
    }

    /// A newer generation: environments of older ones finish what they run and go.
    func recordChanged(_ record: FunctionRecord) {
        guard record.generation > self.record.generation else { return }
        self.record = record
        self.machine.functionChanged()
        self.drainAll()
    }

    func drainAll() { for driver in Array(self.drivers.values) { driver.drain() } }

    func stopAll(_ cause: StartFailure.Cancellation) {
        for request in self.machine.abandonWaiting() {
            self.tickets.removeValue(forKey: request)?.fail(cause == .delete ? .functionDeleted : .shuttingDown)
        }
        for driver in Array(self.drivers.values) { driver.stop(cause) }
    }

    private func startNext() {
        self.turnsAwaited -= 1
        guard self.machine.missingStarts > 0 else {
            // Somebody's environment became free first and took the invocation.
            self.gate.startEnded()
            return
        }
        guard let manifest = self.parts.runtimes.manifest(for: self.record.runtime) else {
            self.failOldest(.startFailed(self.parts.runtimes.refusal(of: self.record.runtime) ?? "no such runtime"))
            self.gate.startEnded()
            return
        }
        guard self.gate.admit(limit: self.parts.settings.now.concurrentExecutions) else {
            self.failOldest(.throttled)
            self.gate.startEnded()
            return
        }
        let driver = EnvironmentDriver(
            function: self.record, manifest: manifest, parts: self.parts, loop: self.loop)
        driver.owner = self
        self.drivers[driver.id] = driver
        self.starting.insert(driver.id)
        self.machine.startBegan(driver.id)
        driver.start()
    }

    /// The oldest waiting invocation has no start to wait for.
    private func failOldest(_ failure: InvocationFailure) {
        let placeholder = EnvironmentID.random()
        self.machine.startBegan(placeholder)
        guard let request = self.machine.left(placeholder) else { return }
        self.tickets.removeValue(forKey: request)?.fail(failure)
        self.onQuiet(self)
    }

    func environmentBecameFree(_ driver: EnvironmentDriver) {
        if self.starting.remove(driver.id) == nil { self.onQuiet(self) } else { self.gate.startEnded() }
        guard let request = self.machine.becameFree(driver.id) else { return self.requestStarts() }
        guard let ticket = self.tickets.removeValue(forKey: request) else { return }
        driver.take(ticket)
    }

    func environmentLeft(_ driver: EnvironmentDriver, failure: StartFailure?) {
        if self.starting.remove(driver.id) != nil { self.gate.startEnded() }
        guard let request = self.machine.left(driver.id) else {
            self.requestStarts()
            self.onQuiet(self)
            return
        }
        if let failure, let ticket = self.tickets.removeValue(forKey: request) {
            self.answer(ticket, failure, driver: driver)
        }
        self.onQuiet(self)
    }

    func environmentStopped(_ driver: EnvironmentDriver) {
        self.drivers[driver.id] = nil
        self.gate.environmentGone()
        self.onQuiet(self)
    }

    /// A failed start answers the oldest waiting invocation: in the function's own words, or with the platform's failure.
    private func answer(_ ticket: InvocationTicket, _ failure: StartFailure, driver: EnvironmentDriver) {
        let limit = self.parts.settings.now.lifecycle.startupTimeout
        if driver.sandbox != .launching,
            let words = FailureAnswer(startFailure: failure, request: ticket.id, startupTimeout: limit)
        {
            driver.reportFailedStart(
                ticket, words, status: failure == .timedOut ? .timeout : .error(type: words.errorType))
            return
        }
        self.parts.logger.error(
            "an environment could not be started: \(failure)", metadata: driver.logMetadata)
        switch failure {
        case .timedOut: ticket.fail(.startupTimedOut)
        case .cancelled(.shutdown): ticket.fail(.shuttingDown)
        case .cancelled(.delete), .cancelled(.update): ticket.fail(.functionDeleted)
        case .sandbox(let error): ticket.fail(.startFailed(Self.text(error)))
        case .credentials(let error): ticket.fail(.startFailed("the execution role's credentials: \(error)"))
        case .sandboxEnded: ticket.fail(.startFailed("the sandbox ended while it was starting"))
        case .initError, .runtimeExited, .invalidEntrypoint: ticket.fail(.startFailed("\(failure)"))
        }
    }

    private static func text(_ error: LaunchError) -> String {
        switch error {
        case .refused(let rule): "the executor refused the plan: \(rule)"
        case .setupFailed(let step, let number): "step \(step) of the sandbox failed with errno \(number)"
        case .vanished: "the sandbox was killed while it was made"
        case .timedOut: "the executor did not answer in time"
        case .disconnected(let reason): "no connection to the executor: \(reason)"
        }
    }
}
