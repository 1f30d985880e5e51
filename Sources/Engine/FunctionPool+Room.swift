internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// Room for environments on a machine that may have only so many.
extension FunctionPool {
    /// Counts an environment in and runs `start`. Where the machine is full, one that nobody uses goes first; where there is
    /// none, `refuse` is run. Either comes on this loop, perhaps later.
    func whenRoom(_ start: @escaping @Sendable () -> Void, orElse refuse: @escaping @Sendable () -> Void) {
        let limit = self.parts.settings.now.concurrentExecutions
        guard !self.gate.admit(limit: limit) else { return start() }
        self.idle.stopOne { [loop = self.loop, gate = self.gate] hasStopped in
            guard hasStopped else { return loop.execute(refuse) }
            gate.whenRoom(limit: limit) { loop.execute(start) }
        }
    }

    /// Until when the environment is kept that has been idle longest.
    var longestIdleEnd: Instant? {
        self.idleEnvironments.first.flatMap { self.drivers[$0]?.machine.keptUntil }
    }

    private var idleEnvironments: [EnvironmentID] {
        self.isShared ? self.shared.idleEnvironments : self.machine.idleEnvironments
    }

    func stopLongestIdle() -> Bool {
        guard let driver = self.idleEnvironments.first.flatMap({ self.drivers[$0] }) else { return false }
        driver.drain()
        return true
    }
}
