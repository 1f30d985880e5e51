internal import CSandbox
internal import Glibc
package import LambdaCore
internal import Synchronization

/// lambdad's end of the executor's socket. Connects at the first launch, and again at the first one after a connection
/// was lost; with a connection go all sandboxes that were made over it.
///
/// A thread of each connection's own reads the answers and keeps the deadlines, so nothing blocks Swift's own threads.
package final class ExecutorClient: SandboxLauncher {
    private struct State {
        var connection: ExecutorConnection?
        var waiting = WaitingRequests()
    }

    /// A kill is a matter of milliseconds; only a process stuck in the kernel takes longer, and no wait ends that.
    private static let stopDeadline: Duration = .seconds(30)

    private let socketPath: String
    private let launchDeadline: Duration
    private let state = Mutex(State())

    package init(socketPath: String, launchDeadline: Duration) {
        self.socketPath = socketPath
        self.launchDeadline = launchDeadline
    }

    package func launch(_ request: SandboxRequest) async throws(LaunchError) -> SandboxDescriptors {
        let packet = ExecutorRequest.create(request).packet
        guard packet.count <= ExecutorRequest.packetLimit else { throw .refused("the request is too long") }
        let result = await withCheckedContinuation { continuation in
            self.begin(request.environment, packet) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    package func stop(_ environment: EnvironmentID) async {
        await withCheckedContinuation { continuation in
            self.beginStop(environment) { continuation.resume() }
        }
    }

    /// Ends the connection, and with it every sandbox made over it.
    package func disconnect() { self.state.withLock { $0.connection?.end() } }

    private func begin(
        _ environment: EnvironmentID, _ packet: [UInt8],
        _ resume: @escaping @Sendable (WaitingRequests.LaunchResult) -> Void
    ) {
        let failure: LaunchError? = self.state.withLock { state in
            guard state.waiting.launches[environment] == nil else { return .refused("the environment is being made") }
            do throws(SystemError) {
                if state.connection == nil { state.connection = try self.connect() }
                try state.connection?.send(packet)
            } catch {
                return .disconnected(error.description)
            }
            let deadline = EventLoop.now.advanced(by: self.launchDeadline)
            state.waiting.launches[environment] = WaitingRequests.Launch(deadline: deadline, resume: resume)
            state.connection?.wake()
            return nil
        }
        if let failure { resume(.failure(failure)) }
    }

    private func beginStop(_ environment: EnvironmentID, _ resume: @escaping @Sendable () -> Void) {
        let waits = self.state.withLock { state in
            // Without a connection there is no sandbox, and a packet that cannot be sent means that there is none soon.
            guard let connection = state.connection,
                (try? connection.send(ExecutorRequest.stop(environment).packet)) != nil
            else { return false }
            let deadline = EventLoop.now.advanced(by: Self.stopDeadline)
            state.waiting.stops[environment, default: []].append(
                WaitingRequests.Stop(deadline: deadline, resume: resume))
            connection.wake()
            return true
        }
        if !waits { resume() }
    }

    private func connect() throws(SystemError) -> ExecutorConnection {
        let connection = try ExecutorConnection(path: self.socketPath)
        // The thread holds the client until the connection ends: it is the one that closes it.
        try connection.startThread { self.read(connection) }
        return connection
    }

    // MARK: The reader's thread

    private func read(_ connection: ExecutorConnection) {
        var reason = "the executor closed the connection"
        do throws(SystemError) {
            let loop = try EventLoop()
            _ = try loop.add(connection.socket)
            _ = try loop.add(connection.wakeDescriptor)
            while self.readAnswers(connection) {
                let next = self.state.withLock { $0.waiting.nextDeadline }
                _ = try loop.wait(next.map { $0.since(EventLoop.now) })
                connection.clearWake()
                self.expire()
            }
        } catch {
            reason = error.description
        }
        let lost = self.state.withLock { state in
            // From here on the next launch makes a new connection; whoever sends does so under this lock.
            if state.connection === connection { state.connection = nil }
            return state.waiting.takeAll()
        }
        connection.close()
        for launch in lost.launches.values { launch.resume(.failure(.disconnected(reason))) }
        for stop in lost.stops.values.joined() { stop.resume() }
    }

    /// Takes every answer that is there. Returns whether the connection still is.
    private func readAnswers(_ connection: ExecutorConnection) -> Bool {
        while true {
            switch PacketSocket.receive(connection.socket, limit: ExecutorRequest.packetLimit) {
            case .nothingYet: return true
            case .closed, .tooLong: return false
            case .packet(let packet):
                guard let reply = try? ExecutorReply(packet: packet.bytes) else {
                    packet.closeDescriptors()
                    return false
                }
                self.take(reply, packet)
            }
        }
    }

    private func take(_ reply: ExecutorReply, _ packet: Packet) {
        switch reply {
        case .created(let environment, let port, let extras):
            self.created(environment, port, extras, packet)
        case .refused(let environment, let rule): self.finish(environment, .failure(.refused(rule)))
        case .failed(let environment, let step, let errno):
            self.finish(environment, .failure(.setupFailed(step: step, errno: errno)))
        case .vanished(let environment): self.finish(environment, .failure(.vanished))
        case .stopped(let environment):
            let stops = self.state.withLock { $0.waiting.stops.removeValue(forKey: environment) } ?? []
            for stop in stops { stop.resume() }
        // Whoever has the sandbox sees its pidfd; and what this client sends is well formed.
        case .gone, .malformed: break
        }
    }

    private func created(
        _ environment: EnvironmentID, _ port: UInt16, _ extras: ExecutorReply.Extras, _ packet: Packet
    ) {
        guard let descriptors = SandboxDescriptors(packet.descriptors, port: port, extras: extras) else {
            packet.closeDescriptors()
            self.finish(environment, .failure(.disconnected("the executor sent other descriptors than it said")))
            return
        }
        // Nobody waits any more where the deadline has passed; the stop is on its way then.
        if !self.finish(environment, .success(descriptors)) { packet.closeDescriptors() }
    }

    @discardableResult
    private func finish(_ environment: EnvironmentID, _ result: WaitingRequests.LaunchResult) -> Bool {
        guard let launch = self.state.withLock({ $0.waiting.launches.removeValue(forKey: environment) }) else {
            return false
        }
        launch.resume(result)
        return true
    }

    private func expire() {
        let late = self.state.withLock { state in
            let late = state.waiting.takeExpired(at: EventLoop.now)
            for environment in late.launches.keys {
                // Lost only with the connection, and then the sandbox is, too.
                try? state.connection?.send(ExecutorRequest.stop(environment).packet)
            }
            return late
        }
        for launch in late.launches.values { launch.resume(.failure(.timedOut)) }
        for stop in late.stops.values.joined() { stop.resume() }
    }
}

extension SandboxDescriptors {
    /// Puts descriptors to their names in the order of the protocol. `nil` where their number is another.
    init?(_ descriptors: [Int32], port: UInt16, extras: ExecutorReply.Extras) {
        let order: [ExecutorReply.Extras] = [
            .servicesListener, .memoryPeak, .memoryEvents, .freezer, .frames, .traceSocket,
        ]
        let there = order.filter { extras.contains($0) }
        guard descriptors.count == ExecutorReply.fixedDescriptors + there.count else { return nil }
        func extra(_ kind: ExecutorReply.Extras) -> Int32? {
            there.firstIndex(of: kind).map { descriptors[ExecutorReply.fixedDescriptors + $0] }
        }
        self.init(
            pidfd: descriptors[0], log: descriptors[1], runtimeListener: descriptors[2],
            servicesListener: extra(.servicesListener), control: descriptors[3], memoryPeak: extra(.memoryPeak),
            memoryEvents: extra(.memoryEvents), freezer: extra(.freezer), frames: extra(.frames),
            traceSocket: extra(.traceSocket), runtimePort: port)
    }
}
