internal import CSandbox
internal import Glibc
package import LambdaCore

/// What the executor's program is told, so that it can tell the journal and systemd.
package enum ExecutorNotice: Equatable, Sendable {
    case connected(client: UInt64, uid: UInt32)
    case turnedAway(uid: UInt32, gid: UInt32)
    case disconnected(client: UInt64, sandboxes: Int)
    case malformed(client: UInt64, reason: String)
    case refused(EnvironmentID, rule: String)
    case failed(EnvironmentID, step: String, errno: Int32)
    case created(EnvironmentID, count: Int)
    case ended(EnvironmentID, count: Int)
    /// Its processes are gone; the directory could not be removed so far.
    case cgroupLeft(EnvironmentID)
}

/// The loop of lambda-executor: clients on one side, sandboxes on the other. One thread, nothing blocks.
package final class ExecutorServer {
    enum Source {
        case listener
        case signals
        case client(UInt64)
        case setup(EnvironmentID)
        case process(EnvironmentID)
    }

    struct Client {
        let socket: Int32
        let token: UInt64
    }

    /// Connections at one time: lambdad has one; an operator's tool may have another.
    private static let clientLimit = 64

    private let policy: SandboxPolicy
    let builder: SandboxBuilder
    private let allowedGroup: UInt32?
    let loop: EventLoop
    let notice: (ExecutorNotice) -> Void
    var sources: [UInt64: Source] = [:]
    var clients: [UInt64: Client] = [:]
    var sandboxes: [EnvironmentID: SandboxEntry] = [:]
    private var listeners: [Int32] = []
    private var lastClient: UInt64 = 0
    private var signals: Int32 = -1
    private var stopping = false

    /// - Parameters:
    ///   - allowedGroup: Gid whose processes may connect besides root's.
    ///   - notice: Called on the loop's thread.
    package init(
        policy: SandboxPolicy, builder: SandboxBuilder, allowedGroup: UInt32?,
        notice: @escaping (ExecutorNotice) -> Void
    ) throws(SystemError) {
        self.policy = policy
        self.builder = builder
        self.allowedGroup = allowedGroup
        self.notice = notice
        self.loop = try EventLoop()
        self.signals = try checked(lsb_signals(), "watch for signals")
        self.sources[try self.loop.add(self.signals)] = .signals
    }

    deinit { _ = Glibc.close(self.signals) }

    package var count: Int { self.sandboxes.count }

    /// Serves a listening socket until ``run(every:tick:)`` ends.
    package func listen(on socket: Int32) throws(SystemError) {
        self.sources[try self.loop.add(socket)] = .listener
        self.listeners.append(socket)
    }

    /// Serves one connected socket. Returns the number of the client.
    @discardableResult
    func adopt(_ socket: consuming Descriptor, uid: UInt32) throws(SystemError) -> UInt64 {
        let token = try self.loop.add(socket.number)
        self.lastClient += 1
        self.sources[token] = .client(self.lastClient)
        self.clients[self.lastClient] = Client(socket: socket.release(), token: token)
        self.notice(.connected(client: self.lastClient, uid: uid))
        return self.lastClient
    }

    /// Runs until SIGTERM or SIGINT, then ends all sandboxes.
    ///
    /// - Parameters:
    ///   - interval: How often `tick` is called at least, where given.
    ///   - tick: For the watchdog.
    ///   - onStop: Called once, when the stop begins.
    package func run(every interval: Duration?, tick: () -> Void, onStop: () -> Void) throws(SystemError) {
        var next = interval.map { EventLoop.now.advanced(by: $0) }
        var told = false
        while !(self.stopping && self.sandboxes.isEmpty) {
            try self.turn(until: next)
            if self.stopping, !told {
                told = true
                onStop()
            }
            if let due = next, let interval, EventLoop.now >= due {
                tick()
                next = EventLoop.now.advanced(by: interval)
            }
        }
    }

    /// Waits for events, at most until the next alarm or `limit`, and acts on them.
    func turn(until limit: Instant?) throws(SystemError) {
        let alarm = self.sandboxes.values.compactMap(\.alarm).min()
        let first = [alarm, limit].compactMap { $0 }.min()
        for token in try self.loop.wait(first.map { $0.since(EventLoop.now) }) {
            // Absent: closed by an earlier event of this batch.
            guard let source = self.sources[token] else { continue }
            self.handle(source, token)
        }
        if let alarm, EventLoop.now >= alarm { self.ringAlarms() }
    }

    private func handle(_ source: Source, _ token: UInt64) {
        switch source {
        case .listener: self.acceptClients()
        case .signals: self.takeSignals()
        case .client(let client): self.readRequests(of: client)
        case .setup(let environment):
            if let entry = self.sandboxes[environment] { self.readSetup(of: entry) }
        case .process(let environment):
            if let entry = self.sandboxes[environment] { self.reap(entry) }
        }
    }

    // MARK: Clients

    private func acceptClients() {
        for listener in self.listeners {
            while true {
                let socket = lsb_accept(listener)
                guard socket >= 0 else { break }
                self.admit(Descriptor(owning: socket))
            }
        }
    }

    private func admit(_ socket: consuming Descriptor) {
        var (uid, gid) = (UInt32.max, UInt32.max)
        // Safety: both are written before the call returns, or keep a number that is nobody's.
        let known = unsafe lsb_peer(socket.number, &uid, &gid) == 0
        let allowed = known && (uid == 0 || gid == self.allowedGroup)
        guard allowed, !self.stopping, self.clients.count < Self.clientLimit else {
            return self.notice(.turnedAway(uid: uid, gid: gid))
        }
        // Without room in the kernel's tables nobody can be served, and the client sees the connection end.
        _ = try? self.adopt(socket, uid: uid)
    }

    private func readRequests(of client: UInt64) {
        while let connection = self.clients[client] {
            switch PacketSocket.receive(connection.socket, limit: ExecutorRequest.packetLimit) {
            case .nothingYet: return
            case .closed: return self.lose(client)
            case .tooLong: self.reject(client, "the packet is longer than \(ExecutorRequest.packetLimit) bytes")
            case .packet(let packet):
                packet.closeDescriptors()  // a request carries none
                do {
                    self.perform(try ExecutorRequest(packet: packet.bytes), of: client)
                } catch {
                    self.reject(client, error.description)
                }
            }
        }
    }

    private func reject(_ client: UInt64, _ reason: String) {
        self.notice(.malformed(client: client, reason: reason))
        self.send(.malformed(reason: reason), to: client)
    }

    func perform(_ request: ExecutorRequest, of client: UInt64) {
        switch request {
        case .create(let sandbox): self.create(sandbox, of: client)
        case .stop(let environment):
            // Another client's sandbox is as unknown as one that never was.
            guard let entry = self.sandboxes[environment], entry.client == client else {
                return self.send(.stopped(environment), to: client)
            }
            if entry.unsaid != nil {
                entry.unsaid?.append(.stopped)
            } else {
                self.act(entry.machine.stopRequested(), on: entry)
            }
        }
    }

    private func create(_ request: SandboxRequest, of client: UInt64) {
        let environment = request.environment
        do throws(SandboxPolicy.Refusal) {
            guard !self.stopping else { throw SandboxPolicy.Refusal(description: "the executor is stopping") }
            guard self.sandboxes[environment] == nil else {
                throw SandboxPolicy.Refusal(description: "the environment exists already")
            }
            guard self.sandboxes.count < self.policy.sandboxLimit else {
                throw SandboxPolicy.Refusal(description: "sandboxes_max (\(self.policy.sandboxLimit)) is reached")
            }
            self.start(try self.policy.plan(for: request), of: client)
        } catch {
            self.refuse(environment, error.description, client)
        }
    }

    /// Starts what the policy allowed. The answer follows when the sandbox runs, or does not.
    func start(_ plan: SandboxPlan, of client: UInt64) {
        let environment = plan.request.environment
        do {
            try self.admit(try self.builder.build(plan, client: client, now: EventLoop.now))
        } catch {
            switch error {
            case .refused(let rule): self.refuse(environment, rule, client)
            case .failed(let error): self.report(environment, step: error.step, errno: error.errno, client)
            }
        }
    }

    private func refuse(_ environment: EnvironmentID, _ rule: String, _ client: UInt64) {
        self.notice(.refused(environment, rule: rule))
        self.send(.refused(environment, rule: rule), to: client)
    }

    func report(_ environment: EnvironmentID, step: String, errno: Int32, _ client: UInt64) {
        self.notice(.failed(environment, step: step, errno: errno))
        self.send(.failed(environment, step: step, errno: errno), to: client)
    }

    func send(_ reply: ExecutorReply, descriptors: [Int32] = [], to client: UInt64) {
        guard let connection = self.clients[client] else { return }
        do {
            try PacketSocket.send(reply.packet, descriptors: descriptors, to: connection.socket)
        } catch {
            // Gone, or it does not read its answers: either way it cannot look after its sandboxes.
            self.lose(client)
        }
    }

    func lose(_ client: UInt64) {
        guard let connection = self.clients.removeValue(forKey: client) else { return }
        self.sources[connection.token] = nil
        self.loop.remove(connection.socket)
        _ = Glibc.close(connection.socket)
        let orphans = self.sandboxes.values.filter { $0.client == client }
        self.notice(.disconnected(client: client, sandboxes: orphans.count))
        for entry in orphans { self.act(entry.machine.clientLost(), on: entry) }
    }

    private func takeSignals() {
        while true {
            let number = lsb_next_signal(self.signals)
            guard number > 0 else { return }
            // SIGHUP is what a reload sends; the policy is read at start only, so it means nothing here.
            guard number == SIGTERM || number == SIGINT else { continue }
            self.stopping = true
            for client in Array(self.clients.keys) { self.lose(client) }
        }
    }
}
