internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// The environments of one version of a function, or of one tenant of it, on one event loop.
///
/// How one is started for whoever waits is in `FunctionPool+Starts`, and where room for it comes from in `+Room`. Those
/// that are kept ready are in `+Provisioned`, the first ones of versions in `+Preparation`, those that hold several
/// invocations in `+Shared`. What becomes of them when a directory changes that they have mounted is in `+Content`.
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
    let account: AccountLeases
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
    /// Starts for invocations that were asked for and have not had their turn.
    var turnsAwaited = 0
    /// Those that hold one of the machine's places for starting.
    private var starting: Set<EnvironmentID> = []
    /// Directories of the host that environments have mounted as they are.
    let content: HotContentWatch
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
        self.content = HotContentWatch(directories: self.parts.directories, loop: loop)
        self.onQuiet = onQuiet
        self.runtimeChanged(to: self.parts.runtimes.manifest(for: record.runtime))
        self.content.owner = self
        self.content.watch(record)
    }

    var isEmpty: Bool {
        self.drivers.isEmpty && self.tickets.isEmpty && self.content.held.isEmpty
            && self.provisioned.wanted == 0 && self.preparations.isEmpty
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
            let waiting = (Array(self.tickets.values) + Array(self.content.held.values)).map(
                \.invocation.function.timeout
            )
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
        // Most code is no directory of the host: then nothing has to be asked.
        guard self.content.isOfHost else { return self.place(ticket) }
        self.content.hold(ticket)
    }

    /// Its admission and its environment in one step: nothing can come between them.
    func place(_ ticket: InvocationTicket) {
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

    /// A newer generation: environments of older ones finish what they run and go.
    func recordChanged(_ record: FunctionRecord) {
        guard record.generation > self.record.generation else { return }
        self.record = record
        self.replaceAll()
        self.runtimeChanged(to: self.parts.runtimes.manifest(for: record.runtime))
        self.content.watch(record)
    }

    /// What environments are made from is another: an invocation that arrives from here on runs none of the old.
    func replaceAll() {
        self.machine.functionChanged()
        self.shared.functionChanged()
        self.provisioned.contentChanged()
        self.drainAll()
        self.requestProvisionedStarts()
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
    func forgetContent() { self.content.stop() }

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
        self.content.failHeld(cause == .delete ? .functionDeleted : .shuttingDown)
        for driver in Array(self.drivers.values) { driver.stop(cause) }
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
            driver.answerFailedStart(ticket, failure)
        }
        self.onQuiet(self)
    }

    func environmentStopped(_ driver: EnvironmentDriver) {
        self.drivers[driver.id] = nil
        self.gate.environmentGone()
        self.tenantEnvironmentGone()
        self.onQuiet(self)
    }
}
