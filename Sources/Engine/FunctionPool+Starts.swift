internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// Environments that are started because an invocation waits.
extension FunctionPool {
    /// Asks for a turn for each start that the waiting invocations still need.
    func requestStarts() {
        // What is half written is not started from; see ``HotContent``.
        guard !self.content.isChanging else { return }
        if self.isShared { self.reviewLater() }
        while self.missingStarts > self.turnsAwaited {
            self.turnsAwaited += 1
            self.gate.start(for: self.key.function) { [loop = self.loop] in
                // The turn may come on another loop's thread.
                loop.execute { self.startNext() }
            }
        }
    }

    private var missingStarts: Int {
        self.isShared ? self.shared.missingStarts(slots: self.slots, now: self.now) : self.machine.missingStarts
    }

    private func startNext() {
        guard self.isStartNeeded else { return self.turnEnded() }
        self.whenRoom {
            self.startAdmitted()
        } orElse: {
            self.failOldest(.throttled(.concurrentInvocations))
            self.turnEnded()
        }
    }

    /// Not where somebody's environment became free first and took the invocation, or the code is being written.
    private var isStartNeeded: Bool { self.missingStarts > 0 && !self.content.isChanging }

    private func turnEnded() {
        self.turnsAwaited -= 1
        self.gate.startEnded()
    }

    /// An environment is counted in for it.
    private func startAdmitted() {
        guard self.isStartNeeded else { return self.giveUpStart(nil) }
        guard let manifest = self.parts.runtimes.manifest(for: self.record.runtime) else {
            let refusal = self.parts.runtimes.refusal(of: self.record.runtime) ?? "no such runtime"
            return self.giveUpStart(.startFailed(refusal))
        }
        // Manifests may have been read anew since the record came.
        self.runtimeChanged(to: manifest)
        guard self.tenant == nil || self.account.startTenantEnvironment(of: self.key.function.name) else {
            return self.giveUpStart(.tooManyTenantEnvironments)
        }
        self.turnsAwaited -= 1
        let driver = self.makeDriver(manifest, self.initialization(by: manifest))
        if self.isShared {
            self.shared.startBegan(driver.id, slots: self.slots)
        } else {
            self.machine.startBegan(driver.id)
        }
        driver.start()
        // Nobody would tell of a change, or nobody comes any more: it serves who waits for it, and no other.
        if self.content.isUnwatched || self.isRetired { driver.drain() }
    }

    private func giveUpStart(_ failure: InvocationFailure?) {
        if let failure { self.failOldest(failure) }
        self.gate.environmentGone()
        self.turnEnded()
    }

    /// The oldest waiting invocation has no start to wait for.
    private func failOldest(_ failure: InvocationFailure) {
        guard let request = self.isShared ? self.shared.takeOldestWaiting() : self.oldestWithoutStart else { return }
        self.tickets.removeValue(forKey: request)?.fail(failure)
        self.reportQuiet()
    }

    private var oldestWithoutStart: RequestID? {
        let placeholder = EnvironmentID.random()
        self.machine.startBegan(placeholder)
        return self.machine.left(placeholder)
    }
}
