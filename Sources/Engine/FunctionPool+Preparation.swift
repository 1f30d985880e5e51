internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore

/// Somebody who waits until a version's first environment has had its init. Told once.
final class Preparation {
    /// Set once it is being started.
    var environment: EnvironmentID?
    private var done: ((PreparationFailure?) -> Void)?

    init(_ done: @escaping (PreparationFailure?) -> Void) { self.done = done }

    func ended(_ failure: PreparationFailure?) {
        let done = self.done
        self.done = nil
        done?(failure)
    }
}

/// First environments, started before anybody invokes.
extension FunctionPool {
    /// How an environment of the newest record comes to be, for an invocation.
    func initialization(by manifest: RuntimeManifest) -> InitializationType {
        // Where an environment holds several invocations there is none that could restore it alone.
        self.record.isRestored && !manifest.isShared ? .snapStart : .onDemand
    }

    func prepare(_ done: @escaping @Sendable (PreparationFailure?) -> Void) {
        let preparation = Preparation(done)
        guard !self.isRetired else { return preparation.ended(.abandoned) }
        self.preparations.append(preparation)
        self.gate.start(for: self.key.function) { [loop = self.loop] in
            // The turn may come on another loop's thread, or at once.
            loop.execute { self.startPreparation() }
        }
    }

    private func startPreparation() {
        self.whenRoom {
            self.startPreparationAdmitted()
        } orElse: {
            self.refusePreparation(.platform("This machine runs as many environments as it may."))
        }
    }

    /// An environment is counted in for it.
    private func startPreparationAdmitted() {
        guard let preparation = self.preparations.first(where: { $0.environment == nil }) else {
            // Given up while it waited for its turn.
            self.gate.environmentGone()
            return self.gate.startEnded()
        }
        guard let manifest = self.parts.runtimes.manifest(for: self.record.runtime) else {
            self.gate.environmentGone()
            return self.refusePreparation(
                .platform(self.parts.runtimes.refusal(of: self.record.runtime) ?? "no such runtime"))
        }
        guard !manifest.isShared else {
            // Started for invocations only: a runtime with several workers offers them as they come.
            self.gate.environmentGone()
            return self.refusePreparation(nil)
        }
        let driver = self.makeDriver(manifest, self.initialization(by: manifest))
        preparation.environment = driver.id
        self.machine.startBegan(driver.id)
        driver.start()
    }

    private func refusePreparation(_ failure: PreparationFailure?) {
        self.gate.startEnded()
        guard let index = self.preparations.firstIndex(where: { $0.environment == nil }) else { return }
        self.preparations.remove(at: index).ended(failure)
        self.reportQuiet()
    }

    /// Its init is over. `failure` is `nil` where it is ready, or left later.
    func preparationEnded(_ driver: EnvironmentDriver, _ failure: StartFailure?) {
        guard let index = self.preparations.firstIndex(where: { $0.environment == driver.id }) else { return }
        if let failure { driver.reportPreparationFailure(failure) }
        self.preparations.remove(at: index).ended(failure.map { $0.preparationFailure })
    }

    func abandonPreparations() {
        let abandoned = self.preparations
        self.preparations = []
        for preparation in abandoned { preparation.ended(.abandoned) }
    }
}

extension StartFailure {
    fileprivate var preparationFailure: PreparationFailure {
        switch self {
        case .initError, .runtimeExited, .invalidEntrypoint, .extensionFailed, .timedOut: .function
        case .sandbox, .credentials, .sandboxEnded: .platform("The environment could not be started: \(self).")
        case .cancelled: .abandoned
        }
    }
}

extension EnvironmentDriver {
    /// No invocation tells of it.
    func reportPreparationFailure(_ failure: StartFailure) {
        if case .cancelled = failure { return }
        self.parts.logger.warning(
            "the first environment of a version could not be started: \(failure)", metadata: self.logMetadata)
        guard failure == .timedOut, self.sandbox != .launching else { return }
        self.logFailedInit(failure, began: self.initBegan, phase: "init")
    }
}
