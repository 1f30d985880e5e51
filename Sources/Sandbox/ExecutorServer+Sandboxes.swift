internal import CSandbox
internal import Glibc
internal import LambdaCore

/// Between two tries to remove a cgroup whose last process still winds up.
private let cgroupRetry: Duration = .milliseconds(5)
/// Tries, which is a second. Past that it is left for the next start.
private let cgroupTryLimit = 200

/// The life of each sandbox: acting on what ``SandboxLifeMachine`` decides.
extension ExecutorServer {
    func admit(_ entry: SandboxEntry) throws(SandboxBuilder.Failure) {
        self.sandboxes[entry.environment] = entry
        do {
            entry.processToken = try self.loop.add(entry.pidfd.number)
            self.sources[entry.processToken] = .process(entry.environment)
            if let setup = entry.starting?.setup.number {
                entry.setupToken = try self.loop.add(setup)
                self.sources[entry.setupToken] = .setup(entry.environment)
            }
        } catch {
            // Unwatched it could never be seen to end, so it ends here.
            _ = lsb_pidfd_kill(entry.pidfd.number)
            _ = Glibc.waitpid(entry.pid, nil, 0)
            _ = entry.cgroup?.remove()
            self.sources[entry.processToken] = nil
            self.sandboxes[entry.environment] = nil
            throw .failed(error)
        }
    }

    func readSetup(of entry: SandboxEntry) {
        while let setup = entry.starting?.setup.number {
            switch PacketSocket.receive(setup, limit: MemoryLayout<lsb_report>.size) {
            case .nothingYet: return
            case .closed, .tooLong:
                self.forget(entry.setupToken, setup)
                let action = entry.machine.setupClosed()
                if action == .nothing { entry.starting = nil }
                return self.act(action, on: entry)
            case .packet(let packet):
                self.take(packet, from: entry)
            }
        }
    }

    private func take(_ packet: Packet, from entry: SandboxEntry) {
        var words = PacketReader(packet.bytes)
        guard let step = try? words.integer(UInt32.self), let errno = try? words.integer(UInt32.self) else {
            packet.closeDescriptors()
            return
        }
        for number in packet.descriptors { self.take(Descriptor(owning: number), of: entry) }
        self.act(
            entry.machine.reported(step: Int32(bitPattern: step), errno: Int32(bitPattern: errno)), on: entry)
    }

    private func take(_ socket: consuming Descriptor, of entry: SandboxEntry) {
        // One that nobody asked for closes at the end of this.
        guard let kind = entry.starting?.awaited.first else { return }
        entry.starting?.awaited.removeFirst()
        switch kind {
        case .runtime: entry.starting?.runtimeListener = consume socket
        case .services: entry.starting?.servicesListener = consume socket
        case .trace: entry.starting?.traceSocket = consume socket
        }
    }

    func act(_ action: SandboxLifeMachine.Action, on entry: SandboxEntry) {
        switch action {
        case .nothing: break
        case .mapAndContinue: self.mapIdentities(of: entry)
        case .announce: self.announce(entry)
        case .kill:
            entry.alarm = nil
            entry.cgroup?.kill()
            // ESRCH: it is dead already, and its end is on the way to us.
            _ = lsb_pidfd_kill(entry.pidfd.number)
        case .finish(let answers): self.finish(entry, answers)
        }
    }

    private func mapIdentities(of entry: SandboxEntry) {
        do {
            // The child is not reaped before its pidfd says so, so the number is still its own.
            try Kernel.write(entry.identities.uidMap, to: "/proc/\(entry.pid)/uid_map")
            try Kernel.write(entry.identities.gidMap, to: "/proc/\(entry.pid)/gid_map")
            if let setup = entry.starting?.setup.number { try PacketSocket.send([1], to: setup) }
        } catch {
            let step = Int32(LSB_STEP_ID_MAPS.rawValue)
            self.act(entry.machine.parentFailed(.failed(step: step, errno: error.errno)), on: entry)
        }
    }

