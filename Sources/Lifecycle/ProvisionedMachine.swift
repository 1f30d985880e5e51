package import LambdaCore

/// The environments of one version that are kept ready: how many there are to be, and what has become of each.
package struct ProvisionedMachine: Sendable {
    /// What an environment that came free is to do.
    package enum Freed: Equatable, Sendable {
        /// It is ready, and may take an invocation.
        case ready
        /// There are more than are wanted: it goes.
        case surplus
        /// It is not among them any more, and is on its way out.
        case unknown
    }

    /// What is to be stopped where fewer are wanted.
    package struct Surplus: Equatable, Sendable {
        /// Least recently used first.
        package var idle: [EnvironmentID]
        /// Only where no idle ones are left.
        package var starting: [EnvironmentID]

        package init(idle: [EnvironmentID] = [], starting: [EnvironmentID] = []) {
            self.idle = idle
            self.starting = starting
        }
    }

    /// For how long an environment must have been ready, so that its end says nothing about the next one's.
    package static let steadyAfter = Duration.seconds(10)
    /// A setback this long ago is forgotten.
    private static let memory = Duration.seconds(600)

    package private(set) var wanted = 0
    /// Why the last start failed, until as many are ready as are wanted.
    package private(set) var failure: String?
    /// After a setback: no start before this instant.
    package private(set) var notBefore: Instant?
    private var setbacks = 0
    private var lastSetback: Instant?
    private var starting: [EnvironmentID] = []
    /// The most recently used last.
    private var idle: [EnvironmentID] = []
    private var busy: Set<EnvironmentID> = []
    /// Busy ones whose content is another by now: they go when their invocations are over.
    private var outdated: Set<EnvironmentID> = []
    /// Since when each of the idle and busy ones has been ready.
    private var readySince: [EnvironmentID: Instant] = [:]

    package init() {}

    /// Made, busy ones included.
    package var allocated: Int { self.idle.count + self.busy.count }
    package var available: Int { self.idle.count }
    /// Those that run an invocation, also where they are not counted any more.
    package var busyCount: Int { self.busy.count + self.outdated.count }

    /// Starts that are to be begun now.
    package func missing(now: Instant) -> Int {
        if let notBefore = self.notBefore, now < notBefore { return 0 }
        return max(0, self.wanted - self.total)
    }

    private var total: Int { self.starting.count + self.allocated }

    /// A configuration was written, or what it is for has moved. Whatever failed before is tried anew at once.
    package mutating func wantedChanged(to count: Int) -> Surplus {
        self.wanted = count
        self.failure = nil
        self.setbacks = 0
        self.notBefore = nil
        var surplus = Surplus()
        let idle = min(self.idle.count, max(0, self.total - count))
        surplus.idle = Array(self.idle.prefix(idle))
        self.idle.removeFirst(idle)
        let starting = min(self.starting.count, max(0, self.total - count))
        surplus.starting = Array(self.starting.suffix(starting))
        self.starting.removeLast(starting)
        for environment in surplus.idle { self.readySince[environment] = nil }
        return surplus
    }

    /// What environments are made from is another: those there are now leave by their drains, and others take their places.
    package mutating func contentChanged() {
        self.starting = []
        self.idle = []
        self.outdated.formUnion(self.busy)
        self.busy = []
        self.readySince = [:]
    }

    package mutating func startBegan(_ environment: EnvironmentID) { self.starting.append(environment) }

    /// Its init is done, or its invocation over.
    package mutating func becameFree(_ environment: EnvironmentID, now: Instant) -> Freed {
        if let place = self.starting.firstIndex(of: environment) {
            self.starting.remove(at: place)
            self.readySince[environment] = now
        } else if self.busy.remove(environment) == nil {
            self.outdated.remove(environment)
            return .unknown
        }
        guard self.total < self.wanted else {
            self.readySince[environment] = nil
            return .surplus
        }
        self.idle.append(environment)
        if self.allocated >= self.wanted { self.failure = nil }
        return .ready
    }

    /// Whether one is idle. `isUsable` says whether it may begin an invocation; one that may not is on its way out.
    package mutating func hasIdle(isUsable: (EnvironmentID) -> Bool) -> Bool {
        while let candidate = self.idle.last {
            if isUsable(candidate) { return true }
            self.idle.removeLast()
        }
        return false
    }

    /// The most recently used of the idle ones takes an invocation.
    package mutating func take() -> EnvironmentID? {
        guard let environment = self.idle.popLast() else { return nil }
        self.busy.insert(environment)
        return environment
    }

    /// An environment takes no more invocations. `failure` says why its start failed, where it was starting.
    package mutating func left(_ environment: EnvironmentID, failure: String?, now: Instant) {
        if let place = self.starting.firstIndex(of: environment) {
            self.starting.remove(at: place)
            return self.startFailed(failure ?? ProvisionedStatus.initFailure, now: now)
        }
        self.idle.removeAll { $0 == environment }
        self.busy.remove(environment)
        self.outdated.remove(environment)
        guard let since = self.readySince.removeValue(forKey: environment) else { return }
        // One that ends as soon as it is ready must not be followed by the next of its kind at once.
        if now.since(since) < Self.steadyAfter { self.setBack(now: now) }
    }

    /// A start failed, or could not even be begun.
    package mutating func startFailed(_ reason: String, now: Instant) {
        self.failure = reason
        self.setBack(now: now)
    }

    private mutating func setBack(now: Instant) {
        // Several that were begun together fail together, and are one setback.
        if let notBefore = self.notBefore, now < notBefore { return }
        if let last = self.lastSetback, now.since(last) >= Self.memory { self.setbacks = 0 }
        self.setbacks += 1
        self.lastSetback = now
        self.notBefore = now.advanced(by: Backoff.standard.delay(after: self.setbacks))
    }
}

extension StartFailure {
    /// `StatusReason` of a provisioned configuration.
    package var provisionedReason: String {
        switch self {
        case .initError, .runtimeExited, .invalidEntrypoint, .timedOut: ProvisionedStatus.initFailure
        case .sandbox, .credentials, .sandboxEnded, .cancelled: "The environment could not be started: \(self)."
        }
    }
}
