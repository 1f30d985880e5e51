internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import NIOCore

/// The environment and its extensions.
extension EnvironmentDriver: ExtensionOwner {
    var extensionSession: any ExtensionSession { self.extensions }

    /// The init of a fresh environment, or the one inside an invocation.
    func beginInit(phase: PlatformRecord.Phase) {
        guard let control = self.control, case .start(_, _, let variables, _)? = self.runtimeCommand else { return }
        // Before the first process, so that no call finds the state of an earlier one.
        self.session = RuntimeSessionMachine()
        if self.extensions.control == nil { self.extensions.opened(control: control, variables: variables) }
        self.extensions.phase = phase
        self.extensions.initializationType = self.initializationType
        self.extensions.beginInit { self.tellInitStart(phase) }
    }

    func extensionsAreRegistered() {
        // Given up meanwhile.
        guard self.machine.state == .starting || self.current?.machine.isWaitingForRuntime ?? false else { return }
        self.startRuntime()
    }

    func initIsFinished() {
        if self.machine.state == .starting {
            self.initDuration = self.initBegan.map { self.now.since($0) }
            self.tellInitReport(self.firstPhase, .success, duration: self.initDuration ?? .zero)
            self.forgetUnawaitedInit()
            let settings = self.lifecycleSettings
            self.change { try $0.runtimeBecameReady(now: self.now, settings: settings) }
            if self.machine.state == .ready { self.owner?.environmentBecameFree(self) }
        } else if let current = self.current {
            self.tellInitReport(.invoke, .success, duration: current.initBegan.map { self.now.since($0) } ?? .zero)
            self.runtimeIsReadyForCurrent()
        }
    }

    func extensionsAreBack() {
        // Until the runtime is back, the invocation goes on.
        guard self.current?.runtimeIsBack ?? false else { return }
        self.invocationFinished()
    }

    func extensionFailed(_ failure: ExtensionFailure) {
        if let shared = self.shared, self.machine.state == .invoking || self.machine.state == .draining {
            shared.broke(.extensionFailed(failure))
        } else if self.machine.state == .starting || self.current?.machine.isWaitingForRuntime ?? false {
            self.initFailed(.extensionFailed(failure))
        } else if self.current != nil {
            self.invocationFailed(.extensionFailed(failure))
        } else if self.machine.state == .ready {
            // As with an idle runtime's end: nobody is harmed if nobody meets it.
            self.parts.logger.info("an idle extension ended: \(failure.words)", metadata: self.logMetadata)
            self.endReason = .failure
            self.change { try $0.drainRequested() }
        }
    }

    func extensionsNeed(_ time: Duration) { self.machine.extensionsNeed(time) }

    func signalRuntime(_ number: Int32) {
        guard self.runtimeIsAlive else { return }
        self.control?.send(.signal(tag: self.runtimeTag, number: number))
    }

    /// Lets extensions end in their order, where there are any, and then calls `then`.
    func endProcesses(then: @escaping () -> Void) {
        let reason: ExtensionShutdownMachine.Reason
        switch self.machine.startFailure {
        case .timedOut?: reason = .timeout
        case .cancelled?: reason = .spindown
        case nil: reason = self.endReason ?? .spindown
        case .initError?, .runtimeExited?, .invalidEntrypoint?, .extensionFailed?, .sandbox?, .credentials?,
            .sandboxEnded?:
            reason = .failure
        }
        self.endReason = nil
        self.extensions.end(because: reason, runtimeIsAlive: self.runtimeIsAlive, then: then)
    }
}