    private func announce(_ entry: SandboxEntry) {
        guard let starting = entry.starting.take() else { return }
        guard let listener = number(of: starting.runtimeListener) else {
            return self.act(entry.machine.stopRequested(), on: entry)
        }
        entry.alarm =
            entry.cgroup?.boundedLater == nil
            ? nil : EventLoop.now.advanced(by: CgroupLimits.startDuration)
        var descriptors = [entry.pidfd.number, starting.log.number, listener, starting.control.number]
        var extras: ExecutorReply.Extras = []
        if let services = number(of: starting.servicesListener) {
            descriptors.append(services)
            extras.insert(.servicesListener)
        }
        let peak = entry.cgroup?.file("memory.peak")
        if let number = number(of: peak) {
            descriptors.append(number)
            extras.insert(.memoryPeak)
        }
        let events = entry.cgroup?.file("memory.events")
        if let number = number(of: events) {
            descriptors.append(number)
            extras.insert(.memoryEvents)
        }
        let freezer = entry.cgroup?.freezer()
        if let number = number(of: freezer) {
            descriptors.append(number)
            extras.insert(.freezer)
        }
        if let frames = number(of: starting.frames) {
            descriptors.append(frames)
            extras.insert(.frames)
        }
        if let socket = number(of: starting.traceSocket) {
            descriptors.append(socket)
            extras.insert(.traceSocket)
        }
        let port = UInt16(clamping: lsb_local_port(listener))
        self.notice(.created(entry.environment, count: self.sandboxes.count))
        self.send(
            .created(entry.environment, runtimePort: port, extras: extras), descriptors: descriptors, to: entry.client)
    }

    func reap(_ entry: SandboxEntry) {
        // Its last words first: they say why it ended.
        self.readSetup(of: entry)
        guard lsb_pidfd_reap(entry.pidfd.number) != -EAGAIN else { return }
        self.forget(entry.processToken, entry.pidfd.number)
        if let setup = entry.starting?.setup.number { self.forget(entry.setupToken, setup) }
        entry.starting = nil
        self.act(entry.machine.processEnded(), on: entry)
    }

    /// The processes are gone. Answers follow once the cgroup is, too.
    private func finish(_ entry: SandboxEntry, _ answers: [SandboxLifeMachine.Answer]) {
        if let removed = entry.cgroup?.remove(), !removed, entry.cgroupTries < cgroupTryLimit {
            entry.cgroupTries += 1
            entry.unsaid = answers
            entry.alarm = EventLoop.now.advanced(by: cgroupRetry)
            return
        }
        if entry.cgroupTries == cgroupTryLimit { self.notice(.cgroupLeft(entry.environment)) }
        self.sandboxes[entry.environment] = nil
        self.notice(.ended(entry.environment, count: self.sandboxes.count))
        for answer in answers { self.say(answer, about: entry) }
    }

    private func say(_ answer: SandboxLifeMachine.Answer, about entry: SandboxEntry) {
        let environment = entry.environment
        switch answer {
        case .failed(let step, let errno):
            // Safety: the name is a constant of the C library's.
            let name = unsafe String(cString: lsb_step_name(step))
            self.report(environment, step: name, errno: errno, entry.client)
        case .timedOut: self.report(environment, step: "start within the deadline", errno: ETIMEDOUT, entry.client)
        case .vanished: self.send(.vanished(environment), to: entry.client)
        case .stopped: self.send(.stopped(environment), to: entry.client)
        case .gone: self.send(.gone(environment), to: entry.client)
        }
    }

    func ringAlarms() {
        let now = EventLoop.now
        for entry in self.sandboxes.values {
            guard let alarm = entry.alarm, now >= alarm else { continue }
            entry.alarm = nil
            if let answers = entry.unsaid {
                self.finish(entry, answers)
            } else if entry.machine.isStarting {
                self.act(entry.machine.deadlinePassed(), on: entry)
            } else {
                entry.cgroup?.bound()
            }
        }
    }

    func forget(_ token: UInt64, _ descriptor: Int32) {
        guard self.sources.removeValue(forKey: token) != nil else { return }
        self.loop.remove(descriptor)
    }
}
