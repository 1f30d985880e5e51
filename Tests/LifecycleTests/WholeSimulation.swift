import LambdaCore
import Lifecycle
import TestSupport
import Testing

/// A pool, its environments and their invocations, joined as the drivers join them, on a clock and with dice.
///
/// It keeps a book of its own: who waits, who runs where, who was answered how often, which timers are armed.
struct WholeSimulation {
    struct Environment {
        let id: EnvironmentID
        var machine: EnvironmentMachine
        var freezing = FreezeMachine()
        var invocation: InvocationMachine?
        var isLaunched = false
        var hasRuntime = false
        /// Its processes are being killed, and init has not told yet that they are gone.
        var isKilling = false
        var isStopping = false
        /// How often the pool was told that it takes no more invocations.
        var left = 0
        var lifecycleTimer: Instant?
        var invocationTimer: Instant?
        var freezeTimer: Instant?

        init(number: Int) {
            self.id = .numbered(number)
            self.machine = EnvironmentMachine(environment: self.id)
        }

        var isGone: Bool { self.machine.state == .stopped }
    }

    static let settings = EnvironmentMachine.Settings(
        startupTimeout: .seconds(20), keepalive: .seconds(30), initTimeout: .seconds(10))
    static let timeout = Duration.seconds(15)
    static let grace = Duration.milliseconds(100)

    let seed: UInt64
    var random: SplitMix64
    let clock = ManualClock()
    var pool = PoolMachine()
    var environments: [Environment] = []
    var answers: [RequestID: Int] = [:]
    var reached: Set<EnvironmentMachine.State> = []
    var frozen = 0
    var retriedInits = 0

    init(seed: UInt64) {
        self.seed = seed
        self.random = SplitMix64(seed: seed)
    }

    var now: Instant { self.clock.now }
    private var note: String { "seed \(self.seed)" }

    // MARK: The drivers' part

    mutating func arrive() {
        let request = RequestID.numbered(self.answers.count + 1)
        self.answers[request] = 0
        let (environments, now) = (self.environments, self.now)
        let placement = self.pool.invocationArrived(request) { id in
            environments.first { $0.id == id }?.machine.isAvailable(now: now) ?? false
        }
        if case .use(let id) = placement, let index = self.index(of: id) { self.give(request, to: index) }
    }

    mutating func start() {
        guard self.pool.missingStarts > 0 else { return }
        self.environments.append(Environment(number: self.environments.count + 1))
        let index = self.environments.count - 1
        self.pool.startBegan(self.environments[index].id)
        self.change(index) { try $0.startRequested(now: $1, settings: Self.settings) }
    }

    mutating func launched(_ index: Int) {
        self.environments[index].isLaunched = true
        guard self.environments[index].machine.state == .starting else { return }
        self.change(index) { try $0.initBegan(now: $1, timeout: Self.settings.initTimeout) }
        self.environments[index].hasRuntime = true
    }

    /// The runtime asks for an event: its init is over, or its invocation.
    mutating func next(_ index: Int) {
        if self.environments[index].machine.state == .starting {
            self.change(index) { try $0.runtimeBecameReady(now: $1, settings: Self.settings) }
            self.becameFreeIfReady(index)
        } else if self.environments[index].invocation?.isWaitingForRuntime ?? false {
            self.invocation(index) { machine, _ in machine.runtimeBecameReady() }
        } else {
            self.invocation(index) { machine, now in machine.runtimeAskedForNext(now: now) }
        }
    }

    mutating func answer(_ index: Int) { self.invocation(index) { machine, _ in machine.runtimeAnswered() } }

    mutating func runtimeEnded(_ index: Int) {
        self.environments[index].hasRuntime = false
        let failure = StartFailure.runtimeExited(.status(1), outOfMemory: false)
        if self.environments[index].machine.state == .starting {
            self.retriedInits += 1
            self.change(index) { try $0.initFailed(failure, now: $1) }
        } else if self.environments[index].invocation?.isWaitingForRuntime ?? false {
            self.invocation(index) { machine, now in machine.failed(.initFailed(failure), now: now) }
        } else if self.environments[index].invocation != nil {
            self.invocation(index) { machine, now in
                machine.failed(.runtimeExited(.status(1), outOfMemory: false), now: now)
            }
        } else if self.environments[index].machine.state == .ready {
            self.change(index) { machine, _ in try machine.drainRequested() }
        }
    }

    mutating func allKilled(_ index: Int) {
        self.environments[index].isKilling = false
        guard self.environments[index].machine.state == .resetting else { return }
        self.change(index) { try $0.resetFinished(now: $1, settings: Self.settings) }
        self.becameFreeIfReady(index)
    }

    mutating func vanish(_ index: Int) {
        guard !self.environments[index].isStopping else { return }
        self.invocation(index) { machine, now in machine.failed(.sandboxEnded(outOfMemory: false), now: now) }
        self.change(index) { machine, _ in machine.sandboxVanished() }
    }

    mutating func confirmStopped(_ index: Int) {
        self.change(index) { machine, _ in
            try machine.sandboxStopped()
            return .nothing
        }
    }

    mutating func update() {
        self.pool.functionChanged()
        for index in self.environments.indices where !self.environments[index].isGone {
            self.change(index) { machine, _ in try machine.drainRequested() }
        }
    }

    mutating func stopAll() {
        for request in self.pool.abandonWaiting() { self.answered(request) }
        for index in self.environments.indices where !self.environments[index].isGone {
            self.invocation(index) { machine, now in machine.failed(.stopped, now: now) }
            self.change(index) { machine, _ in try machine.stopRequested(.shutdown) }
        }
    }

