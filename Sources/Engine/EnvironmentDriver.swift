internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore

/// What an environment tells its pool.
protocol EnvironmentOwner: AnyObject {
    /// It may take an invocation now.
    func environmentBecameFree(_ driver: EnvironmentDriver)
    /// Its caller has the answer, and it is about to come free.
    func environmentAnswered(_ driver: EnvironmentDriver)
    /// Its invocation is over, and its processes are being ended so that it comes free again.
    func environmentIsResetting(_ driver: EnvironmentDriver)
    /// It takes no more invocations. `failure` is set where it never became ready.
    func environmentLeft(_ driver: EnvironmentDriver, failure: StartFailure?)
    /// Its sandbox is confirmed gone.
    func environmentStopped(_ driver: EnvironmentDriver)
}

/// Performs what an environment's machines decide: launches and stops the sandbox, starts the runtime, gives it events.
///
/// The rest is in `EnvironmentDriver+Launch`, `+FailedStart`, `+Invocation`, `+Runtime`, `+Restore`, `+Freezing`, `+Log`,
/// `+SystemLog` and `+Trace`; where the runtime works on several invocations at one time, these are in ``SharedInvocations``.
///
/// - Note: `@unchecked Sendable` because closures on its event loop capture it. Every method is called on `loop`, which
///   the entry points assert; no other thread touches a stored property.
final class EnvironmentDriver: @unchecked Sendable {
    /// Where the sandbox is, as far as this driver has been told.
    enum SandboxPhase { case none, launching, running, stopping, gone }

    /// One invocation in this environment.
    struct Current {
        let ticket: InvocationTicket
        var machine: InvocationMachine
        /// Set anew where a restore comes first.
        var deadline: WallTime
        var times: InvocationTimes
        /// `nil` where the function only passes on what it gets.
        var trace: InvocationTrace?
        /// Of this attempt; see ``RuntimeEvent``.
        let invocationID = RequestID.random()
        var isDelivered = false
        var isStartWritten = false
        var isRuntimeDoneTold = false
        /// Set when the runtime had to be started for it; its INIT_REPORT says `invoke`.
        var initBegan: Instant?
        /// The runtime asked for the next event, and extensions are still at work.
        var runtimeIsBack = false
    }

    let id: EnvironmentID
    let function: FunctionRecord
    let manifest: RuntimeManifest
    let initialization: InitializationType
    let parts: EngineParts
    let loop: any EventLoop
    let source: FunctionLogSource
    let systemLog: SystemLog
    let applicationLog: ApplicationLog
    weak var owner: (any EnvironmentOwner)?

    var machine: EnvironmentMachine
    var session = RuntimeSessionMachine()
    var current: Current?
    /// Set where the environment holds several invocations; then ``current`` and ``session`` are not used.
    private(set) var shared: SharedInvocations?
    var sandbox = SandboxPhase.none
    var stopWhenLaunched = false

    var control: InitChannel?
    var logPipe: LogPipe?
    /// Of framed records; only managed runtimes have it.
    var framePipe: LogPipe?
    var servers: [any EnvironmentServer] = []
    var descriptors: SandboxDescriptors?
    var runtimeCommand: InitRequest?

    let extensions: ExtensionHost
    /// What extensions are told when the environment, or what runs in it, is ended next; `nil` where it has no fault.
    var endReason: ExtensionShutdownMachine.Reason?

    /// The tag of the runtime process that counts; events of earlier ones are stale.
    var runtimeTag: UInt32 = 0
    var runtimeIsAlive = false
    var bootstrapIndex = 0
    var waitingNext: [(connection: ObjectIdentifier, respond: (Result<RuntimeEvent, RuntimeRefusal>) -> Void)] = []
    var memoryWaiters: [(UInt64) -> Void] = []
    var peakMemory: UInt64 = 0
    var memoryReportedAt: Instant?
    var knownKills: UInt64 = 0

    var launchBegan: Instant?
    var initBegan: Instant?
    /// Reported once, by the first invocation.
    var initDuration: Duration?
    var splitter = LogLineSplitter()
    var frames = LogFrameSplitter()
    var logIsHeld = false
    /// Lines that wait for company.
    var heldLines: [FunctionLogEntry] = []
    var heldLinesTimerIsArmed = false

    var lifecycleTimer: Scheduled<Void>?
    var lifecycleTimerDue: Instant?
    var invocationTimer: Scheduled<Void>?
    var invocationTimerDue: Instant?
    var launchTask: Task<Void, Never>?
    var freezing = Freezing()
    var restoring = Restore()

