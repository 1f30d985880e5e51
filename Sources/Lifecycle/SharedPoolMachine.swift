package import LambdaCore

/// The environments of one version of a function whose runtime works on several invocations at one time, and who waits.
///
/// A place for an invocation is a worker that has asked for an event, as on AWS: whatever number an environment was made for,
/// a worker that has died or hangs takes no invocation. Workers that are about to ask count as on their way for a moment.
package struct SharedPoolMachine: Sendable {
    package enum Placement: Equatable, Sendable {
        /// This environment takes it.
        case use(EnvironmentID)
        /// It waits for a worker.
        case wait
    }

    private struct Environment: Sendable {
        let id: EnvironmentID
        /// Invocations that it is made for.
        let slots: Int
        /// How many changes the function had seen when its start was begun.
        let changes: Int
        /// When its init was done.
        var readySince: Instant?
        /// Workers that wait for an event.
        var idle = 0
        var running = 0
        /// Workers that have answered and not asked for more, and when the last of them answered.
        var returning = 0
        var lastAnswer: Instant?
        /// The most workers that it was seen to have.
        var workers = 0

        /// Until when workers that have not asked yet are waited for.
        var arrivalEnd: Instant? {
            guard self.workers < self.slots else { return nil }
            return self.readySince?.advanced(by: Limits.workerArrival)
        }

        var returnEnd: Instant? {
            self.returning > 0 ? self.lastAnswer?.advanced(by: Limits.workerReturn) : nil
        }

        /// Invocations that it will be able to take, by itself and soon.
        func expected(now: Instant) -> Int {
            guard self.readySince != nil else { return self.slots }
            let arriving = self.arrivalEnd.map { now < $0 } ?? false ? self.slots - self.workers : 0
            return arriving + (self.returnEnd.map { now < $0 } ?? false ? self.returning : 0)
        }
    }

    private struct Waiting: Sendable {
        let request: RequestID
        /// How many changes the function had seen when it arrived.
        let changes: Int
    }

    /// In the order of their starts.
    private var environments: [Environment] = []
    /// The oldest first.
    private var waiting: [Waiting] = []
    private var changes = 0

    package init() {}

    package var isEmpty: Bool { self.environments.isEmpty && self.waiting.isEmpty }
    package var waitingCount: Int { self.waiting.count }
    package var busyCount: Int { self.environments.reduce(0) { $0 + $1.running } }
    /// Those that are ready and run nothing.
    package var idleEnvironments: [EnvironmentID] {
        self.environments.filter { $0.readySince != nil && $0.running == 0 }.map(\.id)
    }

    // MARK: Invocations

    /// An invocation arrived. Of those with an idle worker the fullest takes it, so that others can be let go. `isUsable` says
    /// whether an environment may begin one now.
    package mutating func invocationArrived(
        _ request: RequestID, isUsable: (EnvironmentID) -> Bool
    ) -> Placement {
        guard let place = self.fullestWithWorker(isUsable) else {
            self.waiting.append(Waiting(request: request, changes: self.changes))
            return .wait
        }
        self.environments[place].idle -= 1
        self.environments[place].running += 1
        return .use(self.environments[place].id)
    }

    private func fullestWithWorker(_ isUsable: (EnvironmentID) -> Bool) -> Int? {
        let places = self.environments.indices.filter { place in
            let environment = self.environments[place]
            return environment.idle > 0 && environment.changes == self.changes && isUsable(environment.id)
        }
        return places.max { left, right in
            // Of two that are equally full, the older one.
            (self.environments[left].running, right) < (self.environments[right].running, left)
        }
    }

    /// Whether one more invocation would need a start.
    ///
    /// - Parameter slots: Invocations that a new environment is made for.
    package func needsStart(slots: Int, now: Instant, isUsable: (EnvironmentID) -> Bool) -> Bool {
        guard self.fullestWithWorker(isUsable) == nil else { return false }
        return self.starts(for: self.unserved(more: 1, now: now), slots) > self.missingStarts(slots: slots, now: now)
    }

    /// An invocation is over. `workerReturns`: its worker has answered, and is about to ask for more; one whose invocation
    /// timed out may work on for ever.
    package mutating func invocationEnded(_ environment: EnvironmentID, workerReturns: Bool, now: Instant) {
        self.change(environment) {
            $0.running -= 1
            guard workerReturns else { return }
            let isRecent = $0.returnEnd.map { now < $0 } ?? false
            $0.returning = (isRecent ? $0.returning : 0) + 1
            $0.lastAnswer = now
        }
    }

    /// The oldest one that waits has nothing to wait for.
    package mutating func takeOldestWaiting() -> RequestID? {
        self.waiting.isEmpty ? nil : self.waiting.removeFirst().request
    }

    /// Gives every waiting invocation back.
    package mutating func abandonWaiting() -> [RequestID] {
        defer { self.waiting = [] }
        return self.waiting.map(\.request)
    }

    // MARK: Environments

    /// The function's record changed. What is there serves only invocations that had arrived already.
    package mutating func functionChanged() { self.changes += 1 }

    package mutating func startBegan(_ environment: EnvironmentID, slots: Int) {
        self.environments.append(Environment(id: environment, slots: slots, changes: self.changes))
    }

    /// Its init is done. Its workers are told of one by one.
    package mutating func becameReady(_ environment: EnvironmentID, now: Instant) {
        self.change(environment) { $0.readySince = now }
    }

    /// A worker asks for an event. Gives the invocation that it takes, where one waits.
    ///
    /// - Parameter mayServe: Whether the environment may begin one now.
    package mutating func workerCame(_ environment: EnvironmentID, mayServe: Bool) -> RequestID? {
        guard let place = self.place(of: environment) else { return nil }
        self.environments[place].returning = max(0, self.environments[place].returning - 1)
        self.environments[place].idle += 1
        let now = self.environments[place]
        self.environments[place].workers = max(now.workers, now.idle + now.running + now.returning)
        guard mayServe, let next = self.waiting.first, next.changes <= now.changes else { return nil }
        self.environments[place].idle -= 1
        self.environments[place].running += 1
        return self.waiting.removeFirst().request
    }

    /// A worker that waited for an event is gone.
    package mutating func workerLeft(_ environment: EnvironmentID) {
        self.change(environment) { $0.idle = max(0, $0.idle - 1) }
    }

    /// An environment left. Gives the invocations whose start failed with it, where it was a starting one.
    package mutating func left(_ environment: EnvironmentID) -> [RequestID] {
        guard let place = self.place(of: environment) else { return [] }
        let gone = self.environments.remove(at: place)
        guard gone.readySince == nil else { return [] }
        let others = self.environments.filter { $0.readySince == nil }.reduce(0) { $0 + $1.slots }
        // Old code that fails to start says nothing about invocations of the new.
        let candidates = self.waiting.prefix { $0.changes <= gone.changes }.count
        let count = max(0, min(gone.slots, candidates, self.waiting.count - others))
        defer { self.waiting.removeFirst(count) }
        return self.waiting.prefix(count).map(\.request)
    }

    // MARK: Starts

    /// How many environments of so many slots the waiting ones still need.
    package func missingStarts(slots: Int, now: Instant) -> Int {
        self.starts(for: self.unserved(more: 0, now: now), slots)
    }

    /// When the answer of ``missingStarts(slots:now:)`` may change by itself: a worker that was waited for has not come.
    package func reviewTime(now: Instant) -> Instant? {
        guard !self.waiting.isEmpty else { return nil }
        return self.environments.flatMap { [$0.arrivalEnd, $0.returnEnd] }.compactMap(\.self).filter { $0 > now }.min()
    }

    private func starts(for invocations: Int, _ slots: Int) -> Int { (invocations + slots - 1) / slots }

    /// Waiting invocations, and `more` that arrive now, for which nothing is on its way. What was begun after a change serves
    /// older invocations too, and not the other way round.
    private func unserved(more: Int, now: Instant) -> Int {
        let changes = self.waiting.map(\.changes) + Array(repeating: self.changes, count: more)
        return Set(changes).map { least in
            let expected = self.environments.filter { $0.changes >= least }.reduce(0) { $0 + $1.expected(now: now) }
            return changes.count { $0 >= least } - expected
        }.reduce(0, max)
    }

    private func place(of environment: EnvironmentID) -> Int? {
        self.environments.firstIndex { $0.id == environment }
    }

    private mutating func change(_ environment: EnvironmentID, _ body: (inout Environment) -> Void) {
        // One that has left already is asked nothing any more.
        if let place = self.place(of: environment) { body(&self.environments[place]) }
    }
}
