internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore

/// The environments of one version of a function, or of one tenant of it, on one event loop.
///
/// Those that are kept ready are in `FunctionPool+Provisioned`, the first ones of versions in `FunctionPool+Preparation`, those that hold several invocations in `FunctionPool+Shared`.
///
/// - Note: `@unchecked Sendable` because closures on its event loop capture it; every method is called on `loop`, as its
///   plane asserts.
final class FunctionPool: EnvironmentOwner, @unchecked Sendable {
    let key: VersionKey
    let tenant: String?
    let parts: EngineParts
    let loop: any EventLoop
    let gate: StartGate
    let board: ProvisionedBoard
    let idle: IdleEnvironments
    private let account: AccountLeases
    /// The newest record; environments are made from it.
    private(set) var record: FunctionRecord
    var machine = PoolMachine()
    /// In place of ``machine`` where an environment holds several invocations.
    var shared = SharedPoolMachine()
    /// Invocations that an environment of the newest record holds.
    var slots = 1
    var reviewTimer: Scheduled<Void>?
    var provisioned = ProvisionedMachine()
    /// Starts of environments that are to be kept ready, which have not had their turn.
    var provisionedTurns = 0
    var provisionedTimer: Scheduled<Void>?
    /// Whoever waits until a first environment is there; see `FunctionPool+Preparation`.
    var preparations: [Preparation] = []
    private(set) var drivers: [EnvironmentID: EnvironmentDriver] = [:]
    var tickets: [RequestID: InvocationTicket] = [:]
    /// Those that wait to be told whether the code has changed before they came.
    private var held: [RequestID: InvocationTicket] = [:]
    /// Starts that were asked for and have not had their turn.
    private var turnsAwaited = 0
    /// Those that hold one of the machine's places for starting.
    private var starting: Set<EnvironmentID> = []
    /// Directories of the host that environments have mounted as they are.
    private(set) var content = HotContent()
    /// Its version is gone: what still starts is for invocations that had come before.
    private(set) var isRetired = false
    private let onQuiet: (FunctionPool) -> Void

    /// `onQuiet` is called when an invocation or an environment has ended.
    init(
        record: FunctionRecord, tenant: String?, parts: PoolParts, loop: any EventLoop,
        onQuiet: @escaping (FunctionPool) -> Void
    ) {
        self.key = record.versionKey
        self.tenant = tenant
        self.record = record
        self.parts = parts.engine
        self.gate = parts.gate
        self.board = parts.board
        self.idle = parts.idle
        self.account = parts.book.account(of: record.key.scope)
        self.loop = loop
        self.onQuiet = onQuiet
        self.runtimeChanged(to: self.parts.runtimes.manifest(for: record.runtime))
        self.watchContent()
    }

    var isEmpty: Bool {
        self.drivers.isEmpty && self.tickets.isEmpty && self.held.isEmpty && self.provisioned.wanted == 0
            && self.preparations.isEmpty
    }
    /// Kept although it is empty: whoever comes next waits until the code is whole.
    var awaitsContent: Bool { self.content.isChanging }
    /// Invocations that wait or run.
    var load: Int {
        self.machine.waitingCount + self.machine.busyCount + self.provisioned.busyCount + self.shared.waitingCount
            + self.shared.busyCount
    }
    /// How long what runs or waits here may take at most: its environment is reset or started first, where it waits.
    func longestWork(now: Instant) -> Duration {
        let running = self.drivers.values.compactMap { $0.latestDeadline?.since(now) }.max() ?? .zero
        guard
            let waiting = (Array(self.tickets.values) + Array(self.held.values)).map(\.invocation.function.timeout)
                .max()
        else { return running }
        let settings = self.parts.settings.now
        let startLimit =
            self.isShared || self.record.isRestored
            ? EnvironmentDriver.longStart(of: self.record, settings) : settings.lifecycle.startupTimeout
        let start = startLimit + EnvironmentMachine.resetBudget
        return max(running, .zero) + start + .seconds(waiting)
    }
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

