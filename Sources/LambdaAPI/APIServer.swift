package import LambdaCore
package import Logging
package import NIOCore
import NIOPosix
package import SigV4
import Synchronization

/// The public API: Lambda's control plane and Invoke over HTTP/1.1, on TCP and Unix sockets alike.
///
/// In the order of its life: ``loadFunctions()``, ``finishInterruptedTransitions()``, ``listen(on:group:)`` for each
/// socket, ``run()`` for as long as it serves, ``drain()``, after which ``run()`` returns.
package final class APIServer: Sendable {
    /// A control-plane request and where its answer goes.
    struct Job: Sendable {
        let request: ControlRequest
        let respond: @Sendable (APIResponse) -> Void
        /// Writes an answer that goes on, to its end.
        let follow: @Sendable (any TargetedEvents) async -> Void
    }

    private struct State {
        var listeners: [any Channel] = []
        var connections: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var emptied: [CheckedContinuation<Void, Never>] = []
    }

    let configuration: APIConfiguration
    let invoker: Invoker
    let urls: FunctionURLs
    let bodies: BodyBudget
    let targets: TargetedServices
    let sink: any InvocationSink
    let time: any TimeSource
    let log: Logger
    private let store: any ResourceStore
    private let catalog: FunctionCatalog
    private let controlPlane: ControlPlane
    private let state = Mutex(State())
    private let jobs: AsyncStream<Job>
    private let jobSource: AsyncStream<Job>.Continuation

    /// - Parameters:
    ///   - events: Takes asynchronous invocations; without it they are refused.
    ///   - provisionedStatus: Knows of the environments that are kept ready.
    ///   - catalog: An empty one, where somebody else looks functions up as well.
    ///   - targeted: Other services at this address, told apart by the header `X-Amz-Target`.
    ///   - draw: Gives numbers from 0 up to, but not including, 1, by which aliases with weights choose.
    package init(
        configuration: APIConfiguration, store: any ResourceStore, code: any CodeStore, sink: any InvocationSink,
        runtimes: any RuntimeDirectory, credentials: CredentialBook, time: any TimeSource, log: Logger,
        events: (any EventAcceptor)? = nil, provisionedStatus: any ProvisionedStatusSource,
        preparer: (any VersionPreparer)? = nil,
        catalog: FunctionCatalog = FunctionCatalog(),
        targeted: [any TargetedService] = [],
        draw: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.catalog = catalog
        self.configuration = configuration
        self.sink = sink
        self.time = time
        self.log = log
        self.store = store
        let authenticator = Authenticator(configuration: configuration, credentials: credentials)
        self.targets = TargetedServices(targeted) { name in
            Authenticator(configuration: configuration, credentials: credentials, service: name)
        }
        self.bodies = BodyBudget(bytes: configuration.bufferedBodyBytes)
        let traces = TraceHeaders(rate: configuration.sampling, draw: draw)
        self.invoker = Invoker(
            authenticator: authenticator, catalog: self.catalog, time: time, acceptsEvents: events != nil,
            traces: traces, payloads: configuration.payloads, draw: draw)
        self.urls = FunctionURLs(
            configuration: configuration, authenticator: authenticator, catalog: self.catalog, time: time,
            traces: traces, draw: draw)
        self.controlPlane = ControlPlane(
            store: store, code: code, sink: sink, runtimes: runtimes,
            catalog: self.catalog,
            authenticator: authenticator, links: CodeLinks(time: time), time: time, log: log,
            configuration: configuration, events: events, provisionedStatus: provisionedStatus, targets: self.targets,
            traces: traces, preparer: preparer)
        // Bounded by the connections: each has at most one request under way.
        (self.jobs, self.jobSource) = AsyncStream.makeStream()
    }

    // MARK: Start

    /// Reads every function into memory. To be called once, before the first connection.
    package func loadFunctions() async throws {
        let resources = try await self.store.read { store in
            var changes: [StoreChange] = []
            func load<Resource: StoredResource>(_ type: Resource.Type) throws {
                changes += try store.everything(type).map { .put($0) }
            }
            try load(LatestVersion.self)
            try load(FunctionProperties.self)
            try load(PublishedVersion.self)
            try load(AliasRecord.self)
            try load(PolicyRecord.self)
            try load(FunctionURLRecord.self)
            try load(EventInvokeConfigRecord.self)
            try load(ProvisionedConcurrencyRecord.self)
            try load(LayerVersionRecord.self)
            return changes
        }
        // Nothing runs yet that would have to be told of a change; what is to be kept ready begins here.
        for case .concurrency(let concurrency) in self.catalog.apply(resources) {
            self.sink.concurrencyChanged(concurrency)
        }
    }

    /// Finishes creations and updates that a crash interrupted between their two writes.
    package func finishInterruptedTransitions() async {
        for key in self.catalog.unfinished() {
            self.log.notice("finishing what was interrupted", metadata: ["function": "\(key.arn)"])
            await self.controlPlane.finishTransition(of: key, requestID: .random())
        }
        await self.controlPlane.finishInterruptedMappings()
    }

    /// Prepares versions whose preparation the last end of the daemon interrupted. May take as long as their inits.
    package func prepareInterruptedVersions() async {
        await withDiscardingTaskGroup { group in
            // A slow init of one function keeps no other waiting.
            for key in self.catalog.unprepared() {
                group.addTask { await self.controlPlane.prepareVersions(of: key, requestID: .random()) }
            }
        }
    }

    /// Serves a listening socket that was inherited. Owns the descriptor from now on, also where it throws.
    package func listen(on descriptor: CInt, group: any EventLoopGroup) async throws {
        let channel = try await self.bootstrap(group).withBoundSocket(descriptor).get()
        self.add(listener: channel)
    }

    /// Serves a TCP address of its own; port 0 means any. Gives the address that was bound.
    @discardableResult
    package func listen(host: String, port: Int, group: any EventLoopGroup) async throws -> SocketAddress? {
        let channel = try await self.bootstrap(group).bind(host: host, port: port).get()
        self.add(listener: channel)
        return channel.localAddress
    }

    /// Serves a Unix socket of its own. The path must not exist.
    package func listen(unixSocketPath: String, group: any EventLoopGroup) async throws {
        let channel = try await self.bootstrap(group).bind(unixDomainSocketPath: unixSocketPath).get()
        self.add(listener: channel)
    }

    private func bootstrap(_ group: any EventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 4_096)
            .childChannelInitializer { channel in self.initialize(channel) }
    }

    private func add(listener channel: any Channel) {
        let isLate = self.state.withLock { state in
            state.listeners.append(channel)
            return state.isDraining
        }
        if isLate { channel.close(promise: nil) }
    }

    // MARK: Connections

    /// Makes an accepted channel speak this API; for use as a bootstrap's `childChannelInitializer`.
    package func initialize(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
    }

    private func configure(_ channel: any Channel) throws {
        if let options = channel.syncOptions {
            // A client may close its sending side once the request is out; it still gets the answer.
            try options.setOption(.allowRemoteHalfClosure, value: true)
            if channel.remoteAddress?.ipAddress != nil {
                // An invocation may run for 15 minutes without a byte; a peer that is gone shall show.
                try options.setOption(.socketOption(.so_keepalive), value: 1)
                try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
            }
        }
        guard self.register(channel) else { throw ConnectionLimitReached() }
        try channel.pipeline.syncOperations.addHandler(APIConnection(server: self, loop: channel.eventLoop))
    }

    private struct ConnectionLimitReached: Error {}

    private func register(_ channel: any Channel) -> Bool {
        let isAdmitted = self.state.withLock { state in
            // One that the kernel had accepted before the listeners closed is served, also while draining.
            guard state.connections.count < self.configuration.maximumConnections else { return false }
            state.connections[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { _ in self.unregister(channel) }
        return true
    }

    private func unregister(_ channel: any Channel) {
        let waiters = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.connections.removeValue(forKey: ObjectIdentifier(channel))
            guard state.connections.isEmpty else { return [] }
            defer { state.emptied = [] }
            return state.emptied
        }
        for waiter in waiters { waiter.resume() }
    }

    var isDraining: Bool { self.state.withLock { $0.isDraining } }

    /// `GET /_lambdad/health`
    var health: APIResponse {
        var object = JSONObject()
        object["status"] = .string(self.isDraining ? "draining" : "ok")
        object["functions"] = .number(String(self.catalog.count))
        return .json(object)
    }

    // MARK: Work

    /// Hands a control-plane request to ``run()``.
    func submit(_ job: Job) {
        if case .terminated = self.jobSource.yield(job) { job.respond(APIResponse(APIError.stopping)) }
    }

    /// Performs control-plane requests until ``drain()`` is through, and owns every task that they need.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await job in self.jobs {
                group.addTask {
                    let outcome = await self.controlPlane.answer(job.request)
                    if let events = outcome.events { return await job.follow(events) }
                    job.respond(outcome.response)
                    await outcome.afterwards?()
                }
            }
        }
    }

    /// Cuts every connection, answered or not: the last resort of a stop whose limit is over.
    package func closeConnections() {
        for connection in self.state.withLock({ Array($0.connections.values) }) { connection.close(promise: nil) }
    }

    /// Stops accepting, closes connections that rest, and returns once the others have had their answers.
    package func drain() async {
        let listeners = self.state.withLock { state in
            state.isDraining = true
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { try? await listener.close() }  // One that is closed already is as good.
        for channel in self.state.withLock({ Array($0.connections.values) }) {
            channel.eventLoop.execute {
                // One that closed meanwhile has no handlers any more.
                (try? channel.pipeline.syncOperations.handler(type: APIConnection.self))?.drainBegan()
            }
        }
        await withCheckedContinuation { continuation in
            let isEmpty = self.state.withLock { state in
                guard !state.connections.isEmpty else { return true }
                state.emptied.append(continuation)
                return false
            }
            if isEmpty { continuation.resume() }
        }
        self.jobSource.finish()
    }
}
