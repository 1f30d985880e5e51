internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore
internal import Synchronization

/// An idle environment is frozen after a grace, and goes on with the next thing that is asked of it.
///
/// Both are one `write` to `cgroup.freeze` on the event loop. The kernel stops and starts the processes by itself, after the
/// call: a thaw is not waited for, and a runtime that waits for an event finds its connection as it was.
extension EnvironmentDriver {
    struct Freezing {
        var machine = FreezeMachine()
        var timer: Scheduled<Void>?
    }

    /// Every state but READY has something to do inside, be it to end.
    func freezeOrThaw(from before: EnvironmentMachine.State, to after: EnvironmentMachine.State) {
        if after == .ready {
            self.perform(self.freezing.machine.becameIdle(now: self.now, grace: self.freezeGrace))
        } else if before == .ready {
            self.perform(self.freezing.machine.becameNeeded())
        }
    }

    /// Says once that this machine cannot freeze, where that is asked for.
    func noteFreezer() {
        guard self.descriptors?.freezer == nil, self.settings.freezeGrace != nil, self.parts.freezing.isFirstLack else {
            return
        }
        self.parts.logger.warning(
            "idle environments are not frozen, for there is no cgroup.freeze on this machine: what a function leaves running goes on"
        )
    }

    /// Never where the environment holds several invocations: one whose time was over may still be at work.
    private var freezeGrace: Duration? {
        self.descriptors?.freezer == nil || self.shared != nil ? nil : self.settings.freezeGrace
    }

    private func perform(_ action: FreezeMachine.Action) {
        switch action {
        case .nothing:
            break
        case .armTimer(let instant):
            let delay = max(0, instant.since(self.now).nanoseconds)
            self.freezing.timer = self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) {
                self.perform(self.freezing.machine.timerFired(now: self.now, grace: self.freezeGrace))
            }
        case .freeze:
            // Whoever reads the log of an idle function finds all of it.
            self.writeHeldLines()
            if !self.setFrozen("1") { self.freezing.machine.freezeFailed() }
        case .thaw:
            self.setFrozen("0")
        }
    }

    @discardableResult
    private func setFrozen(_ value: StaticString) -> Bool {
        guard let freezer = self.descriptors?.freezer else { return false }
        let number = self.parts.reader.writeFile(freezer, value)
        guard number != 0 else { return true }
        // A cgroup that is gone went with its sandbox, whose end is about to be told.
        self.parts.logger.warning(
            "\(value) could not be written to cgroup.freeze: errno \(number)", metadata: self.logMetadata)
        return false
    }
}

/// What is known of the machine's freezer, for all environments.
package final class FreezeSupport: Sendable {
    private let lacks = Mutex(false)

    /// Whether nobody has said yet that there is none.
    var isFirstLack: Bool {
        self.lacks.withLock { lacks in
            defer { lacks = true }
            return !lacks
        }
    }
}