    /// Its admission and its environment in one step: nothing can come between them.
    private func place(_ ticket: InvocationTicket) {
        let function = self.key.function.name
        let request = ConcurrencyMachine.Request(
            function: function, isEvent: ticket.invocation.isEvent,
            hasProvisioned: self.provisioned.hasIdle(isUsable: self.isUsable),
            needsStart: self.isShared
                ? self.shared.needsStart(slots: self.slots, now: self.now, isUsable: self.isUsable)
                : self.machine.needsStart(isUsable: self.isUsable))
        switch self.account.admit(request, now: self.parts.time.now) {
        case .throttled(let reason):
            ticket.fail(.throttled(reason))
            self.onQuiet(self)
        case .provisioned:
            self.takeProvisioned(ticket)
        case .onDemand(let mayStart):
            ticket.hold(ConcurrencyLease(account: self.account, function: function))
            self.placeOnDemand(ticket, mayStart: mayStart)
        }
    }

    func isUsable(_ environment: EnvironmentID) -> Bool {
        self.drivers[environment]?.isAvailable() ?? false
    }

    private func placeOnDemand(_ ticket: InvocationTicket, mayStart: Bool) {
        guard !self.isShared else { return self.placeShared(ticket) }
        switch self.machine.invocationArrived(ticket.id, mayStart: mayStart, isUsable: self.isUsable) {
        case .use(let environment):
            self.drivers[environment]?.take(ticket)
        case .startAndWait:
            self.tickets[ticket.id] = ticket
            self.requestStarts()
        }
    }

    /// Asks for a turn for each start that the waiting invocations still need.
    func requestStarts() {
        // What is half written is not started from; see ``HotContent``.
        guard !self.content.isChanging else { return }
        if self.isShared { self.reviewLater() }
        while self.missingStarts > self.turnsAwaited {
            self.turnsAwaited += 1
            self.gate.start(for: self.key.function) { [loop = self.loop] in
                // The turn may come on another loop's thread.
                loop.execute { self.startNext() }
            }
        }
    }

    private var missingStarts: Int {
        self.isShared ? self.shared.missingStarts(slots: self.slots, now: self.now) : self.machine.missingStarts
    }

    /// A newer generation: environments of older ones finish what they run and go.
    func recordChanged(_ record: FunctionRecord) {
        guard record.generation > self.record.generation else { return }
        self.record = record
        self.replaceAll()
        self.runtimeChanged(to: self.parts.runtimes.manifest(for: record.runtime))
        self.watchContent()
    }

    /// What environments are made from is another: an invocation that arrives from here on runs none of the old.
    private func replaceAll() {
        self.machine.functionChanged()
        self.shared.functionChanged()
        self.provisioned.contentChanged()
        self.drainAll()
        self.requestProvisionedStarts()
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
            self.requestProvisionedStarts()
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
        self.abandonPreparations()
        self.keep(0)
        self.forgetContent()
        self.drainAll()
        self.requestStarts()
    }

    /// Nobody needs to know of changes any more.
    func forgetContent() {
        self.content.cancel()
        self.content = HotContent()
    }

    /// The ticket of one that waits, which waits no more.
    func takeTicket(_ request: RequestID) -> InvocationTicket? { self.tickets.removeValue(forKey: request) }

    func reportQuiet() { self.onQuiet(self) }

    private func drainAll() { for driver in Array(self.drivers.values) { driver.drain() } }

    func stopAll(_ cause: StartFailure.Cancellation) {
        self.abandonPreparations()
        self.keep(0)
        for request in self.machine.abandonWaiting() + self.shared.abandonWaiting() {
            self.tickets.removeValue(forKey: request)?.fail(cause == .delete ? .functionDeleted : .shuttingDown)
        }
        for ticket in self.held.values { ticket.fail(cause == .delete ? .functionDeleted : .shuttingDown) }
        self.held = [:]
        for driver in Array(self.drivers.values) { driver.stop(cause) }
    }

    private func startNext() {
        guard self.isStartNeeded else { return self.turnEnded() }
        self.whenRoom {
            self.startAdmitted()
        } orElse: {
            self.failOldest(.throttled(.concurrentInvocations))
            self.turnEnded()
        }
    }

    /// Not where somebody's environment became free first and took the invocation, or the code is being written.
    private var isStartNeeded: Bool { self.missingStarts > 0 && !self.content.isChanging }

    private func turnEnded() {
        self.turnsAwaited -= 1
        self.gate.startEnded()
    }