    init(
        function: FunctionRecord, manifest: RuntimeManifest, initialization: InitializationType = .onDemand,
        parts: EngineParts, loop: any EventLoop
    ) {
        let id = EnvironmentID.random()
        self.id = id
        self.function = function
        self.manifest = manifest
        self.initialization = initialization
        self.parts = parts
        self.loop = loop
        self.responseLimit = parts.settings.now.payloads.response
        self.machine = EnvironmentMachine(environment: id)
        self.extensions = ExtensionHost(function: function, parts: parts, loop: loop)
        self.systemLog = SystemLog(function.logging)
        self.applicationLog = ApplicationLog(function.logging)
        let date = parts.time.wallTime.logStreamDate
        let isOwnGroup = function.logging.group == "/aws/lambda/\(function.key.name)"
        // A shared log group needs the function's name in the stream's.
        let prefix = isOwnGroup ? "" : function.key.name.text
        self.source = FunctionLogSource(
            function: function.key.name, version: function.version, environment: id, account: function.key.account,
            region: function.key.region, logGroup: function.logging.group,
            logStream: "\(date)/\(prefix)[\(function.version)]\(id)")
        self.extensions.owner = self
        guard manifest.isShared else { return }
        self.shared = SharedInvocations(driver: self, slots: manifest.maxConcurrency)
        self.extensions.machine = ExtensionMachine(takesInvoke: false)
    }

    /// Bytes of an answer at most, as they were when the environment was made.
    let responseLimit: Int
    var settings: EngineSettings { self.parts.settings.now }
    var now: Instant { self.parts.time.now }

    func isAvailable() -> Bool {
        self.shared == nil ? self.machine.isAvailable(now: self.now) : self.machine.acceptsMore(now: self.now)
    }

    /// When what runs must be over.
    var latestDeadline: Instant? { self.current?.machine.latestEnd ?? self.shared?.latestDeadline }

    /// Its version was replaced or deleted, or the daemon drains.
    func drain() { self.change { try $0.drainRequested() } }

    /// Goes now, whatever runs in it.
    func stop(_ cause: StartFailure.Cancellation) {
        if self.current != nil { self.invocationFailed(.stopped) }
        self.shared?.failAll(.stopped)
        self.change { try $0.stopRequested(cause) }
    }

    /// Lets the machine decide, tells the stream of events, performs the action. An illegal transition is logged with both
    /// of its states and changes nothing.
    func change(_ event: (inout EnvironmentMachine) throws -> EnvironmentMachine.Action) {
        self.loop.preconditionInEventLoop()
        let before = self.machine.state
        do {
            let action = try event(&self.machine)
            self.transitioned(from: before)
            self.perform(action)
        } catch {
            self.parts.logger.error("\(error)", metadata: self.logMetadata)
        }
    }

    var logMetadata: Logger.Metadata {
        ["function": "\(self.function.key.name)", "environment": "\(self.id)"]
    }

    private func transitioned(from before: EnvironmentMachine.State) {
        let after = self.machine.state
        guard before != after else { return }
        // Before anything else is done with what is inside.
        self.freezeOrThaw(from: before, to: after)
        self.parts.events.emit(
            EnvironmentEvent(
                environment: self.id, version: self.function.versionKey, from: before, to: after, at: self.now))
    }

    private func perform(_ action: EnvironmentMachine.Action) {
        switch action {
        case .nothing:
            break
        case .armTimer(let instant):
            self.armLifecycleTimer(at: instant)
        case .stopSandbox:
            self.cancelTimers()
            self.owner?.environmentLeft(self, failure: self.machine.startFailure)
            self.stopSandbox()
        case .killProcesses(let deadline):
            self.killProcesses(by: deadline)
            self.owner?.environmentIsResetting(self)
        case .endInit(let failure, let deadline):
            self.logFailedInit(failure, began: self.initBegan, phase: "init")
            self.endReason = failure == .timedOut ? .timeout : .failure
            self.killProcesses(by: deadline)
        }
    }

    private func killProcesses(by deadline: Instant) {
        self.armLifecycleTimer(at: deadline)
        self.endProcesses {
            self.runtimeIsAlive = false
            self.abandonWaitingNext()
            self.control?.send(.killAll)
        }
    }

    private func cancelTimers() {
        self.lifecycleTimer?.cancel()
        self.lifecycleTimerDue = nil
        self.freezing.timer?.cancel()
    }

    /// A timer that is due before `instant` stays: it asks the machine, which gives the later instant again. So a warm
    /// invocation schedules nothing, although each one moves the end of the keepalive.
    private func armLifecycleTimer(at instant: Instant) {
        if let due = self.lifecycleTimerDue, due <= instant { return }
        self.lifecycleTimer?.cancel()
        self.lifecycleTimerDue = instant
        let delay = max(0, instant.since(self.now).nanoseconds)
        self.lifecycleTimer = self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) {
            self.lifecycleTimerDue = nil
            self.change { $0.timerFired(now: self.now) }
        }
    }
}
