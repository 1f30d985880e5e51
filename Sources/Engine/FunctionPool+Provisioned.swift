internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore

/// Environments that are kept ready.
extension FunctionPool {
    /// So many are to be ready from now on.
    func keep(_ count: Int) {
        guard count != 0 || self.provisioned.wanted != 0 else { return }
        let surplus = self.provisioned.wantedChanged(to: count)
        for environment in surplus.idle { self.drivers[environment]?.drain() }
        // Nobody waits for these.
        for environment in surplus.starting { self.drivers[environment]?.stop(.update) }
        self.requestProvisionedStarts()
        self.reportProvisioned()
        self.reportQuiet()
    }

    /// Asks for a turn for each start that is missing; after a setback, later.
    func requestProvisionedStarts() {
        self.provisionedTimer?.cancel()
        self.provisionedTimer = nil
        // What is half written is not started from, and where nobody would tell of a change nothing can be kept.
        guard !self.content.isChanging, !self.content.isUnwatched, !self.isRetired else { return }
        let now = self.parts.time.now
        while self.provisioned.missing(now: now) > self.provisionedTurns {
            self.provisionedTurns += 1
            self.gate.start(for: self.key.function) { [loop = self.loop] in
                // Never at once: a start that is refused in its turn wants others, while the loop above still counts.
                loop.execute { self.startProvisioned() }
            }
        }
        guard let later = self.provisioned.notBefore, now < later else { return }
        let delay = TimeAmount.nanoseconds(later.since(now).nanoseconds)
        self.provisionedTimer = self.loop.assumeIsolated().scheduleTask(in: delay) { self.requestProvisionedStarts() }
    }

    private func startProvisioned() {
        guard self.isProvisionedStartNeeded else { return self.provisionedTurnEnded() }
        self.whenRoom {
            self.startProvisionedAdmitted()
        } orElse: {
            self.refuseProvisioned("This machine runs as many environments as it may.")
        }
    }

    private var isProvisionedStartNeeded: Bool {
        self.provisioned.missing(now: self.parts.time.now) > 0 && !self.content.isChanging && !self.isRetired
    }

    private func provisionedTurnEnded() {
        self.provisionedTurns -= 1
        self.gate.startEnded()
    }

    /// An environment is counted in for it.
    private func startProvisionedAdmitted() {
        guard self.isProvisionedStartNeeded else {
            self.gate.environmentGone()
            return self.provisionedTurnEnded()
        }
        guard let manifest = self.parts.runtimes.manifest(for: self.record.runtime) else {
            self.gate.environmentGone()
            return self.refuseProvisioned(self.parts.runtimes.refusal(of: self.record.runtime) ?? "no such runtime")
        }
        guard !manifest.isShared else {
            self.gate.environmentGone()
            return self.refuseProvisioned("Environments that hold several invocations are not kept ready.")
        }
        self.provisionedTurns -= 1
        let driver = self.makeDriver(manifest, .provisionedConcurrency)
        self.provisioned.startBegan(driver.id)
        driver.start()
    }

    private func refuseProvisioned(_ reason: String) {
        self.provisionedTurnEnded()
        self.parts.logger.warning(
            "an environment that is to be kept ready cannot be started: \(reason)",
            metadata: ["function": "\(self.key.function.name)"])
        self.provisioned.startFailed(reason, now: self.parts.time.now)
        self.reportProvisioned()
        self.requestProvisionedStarts()
    }

    /// The admission found one idle.
    func takeProvisioned(_ ticket: InvocationTicket) {
        guard let environment = self.provisioned.take(), let driver = self.drivers[environment] else {
            return ticket.fail(.startFailed("an environment that was ready is gone"))
        }
        self.reportProvisioned()
        driver.take(ticket)
    }

    /// Its init is done, or its invocation over.
    func provisionedBecameFree(_ driver: EnvironmentDriver) {
        switch self.provisioned.becameFree(driver.id, now: self.parts.time.now) {
        case .ready: self.serveWaiting(by: driver)
        case .surplus: driver.drain()
        case .unknown: break
        }
        self.reportProvisioned()
    }

    /// Whoever waits for an environment of its own is served sooner by this one, and holds nothing for it any more.
    private func serveWaiting(by driver: EnvironmentDriver) {
        guard driver.isAvailable(), let request = self.machine.takeOldestWaiting(),
            let ticket = self.takeTicket(request)
        else { return }
        ticket.endLease()
        self.takeProvisioned(ticket)
    }

    func provisionedLeft(_ driver: EnvironmentDriver, _ failure: StartFailure?) {
        self.provisioned.left(driver.id, failure: failure?.provisionedReason, now: self.parts.time.now)
        if let failure { driver.reportProvisionedFailure(failure) }
        self.reportProvisioned()
        self.requestProvisionedStarts()
        self.reportQuiet()
    }

    private func reportProvisioned() {
        guard self.provisioned.wanted > 0 else { return self.board.report(nil, of: self.key) }
        self.board.report(
            .init(
                allocated: self.provisioned.allocated, available: self.provisioned.available,
                failure: self.content.isUnwatched ? Self.unwatched : self.provisioned.failure),
            of: self.key)
    }

    private static let unwatched = "Changes of the code's directory cannot be told, so that nothing can be kept ready."
}
