internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore

/// The environments of one version of a function, on one event loop.
///
/// - Note: `@unchecked Sendable` because closures on its event loop capture it; every method is called on `loop`, as its
///   plane asserts.
final class FunctionPool: EnvironmentOwner, @unchecked Sendable {
    let key: VersionKey
    private let parts: EngineParts
    private let loop: any EventLoop
    private let gate: StartGate
    /// The newest record; environments are made from it.
    private var record: FunctionRecord
    private var machine = PoolMachine()
    private var drivers: [EnvironmentID: EnvironmentDriver] = [:]
    private var tickets: [RequestID: InvocationTicket] = [:]
    /// Those that wait to be told whether the code has changed before they came.
    private var held: [RequestID: InvocationTicket] = [:]
    /// Starts that were asked for and have not had their turn.
    private var turnsAwaited = 0
    /// Those that hold one of the machine's places for starting.
    private var starting: Set<EnvironmentID> = []
    /// Directories of the host that environments have mounted as they are.
    private var content = HotContent()
    /// Its version is gone: what still starts is for invocations that had come before.
    private var isRetired = false
    private let onQuiet: (FunctionPool) -> Void

    /// `onQuiet` is called when an invocation or an environment has ended.
    init(
        record: FunctionRecord, parts: EngineParts, gate: StartGate, loop: any EventLoop,
        onQuiet: @escaping (FunctionPool) -> Void
    ) {
        self.key = record.versionKey
        self.record = record
        self.parts = parts
        self.gate = gate
        self.loop = loop
        self.onQuiet = onQuiet
        self.watchContent()
    }

    var isEmpty: Bool { self.drivers.isEmpty && self.tickets.isEmpty && self.held.isEmpty }
    /// Kept although it is empty: whoever comes next waits until the code is whole.
    var awaitsContent: Bool { self.content.isChanging }
    /// Invocations that wait or run.
    var load: Int { self.machine.waitingCount + self.machine.busyCount }
    var codeInUse: [String] {
        self.drivers.values.flatMap { [$0.function.code.digest] + $0.function.layers.map(\.code.digest) }
    }

    func submit(_ ticket: InvocationTicket) {
        self.recordChanged(ticket.invocation.function)
        self.hold(ticket, from: 0)
    }

    /// An environment has what was there when it started, also one that is still busy and may take this invocation next: none
    /// takes it before every change up to this moment is told.
    private func hold(_ ticket: InvocationTicket, from index: Int) {
        guard !self.content.directories.isEmpty, !self.drivers.isEmpty else {
            return self.place(ticket)
        }
        let id = ticket.id
        self.held[id] = ticket
        let isHeld = self.content.whenTold(from: index) { [loop = self.loop] next in
            loop.execute {
                if let ticket = self.held.removeValue(forKey: id) { self.hold(ticket, from: next) }
            }
        }
        guard !isHeld else { return }
        // What was told a moment ago may be on its way over this loop, and comes first.
        self.loop.assumeIsolated().execute {
            if let ticket = self.held.removeValue(forKey: id) { self.place(ticket) }
        }
    }

    private func place(_ ticket: InvocationTicket) {
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
        // What is half written is not started from; see ``HotContent``.
        guard !self.content.isChanging else { return }
        while self.machine.missingStarts > self.turnsAwaited {
            self.turnsAwaited += 1
            self.gate.start(for: self.key.function) { [loop = self.loop] in
                // The turn may come on another loop's thread.
                loop.execute { self.startNext() }
            }
        }
    }

    /// A newer generation: environments of older ones finish what they run and go.
    func recordChanged(_ record: FunctionRecord) {
        guard record.generation > self.record.generation else { return }
        self.record = record
        self.replaceAll()
        self.watchContent()
    }

    /// What environments are made from is another: an invocation that arrives from here on runs none of the old.
    private func replaceAll() {
        self.machine.functionChanged()
        self.drainAll()
    }

    private func watchContent() {
        self.content.cancel()
        self.content = HotContent(of: self.record)
        guard !self.content.directories.isEmpty else { return }
        let number = self.content.number
        self.content.watch(with: self.parts.directories) { [weak self, loop = self.loop] directory, event in
            guard let self else { return }
            loop.execute { self.contentReported(event, of: directory, number) }
        }
    }

    private func contentReported(_ event: HostDirectoryEvent, of directory: String, _ number: UInt64) {
        // An earlier record's watch may have had this on its way.
        guard number == self.content.number else { return }
        self.content.reported(event, of: directory)
        let metadata: Logger.Metadata = ["function": "\(self.key.function.name)", "directory": "\(directory)"]
        switch event {
        case .changing:
            self.parts.logger.debug("the code's directory changes", metadata: metadata)
            self.replaceAll()
        case .settled:
            self.requestStarts()
            self.onQuiet(self)
        case .lost(let reason):
            self.parts.logger.warning(
                "changes of a directory cannot be told, every invocation gets a fresh environment: \(reason)",
                metadata: metadata)
            self.replaceAll()
            self.requestStarts()
            self.onQuiet(self)
        }
    }

    /// The version is deleted. What waits and runs is served, and then everything goes.
    func retire() {
        self.isRetired = true
        self.forgetContent()
        self.drainAll()
        self.requestStarts()
    }

    /// Nobody needs to know of changes any more.
    func forgetContent() {
        self.content.cancel()
        self.content = HotContent()
    }

    private func drainAll() { for driver in Array(self.drivers.values) { driver.drain() } }

    func stopAll(_ cause: StartFailure.Cancellation) {
        for request in self.machine.abandonWaiting() {
            self.tickets.removeValue(forKey: request)?.fail(cause == .delete ? .functionDeleted : .shuttingDown)
        }
        for ticket in self.held.values { ticket.fail(cause == .delete ? .functionDeleted : .shuttingDown) }
        self.held = [:]
        for driver in Array(self.drivers.values) { driver.stop(cause) }
    }

    private func startNext() {
        self.turnsAwaited -= 1
        guard self.machine.missingStarts > 0, !self.content.isChanging else {
            // Somebody's environment became free first and took the invocation, or the code is being written.
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
        // Nobody would tell of a change, or nobody comes any more: it serves who waits for it, and no other.
        if self.content.isUnwatched || self.isRetired { driver.drain() }
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

    func environmentIsResetting(_ driver: EnvironmentDriver) { self.machine.resetBegan(driver.id) }

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
        case .sandbox: ticket.fail(.startFailed("\(failure)"))
        case .credentials(let error): ticket.fail(.startFailed("the execution role's credentials: \(error)"))
        case .sandboxEnded: ticket.fail(.startFailed("the sandbox ended while it was starting"))
        case .initError, .runtimeExited, .invalidEntrypoint, .extensionFailed: ticket.fail(.startFailed("\(failure)"))
        }
    }
}
