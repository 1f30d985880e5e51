package import LambdaCore

/// The environments of one version of a function, and who waits for one.
///
/// Most recently used first, so that the others can be let go. For every waiting invocation there is an environment on
/// its way; whichever becomes free first takes the oldest waiting one.
package struct PoolMachine: Sendable {
    package enum Placement: Equatable, Sendable {
        /// This environment takes it.
        case use(EnvironmentID)
        /// It waits; a new environment must be started.
        case startAndWait
    }

    /// Idle ones, the most recently used last.
    private var idle: [EnvironmentID] = []
    private var busy: Set<EnvironmentID> = []
    /// Those of ``busy`` whose invocation is over and whose runtime is being ended: they come free soon, by themselves.
    private var resetting: Set<EnvironmentID> = []
    /// Those of ``busy`` whose caller has its answer, and which are about to come free.
    private var finishing: Set<EnvironmentID> = []
    /// Starting ones, and how many changes the function had seen when each was begun.
    private var starting: [EnvironmentID: Int] = [:]
    /// The oldest first.
    private var waiting: [Waiting] = []
    /// How many of ``waiting`` may not start an environment while one is about to come free.
    private var patient = 0
    private var changes = 0

    private struct Waiting: Sendable {
        let request: RequestID
        /// How many changes the function had seen when it arrived.
        let changes: Int
        let isPatient: Bool
    }

    package init() {}

    package var environments: Int { self.idle.count + self.busy.count + self.starting.count }
    package var isEmpty: Bool { self.environments == 0 && self.waiting.isEmpty }
    package var idleEnvironments: [EnvironmentID] { self.idle }
    package var waitingCount: Int { self.waiting.count }
    package var busyCount: Int { self.busy.count }

    /// Whether one more invocation would need a start. `isUsable` says whether an idle environment may begin one now.
    package mutating func needsStart(isUsable: (EnvironmentID) -> Bool) -> Bool {
        while let candidate = self.idle.last {
            if isUsable(candidate) { return false }
            self.idle.removeLast()
        }
        return self.waiting.count >= self.starting.count + self.resetting.count
    }

    /// An invocation arrived. `isUsable` says whether an idle environment may begin one now.
    ///
    /// - Parameter mayStart: Whether the function's concurrency allows one more environment. If not, one whose invocation
    ///   has been answered is waited for.
    package mutating func invocationArrived(
        _ request: RequestID, mayStart: Bool = true, isUsable: (EnvironmentID) -> Bool
    ) -> Placement {
        while let candidate = self.idle.popLast() {
            // One that is past its age is on its way out; its own timer stops it.
            guard isUsable(candidate) else { continue }
            self.busy.insert(candidate)
            return .use(candidate)
        }
        self.waiting.append(Waiting(request: request, changes: self.changes, isPatient: !mayStart))
        if !mayStart { self.patient += 1 }
        return .startAndWait
    }

    /// The caller of a busy environment's invocation has its answer.
    package mutating func answered(_ environment: EnvironmentID) {
        if self.busy.contains(environment) { self.finishing.insert(environment) }
    }

    /// An environment that is not the pool's own takes the oldest of those that wait.
    package mutating func takeOldestWaiting() -> RequestID? {
        self.waiting.isEmpty ? nil : self.removeFirstWaiting()
    }

    private mutating func removeFirstWaiting() -> RequestID {
        let first = self.waiting.removeFirst()
        if first.isPatient { self.patient -= 1 }
        return first.request
    }

    /// The function's record changed. What is starting serves only invocations that had arrived already: one that comes
    /// after an update must not run the code from before it. Idle and busy ones leave by their own drains.
    package mutating func functionChanged() { self.changes += 1 }

    /// The invocation of a busy environment failed and was answered, and its processes are being ended: its sandbox serves the
    /// next invocation, for which no other needs to be started.
    package mutating func resetBegan(_ environment: EnvironmentID) {
        self.finishing.remove(environment)
        if self.busy.contains(environment) { self.resetting.insert(environment) }
    }

    package mutating func startBegan(_ environment: EnvironmentID) { self.starting[environment] = self.changes }

    /// A started or released environment is free. Gives the invocation that it takes, where one waits.
    ///
    /// One that is out of date and finds nobody to serve is no more in the pool: it is about to leave. Whoever waits then
    /// may need another start; see ``missingStarts``.
    package mutating func becameFree(_ environment: EnvironmentID) -> RequestID? {
        let changesAtStart = self.starting.removeValue(forKey: environment) ?? self.changes
        self.forgetBusy(environment)
        if let next = self.waiting.first, next.changes <= changesAtStart {
            self.busy.insert(environment)
            return self.removeFirstWaiting()
        }
        if changesAtStart == self.changes { self.idle.append(environment) }
        return nil
    }

    /// An environment left: it failed, timed out or is being stopped. Gives the invocation whose start failed with it,
    /// where it was a starting one.
    package mutating func left(_ environment: EnvironmentID) -> RequestID? {
        self.idle.removeAll { $0 == environment }
        self.forgetBusy(environment)
        guard let changesAtStart = self.starting.removeValue(forKey: environment),
            self.waiting.count > self.starting.count, let oldest = self.waiting.first,
            // Old code that fails to start says nothing about an invocation of the new.
            oldest.changes <= changesAtStart
        else { return nil }
        return self.removeFirstWaiting()
    }

    private mutating func forgetBusy(_ environment: EnvironmentID) {
        self.busy.remove(environment)
        self.resetting.remove(environment)
        self.finishing.remove(environment)
    }

    /// Nobody will free an environment for them: gives every waiting invocation back.
    package mutating func abandonWaiting() -> [RequestID] {
        defer {
            self.waiting = []
            self.patient = 0
        }
        return self.waiting.map(\.request)
    }

    /// How many starts the waiting ones still need. To be looked at after an environment became free or left, too: one that
    /// was out of date leaves those behind that it may not serve.
    package var missingStarts: Int {
        let onTheirWay = self.starting.count + self.resetting.count + min(self.patient, self.finishing.count)
        return max(0, self.waiting.count - onTheirWay)
    }
}