    /// An environment is counted in for it.
    private func startAdmitted() {
        guard self.isStartNeeded else { return self.giveUpStart(nil) }
        guard let manifest = self.parts.runtimes.manifest(for: self.record.runtime) else {
            let refusal = self.parts.runtimes.refusal(of: self.record.runtime) ?? "no such runtime"
            return self.giveUpStart(.startFailed(refusal))
        }
        // Manifests may have been read anew since the record came.
        self.runtimeChanged(to: manifest)
        guard self.tenant == nil || self.account.startTenantEnvironment(of: self.key.function.name) else {
            return self.giveUpStart(.tooManyTenantEnvironments)
        }
        self.turnsAwaited -= 1
        let driver = self.makeDriver(manifest, self.initialization(by: manifest))
        if self.isShared {
            self.shared.startBegan(driver.id, slots: self.slots)
        } else {
            self.machine.startBegan(driver.id)
        }
        driver.start()
        // Nobody would tell of a change, or nobody comes any more: it serves who waits for it, and no other.
        if self.content.isUnwatched || self.isRetired { driver.drain() }
    }

    private func giveUpStart(_ failure: InvocationFailure?) {
        if let failure { self.failOldest(failure) }
        self.gate.environmentGone()
        self.turnEnded()
    }

    private func tenantEnvironmentGone() {
        if self.tenant != nil { self.account.tenantEnvironmentGone(of: self.key.function.name) }
    }

    /// An environment that holds one of the machine's places for starting.
    func makeDriver(_ manifest: RuntimeManifest, _ initialization: InitializationType) -> EnvironmentDriver {
        let driver = EnvironmentDriver(
            function: self.record, manifest: manifest, initialization: initialization, parts: self.parts,
            loop: self.loop)
        driver.owner = self
        driver.shared?.owner = self
        self.drivers[driver.id] = driver
        self.starting.insert(driver.id)
        return driver
    }

    /// The oldest waiting invocation has no start to wait for.
    private func failOldest(_ failure: InvocationFailure) {
        guard let request = self.isShared ? self.shared.takeOldestWaiting() : self.oldestWithoutStart else { return }
        self.tickets.removeValue(forKey: request)?.fail(failure)
        self.onQuiet(self)
    }

    private var oldestWithoutStart: RequestID? {
        let placeholder = EnvironmentID.random()
        self.machine.startBegan(placeholder)
        return self.machine.left(placeholder)
    }

    func environmentBecameFree(_ driver: EnvironmentDriver) {
        if self.starting.remove(driver.id) == nil { self.onQuiet(self) } else { self.gate.startEnded() }
        guard driver.shared == nil else { return self.sharedBecameReady(driver) }
        guard driver.initialization != .provisionedConcurrency else { return self.provisionedBecameFree(driver) }
        self.preparationEnded(driver, nil)
        guard let request = self.machine.becameFree(driver.id) else { return self.requestStarts() }
        guard let ticket = self.tickets.removeValue(forKey: request) else { return }
        driver.take(ticket)
    }

    func environmentAnswered(_ driver: EnvironmentDriver) {
        driver.current?.ticket.answered()
        self.machine.answered(driver.id)
    }

    func environmentIsResetting(_ driver: EnvironmentDriver) { self.machine.resetBegan(driver.id) }

    func environmentLeft(_ driver: EnvironmentDriver, failure: StartFailure?) {
        if self.starting.remove(driver.id) != nil { self.gate.startEnded() }
        guard driver.shared == nil else { return self.sharedLeft(driver, failure) }
        guard driver.initialization != .provisionedConcurrency else { return self.provisionedLeft(driver, failure) }
        self.preparationEnded(driver, failure)
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
        self.tenantEnvironmentGone()
        self.onQuiet(self)
    }

    /// A failed start answers the oldest waiting invocation: in the function's own words, or with the platform's failure.
    func answer(
        _ ticket: InvocationTicket, _ failure: StartFailure, driver: EnvironmentDriver, isFirst: Bool = true
    ) {
        let limit = driver.lifecycleSettings.startupTimeout
        if driver.sandbox != .launching,
            let words = FailureAnswer(startFailure: failure, request: ticket.id, startupTimeout: limit)
        {
            driver.reportFailedStart(
                ticket, words, status: failure == .timedOut ? .timeout : .error(type: words.errorType),
                isFirst: isFirst)
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