    mutating func pass(_ duration: Duration) {
        self.clock.advance(by: duration)
        for index in self.environments.indices {
            if let due = self.environments[index].freezeTimer, due <= self.now {
                self.environments[index].freezeTimer = nil
                self.freeze(index) { machine, now in machine.timerFired(now: now, grace: Self.grace) }
            }
            if let due = self.environments[index].invocationTimer, due <= self.now {
                self.environments[index].invocationTimer = nil
                self.invocation(index) { machine, now in machine.timerFired(now: now) }
            }
            if let due = self.environments[index].lifecycleTimer, due <= self.now {
                self.environments[index].lifecycleTimer = nil
                self.change(index) { machine, now in machine.timerFired(now: now) }
            }
        }
    }

    // MARK: What the machines want done

    private func index(of id: EnvironmentID) -> Int? { self.environments.firstIndex { $0.id == id } }

    private mutating func give(_ request: RequestID, to index: Int) {
        verify(self.environments[index].invocation == nil, "\(self.note): two invocations in one environment")
        self.change(index) { machine, now in
            try machine.reserved(now: now)
            return .nothing
        }
        verify(!self.environments[index].freezing.isFrozen, "\(self.note): an invocation in a frozen environment")
        let isReady = self.environments[index].hasRuntime
        let machine = InvocationMachine(
            request: request, timeout: Self.timeout, now: self.now, runtimeIsReady: isReady)
        self.environments[index].invocation = machine
        self.environments[index].hasRuntime = true
        let due = self.environments[index].invocationTimer
        self.environments[index].invocationTimer = due.map { min($0, machine.deadline) } ?? machine.deadline
    }

    private mutating func answered(_ request: RequestID) { self.answers[request, default: 0] += 1 }

    private mutating func becameFreeIfReady(_ index: Int) {
        guard self.environments[index].machine.state == .ready else { return }
        if let request = self.pool.becameFree(self.environments[index].id) { self.give(request, to: index) }
    }

    private mutating func change(
        _ index: Int, _ event: (inout EnvironmentMachine, Instant) throws -> EnvironmentMachine.Action
    ) {
        let before = self.environments[index].machine.state
        let action: EnvironmentMachine.Action
        do { action = try event(&self.environments[index].machine, self.now) } catch {
            return verify(false, "\(self.note): \(error)")
        }
        let after = self.environments[index].machine.state
        self.reached.insert(after)
        if before != after, after == .ready {
            self.freeze(index) { machine, now in machine.becameIdle(now: now, grace: Self.grace) }
        } else if before == .ready, after != .ready {
            self.freeze(index) { machine, _ in machine.becameNeeded() }
        }
        self.perform(action, index)
    }

    private mutating func perform(_ action: EnvironmentMachine.Action, _ index: Int) {
        switch action {
        case .nothing: break
        case .armTimer(let instant): self.arm(index, at: instant)
        case .stopSandbox:
            self.environments[index].lifecycleTimer = nil
            self.environments[index].freezeTimer = nil
            verify(!self.environments[index].isStopping, "\(self.note): a sandbox is stopped twice")
            self.environments[index].isStopping = true
            self.environments[index].left += 1
            if let request = self.pool.left(self.environments[index].id) {
                // The driver answers with why the start failed, so there has to be a reason.
                verify(self.environments[index].machine.startFailure != nil, "\(self.note): nobody knows why")
                self.answered(request)
            }
        case .killProcesses(let deadline):
            self.kill(index, by: deadline)
            self.pool.resetBegan(self.environments[index].id)
        case .endInit(_, let deadline): self.kill(index, by: deadline)
        }
    }

    private mutating func kill(_ index: Int, by deadline: Instant) {
        self.arm(index, at: deadline)
        self.environments[index].hasRuntime = false
        self.environments[index].isKilling = true
    }

    private mutating func arm(_ index: Int, at instant: Instant) {
        if let due = self.environments[index].lifecycleTimer, due <= instant { return }
        self.environments[index].lifecycleTimer = instant
    }

    private mutating func freeze(_ index: Int, _ event: (inout FreezeMachine, Instant) -> FreezeMachine.Action) {
        switch event(&self.environments[index].freezing, self.now) {
        case .nothing, .thaw: break
        case .armTimer(let instant): self.environments[index].freezeTimer = instant
        case .freeze: self.frozen += 1
        }
    }

    private mutating func invocation(
        _ index: Int, _ event: (inout InvocationMachine, Instant) -> InvocationMachine.Action
    ) {
        guard var machine = self.environments[index].invocation else { return }
        let action = event(&machine, self.now)
        self.environments[index].invocation = machine
        switch action {
        case .nothing, .deliver: break
        case .answer: self.answered(machine.request)
        case .armTimer(let instant): self.environments[index].invocationTimer = instant
        case .finish:
            self.environments[index].invocation = nil
            self.change(index) { try $0.released(now: $1, settings: Self.settings) }
            self.becameFreeIfReady(index)
        case .fail(let failure):
            self.answered(machine.request)
            self.end(index, failure)
        case .finishAndReset(let failure): self.end(index, failure)
        case .failRestore: verify(false, "\(self.note): nothing is restored here")
        }
    }

    private mutating func end(_ index: Int, _ failure: InvocationMachine.Failure) {
        self.environments[index].invocation = nil
        switch failure {
        // The sandbox goes, whoever told of it says so next.
        case .sandboxEnded, .stopped: break
        case .timedOut, .runtimeExited, .extensionFailed, .initFailed:
            self.change(index) { machine, now in try machine.resetRequested(now: now) }
        }
    }
}
