package import LambdaCore

/// The end of an environment that has extensions: first the runtime, then its external extensions, within a limit.
///
/// Source: the runtime emulator's shutdown. Without extensions there is no such phase, and everything is killed at once.
package struct ExtensionShutdownMachine: Sendable {
    /// What extensions are told about why.
    package enum Reason: String, Sendable {
        case spindown
        case timeout
        case failure
    }

    /// How long the phase may take, from the first SIGTERM to the last SIGKILL.
    package struct Budgets: Sendable, Equatable {
        /// Where a program of its own is registered.
        package var external: Duration
        /// Where parts of the runtime's process are, and no other.
        package var `internal`: Duration

        package init(
            external: Duration = Limits.externalExtensionShutdown,
            internal: Duration = Limits.internalExtensionShutdown
        ) {
            self.external = external
            self.internal = `internal`
        }

        package func budget(of members: [ExtensionMachine.Member]) -> Duration {
            members.contains { $0.isExternal } ? self.external : self.internal
        }
    }

    package enum Action: Equatable, Sendable {
        case nothing
        /// Call ``timerFired(now:)`` at this instant.
        case armTimer(at: Instant)
        /// SIGTERM to the runtime.
        case terminateRuntime(armTimer: Instant)
        /// SHUTDOWN to those who want it, SIGKILL to the runtime where it is still there and to the other extensions.
        case endExtensions(armTimer: Instant)
        /// Kill what is left.
        case finish
    }

    private enum Phase: Sendable {
        case runtime(until: Instant)
        case extensions
        case done
    }

    /// Of external extensions' time the runtime has this part; it has all of it where there are internal ones only.
    private static let runtimeShare = 0.3

    /// When everything is killed.
    package let deadline: Instant
    private let runtimeDeadline: Instant
    private var waiting: Set<String>
    private let hasExternals: Bool
    private var runtimeIsAlive: Bool
    private var phase: Phase

    /// - Parameters:
    ///   - members: Not empty.
    ///   - running: Names of the external ones whose processes are there.
    package init(
        members: [ExtensionMachine.Member], running: Set<String>, runtimeIsAlive: Bool, now: Instant,
        budgets: Budgets = .init()
    ) {
        self.hasExternals = members.contains { $0.isExternal }
        let budget = budgets.budget(of: members)
        self.deadline = now.advanced(by: budget)
        self.runtimeDeadline = now.advanced(by: self.hasExternals ? budget * Self.runtimeShare : budget)
        self.waiting = Set(
            members.filter { $0.isExternal && $0.events.contains(.shutdown) && running.contains($0.name) }.map(\.name))
        self.runtimeIsAlive = runtimeIsAlive
        self.phase = .runtime(until: self.runtimeDeadline)
    }

    package mutating func began() -> Action {
        guard self.runtimeIsAlive else { return self.extensionsNext() }
        return .terminateRuntime(armTimer: self.runtimeDeadline)
    }

    package mutating func runtimeExited() -> Action {
        self.runtimeIsAlive = false
        guard case .runtime = self.phase else { return .nothing }
        return self.extensionsNext()
    }

    package mutating func extensionExited(_ name: String) -> Action {
        self.waiting.remove(name)
        guard case .extensions = self.phase, self.waiting.isEmpty else { return .nothing }
        return self.finished()
    }

    package mutating func timerFired(now: Instant) -> Action {
        switch self.phase {
        case .runtime(let until):
            guard now >= until else { return .armTimer(at: until) }
            return self.extensionsNext()
        case .extensions:
            guard now >= self.deadline else { return .armTimer(at: self.deadline) }
            return self.finished()
        case .done:
            return .nothing
        }
    }

    /// The sandbox ended by itself, or must go at once.
    package mutating func cutShort() -> Action {
        if case .done = self.phase { return .nothing }
        return self.finished()
    }

    private mutating func extensionsNext() -> Action {
        guard !self.waiting.isEmpty else { return self.finished() }
        self.phase = .extensions
        return .endExtensions(armTimer: self.deadline)
    }

    private mutating func finished() -> Action {
        self.phase = .done
        return .finish
    }
}
