internal import LambdaCore
internal import Lifecycle
internal import NIOCore

/// The end of an environment with extensions.
extension ExtensionHost {
    private static let terminate: Int32 = 15
    private static let kill: Int32 = 9

    /// Lets runtime and extensions end within their limit, then calls `then`; at once where there are no extensions, or
    /// init cannot be asked any more.
    func end(
        because reason: ExtensionShutdownMachine.Reason, runtimeIsAlive: Bool, then: @escaping () -> Void
    ) {
        guard !self.machine.isEmpty, self.control != nil else { return then() }
        self.afterShutdown = then
        // One is under way: what comes after it is another thing now, such as a stop instead of a reset.
        guard self.shutdown == nil else { return }
        self.shutdownReason = reason
        var machine = ExtensionShutdownMachine(
            members: self.machine.members, running: Set(self.processes.values), runtimeIsAlive: runtimeIsAlive,
            now: self.parts.time.now, budgets: self.parts.settings.now.extensionShutdown)
        let action = machine.began()
        self.shutdown = machine
        self.perform(action)
    }

    /// How long ``end(because:runtimeIsAlive:then:)`` takes at most.
    var shutdownLimit: Duration {
        guard !self.machine.isEmpty else { return .zero }
        return self.parts.settings.now.extensionShutdown.budget(of: self.machine.members)
    }

    /// Returns whether the runtime ended as it was asked to.
    func runtimeEndedInShutdown() -> Bool {
        guard self.shutdown != nil else { return false }
        self.change { $0.runtimeExited() }
        return true
    }

    func extensionEndedInShutdown(_ name: String) { self.change { $0.extensionExited(name) } }

    /// The sandbox ended by itself: nobody is there to wait for.
    func sandboxVanished() {
        self.control = nil
        self.change { $0.cutShort() }
    }

    private func change(_ event: (inout ExtensionShutdownMachine) -> ExtensionShutdownMachine.Action) {
        guard var machine = self.shutdown else { return }
        let action = event(&machine)
        self.shutdown = machine
        self.perform(action)
    }

    private func perform(_ action: ExtensionShutdownMachine.Action) {
        switch action {
        case .nothing:
            break
        case .armTimer(let instant):
            self.armTimer(at: instant)
        case .terminateRuntime(let instant):
            self.owner?.signalRuntime(Self.terminate)
            self.armTimer(at: instant)
        case .endExtensions(let instant):
            self.armTimer(at: instant)
            self.hub?.flush()
            self.endExtensions()
        case .finish:
            self.shutdownTimer?.cancel()
            self.shutdown = nil
            let then = self.afterShutdown
            self.afterShutdown = nil
            then?()
        }
    }

    private func endExtensions() {
        guard let deadline = self.shutdown?.deadline else { return }
        self.owner?.signalRuntime(Self.kill)
        for (tag, name) in self.processes where !self.wantsShutdown(name) {
            self.control?.send(.signal(tag: tag, number: Self.kill))
        }
        let left = deadline.since(self.parts.time.now)
        self.dueEvent = Self.shutdownEvent(
            deadline: self.parts.time.wallTime.advanced(by: left), reason: self.shutdownReason)
        self.dueIsInvoke = false
        for id in self.machine.shutdownBegan() {
            self.waiting.removeValue(forKey: id)?.respond(self.eventReply())
        }
    }

    private func wantsShutdown(_ name: String) -> Bool {
        self.machine.members.contains { $0.isExternal && $0.name == name && $0.events.contains(.shutdown) }
    }

    private static func shutdownEvent(deadline: WallTime, reason: ExtensionShutdownMachine.Reason) -> [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.beginObject()
        json.member("eventType", "SHUTDOWN")
        json.member("deadlineMs", Int(deadline.milliseconds))
        json.member("shutdownReason", reason.rawValue)
        json.endObject()
        return json.bytes
    }

    private func armTimer(at instant: Instant) {
        self.shutdownTimer?.cancel()
        let delay = max(0, instant.since(self.parts.time.now).nanoseconds)
        self.shutdownTimer = self.loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) {
            self.change { $0.timerFired(now: self.parts.time.now) }
        }
    }
}
