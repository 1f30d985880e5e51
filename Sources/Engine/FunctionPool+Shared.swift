internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// Environments that hold several invocations, where the function's runtime is one for them.
///
/// A pool has one kind at a time. When a function's runtime becomes one of the other kind, what is there leaves as after every
/// update, and who waits goes over to the other machine.
extension FunctionPool: SharedEnvironmentOwner {
    var isShared: Bool { self.slots > 1 }
    var now: Instant { self.parts.time.now }

    /// How many invocations the environments of this runtime hold.
    func runtimeChanged(to manifest: RuntimeManifest?) {
        let wasShared = self.isShared
        self.slots = manifest?.maxConcurrency ?? 1
        guard wasShared != self.isShared else { return }
        let waiting = wasShared ? self.shared.abandonWaiting() : self.machine.abandonWaiting()
        for request in waiting {
            if self.isShared {
                _ = self.shared.invocationArrived(request, isUsable: { _ in false })
            } else {
                _ = self.machine.invocationArrived(request, isUsable: { _ in false })
            }
        }
        if !waiting.isEmpty { self.requestStarts() }
    }

    func placeShared(_ ticket: InvocationTicket) {
        switch self.shared.invocationArrived(ticket.id, isUsable: self.isUsable) {
        case .use(let environment):
            self.drivers[environment]?.shared?.take(ticket)
        case .wait:
            self.tickets[ticket.id] = ticket
            self.requestStarts()
        }
    }

    /// Looks again when workers that were waited for should have come.
    func reviewLater() {
        guard self.reviewTimer == nil, let instant = self.shared.reviewTime(now: self.now) else { return }
        let delay = TimeAmount.nanoseconds(instant.since(self.now).nanoseconds)
        self.reviewTimer = self.loop.assumeIsolated().scheduleTask(in: delay) {
            self.reviewTimer = nil
            self.requestStarts()
        }
    }

    func sharedBecameReady(_ driver: EnvironmentDriver) {
        self.shared.becameReady(driver.id, now: self.now)
        driver.shared?.offerWorkers()
        self.requestStarts()
    }

    func workerCame(_ driver: EnvironmentDriver) {
        let mayServe = driver.machine.mayServe(now: self.now)
        guard let request = self.shared.workerCame(driver.id, mayServe: mayServe),
            let ticket = self.takeTicket(request)
        else { return }
        driver.shared?.take(ticket)
    }

    func workerLeft(_ driver: EnvironmentDriver) { self.shared.workerLeft(driver.id) }

    func invocationEnded(_ driver: EnvironmentDriver, workerReturns: Bool) {
        self.shared.invocationEnded(driver.id, workerReturns: workerReturns, now: self.now)
    }

    /// A failed start answers all that counted on it.
    func sharedLeft(_ driver: EnvironmentDriver, _ failure: StartFailure?) {
        var isFirst = true
        for request in self.shared.left(driver.id) {
            guard let failure, let ticket = self.takeTicket(request) else { continue }
            driver.answerFailedStart(ticket, failure, isFirst: isFirst)
            isFirst = false
        }
        self.requestStarts()
        self.reportQuiet()
    }
}
