package import LambdaCore

/// The environments of one function, and who waits for one.
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
    private var starting: Set<EnvironmentID> = []
    private var waiting: [RequestID] = []

    package init() {}

    package var environments: Int { self.idle.count + self.busy.count + self.starting.count }
    package var isEmpty: Bool { self.environments == 0 && self.waiting.isEmpty }
    package var idleEnvironments: [EnvironmentID] { self.idle }
    package var waitingCount: Int { self.waiting.count }
    package var busyCount: Int { self.busy.count }

    /// An invocation arrived. `isUsable` says whether an idle environment may begin one now.
    package mutating func invocationArrived(
        _ request: RequestID, isUsable: (EnvironmentID) -> Bool
    ) -> Placement {
        while let candidate = self.idle.popLast() {
            // One that is past its age is on its way out; its own timer stops it.
            guard isUsable(candidate) else { continue }
            self.busy.insert(candidate)
            return .use(candidate)
        }
        self.waiting.append(request)
        return .startAndWait
    }

    package mutating func startBegan(_ environment: EnvironmentID) { self.starting.insert(environment) }

    /// A started or released environment is free. Gives the invocation that it takes, where one waits.
    package mutating func becameFree(_ environment: EnvironmentID) -> RequestID? {
        self.starting.remove(environment)
        self.busy.remove(environment)
        guard !self.waiting.isEmpty else {
            self.idle.append(environment)
            return nil
        }
        self.busy.insert(environment)
        return self.waiting.removeFirst()
    }

    /// An environment left: it failed, timed out or is being stopped. Gives the invocation whose start failed with it,
    /// where it was a starting one.
    package mutating func left(_ environment: EnvironmentID) -> RequestID? {
        self.idle.removeAll { $0 == environment }
        self.busy.remove(environment)
        let wasStarting = self.starting.remove(environment) != nil
        guard wasStarting, self.waiting.count > self.starting.count else { return nil }
        return self.waiting.removeFirst()
    }

    /// Nobody will free an environment for them: gives every waiting invocation back.
    package mutating func abandonWaiting() -> [RequestID] {
        defer { self.waiting = [] }
        return self.waiting
    }

    /// How many starts the waiting ones still need.
    package var missingStarts: Int { max(0, self.waiting.count - self.starting.count) }
}
