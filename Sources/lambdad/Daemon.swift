internal import Engine
internal import Foundation
internal import HostFiles
internal import Journal
internal import LambdaAPI
internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import LogsAPI
internal import NIOCore
internal import NIOPosix
internal import RuntimeAPI
internal import Sandbox
internal import ServicesEndpoint
internal import SigV4
internal import Store
internal import UnixSignals

/// Builds everything, starts it in order, reloads, and stops it in reverse.
struct Daemon {
    struct StartError: Error, CustomStringConvertible {
        let description: String
    }

    /// How long one answer of the executor may take; a sandbox takes milliseconds.
    private static let launchDeadline = Duration.seconds(10)
    /// Functions at one time: each has two user ids of the executor's range.
    private static let userSlots = 32_768
    /// How often code that no function refers to is looked for.
    static let collectionInterval = TimeAmount.minutes(10)

    let configuration: Configuration
    let file: ConfigurationFile
    let manager = ServiceManager()
    let time = SystemTime()

    func run() async throws {
        let destination = try LogDestination.select(self.configuration.log)
        let level = self.configuration.logLevel
        var logger = Logger(label: "lambdad") { destination.handler(identifier: "lambdad", label: $0, level: level) }
        logger.logLevel = level
        self.warn(logger)
        let cores = System.coreCount
        let loops = self.configuration.eventLoops > 0 ? self.configuration.eventLoops : max(1, cores / 2)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let logs = try self.functionLogs(destination, group: group, logger)

        let store = try SQLiteResourceStore(
            path: "\(self.configuration.stateDirectory)/functions.sqlite", userSlots: Self.userSlots)
        let code = try ContentAddressedCodeStore(
            directory: "\(self.configuration.stateDirectory)/code",
            unzippedBytes: self.configuration.codeSizes.unzipped)
        for problem in code.problems { logger.warning("\(problem)") }
        let runtimes = RuntimeCatalog()
        let book = CredentialBook()
        self.loadRuntimes(into: runtimes, self.configuration, logger)
        try self.loadCredentials(into: book, self.configuration)

        let settings = CurrentSettings(self.configuration.engineSettings)
        let events = EnvironmentEvents()
        self.logTransitions(of: events, logger)
        let watching = CurrentWatchSettings(self.configuration.hostDirectories.watchSettings)
        let catalog = FunctionCatalog()
        let plane = InvocationPlane(
            parts: EngineParts(
                launcher: ExecutorClient(
                    socketPath: self.configuration.executorSocket, launchDeadline: Self.launchDeadline),
                credentials: try self.roleCredentials(book, group), runtimes: runtimes,
                codeDirectory: { code.directory(of: $0) }, sessionName: { RoleSessionName.forFunction($0) },
                log: logs.log, time: self.time, reader: KernelDescriptors(), runtimeServer: RuntimeAPIServer(),
                servicesRelay: self.configuration.servicesEndpoint.map {
                    Relays(target: $0, connectTimeout: self.configuration.serviceTimeouts.connect, logger: logger)
                },
                directories: DirectoryWatcher { watching.now }, passing: KernelPassing(), versions: catalog,
                traceDaemon: await self.traceRoute(group: group, logger), settings: settings, events: events,
                logger: logger),
            loops: Array(group.makeIterator()))
        let eventSettings = CurrentEventSettings(self.configuration.events)
        let queue = try self.makeEventPlane(
            sink: plane, lookup: catalog, settings: eventSettings, group: group, logger)
        let server = try self.makeServer(
            store: store, code: code, plane: plane, runtimes: runtimes, book: book, settings: settings, group: group,
            catalog: catalog, queue: queue,
            logs: LogsService(
                reader: logs.reader, store: store, time: self.time, log: logger,
                liveTails: self.configuration.logReading.liveTails),
            logger: logger)
        try await server.loadFunctions()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            // The control plane's work goes to the disk and back: on the threads that may wait there it changes none.
            tasks.addTask(executorPreference: DiskExecutor.shared) { await server.run() }
            await server.finishInterruptedTransitions()
            tasks.addTask { await server.prepareInterruptedVersions() }
            try await queue.recover()
            tasks.addTask { await queue.run() }
            if let forwarder = logs.forwarder { tasks.addTask { await forwarder.run() } }
            try await Listeners(group: group, configuration: self.configuration, server: server).open()
            self.watch(group.next(), logger)
            self.collect(on: group.next(), store: store, code: code, plane: plane, logger)
            self.manager.status("serving")
            self.manager.ready()
            logger.info("ready", metadata: ["version": "\(Lambdad.version)", "event_loops": "\(loops)"])
            let limit = await self.serve(
                until: signals, settings: settings, events: eventSettings, watching: watching, runtimes: runtimes,
                book: book, logger)
            await self.stop(server: server, plane: plane, queue: queue, configured: limit, logger)
            logs.forwarder?.close()
        }
        if await !logs.log.flush(within: .seconds(5)) {
            logger.warning("some log lines of functions did not reach the journal in time")
        }
        logger.info("stopped")
        try await group.shutdownGracefully()
    }

    /// Reloads at SIGHUP until SIGTERM or SIGINT; gives the drain limit that is configured then.
    private func serve(
        until signals: UnixSignalsSequence, settings: CurrentSettings, events: CurrentEventSettings,
        watching: CurrentWatchSettings, runtimes: RuntimeCatalog, book: CredentialBook, _ logger: Logger
    ) async -> Duration? {
        var current = self.configuration
        for await signal in signals {
            guard signal == .sighup else { break }
            current = self.reload(from: current, settings: settings, runtimes: runtimes, book: book, logger)
            watching.replace(with: current.hostDirectories.watchSettings)
            events.replace(with: current.events)
        }
        return current.environments.drainTimeout
    }

    private func makeServer(
        store: SQLiteResourceStore, code: ContentAddressedCodeStore, plane: InvocationPlane, runtimes: RuntimeCatalog,
        book: CredentialBook, settings: CurrentSettings, group: any EventLoopGroup, catalog: FunctionCatalog,
        queue: EventPlane, logs: LogsService, logger: Logger
    ) throws -> APIServer {
        var api = APIConfiguration()
        api.authentication = self.configuration.auth == .none ? .none : .sigV4
        api.defaultAccount = self.configuration.account
        api.defaultRegion = self.configuration.region
        self.configuration.accounts.apply(to: &api)
        self.configuration.connections.apply(to: &api)
        api.payloads = self.configuration.payloads
        api.codeSizes = self.configuration.codeSizes
        api.sampling = self.configuration.traces.sampling
        api.functionURLDomain = self.configuration.functionURLDomain
        api.functionURLsNeedInvokePermission = self.configuration.functionURLsNeedBoth
        let timeouts = self.configuration.serviceTimeouts
        if let endpoint = self.configuration.servicesEndpoint {
            api.objects = S3Objects(
                endpoint: endpoint, serviceCredentials: try self.servicesCredentials(), group: group, time: self.time,
                connectTimeout: timeouts.connect, totalTimeout: timeouts.object)
        }
        api.hotReloadBucket = self.configuration.hostDirectories.bucket
        api.hotReloadDirectories = self.configuration.hostDirectories.directories
        api.fileSystems = { settings.now.fileSystems[$0] }
        return APIServer(
            configuration: api, store: store, code: code, sink: plane, runtimes: runtimes, credentials: book,
            time: self.time, log: logger, events: queue, provisionedStatus: plane, preparer: plane,
            catalog: catalog, targeted: [logs])
    }

    private func roleCredentials(
        _ book: CredentialBook, _ group: any EventLoopGroup
    ) throws -> any RoleCredentialsProvider {
        guard let endpoint = self.configuration.servicesEndpoint else {
            return LocalRoleCredentials(book: book, time: self.time)
        }
        let own = try self.servicesCredentials()
        let timeouts = self.configuration.serviceTimeouts
        return STSRoleCredentials(
            endpoint: endpoint, serviceCredentials: own, group: group, time: self.time,
            connectTimeout: timeouts.connect, totalTimeout: timeouts.answer)
    }

    /// The profile of the credentials file that signs calls to the services endpoint.
    func servicesCredentials() throws -> Credentials {
        let text = try self.readCredentials(self.configuration)
        let document = try INIDocument(parsing: text)
        let profile = self.configuration.servicesProfile
        guard let key = document.value("aws_access_key_id", in: profile),
            let secret = document.value("aws_secret_access_key", in: profile)
        else {
            throw StartError(description: "services_profile = \(profile): the credentials file has no such profile")
        }
        return Credentials(
            accessKeyID: key, secretAccessKey: secret, sessionToken: document.value("aws_session_token", in: profile),
            expiration: nil)
    }
}

/// Relays of services endpoints, made for one environment each.
private struct Relays: ServicesRelaying {
    let target: ServicesEndpointAddress
    let connectTimeout: Duration
    let logger: Logger

    struct Running: EnvironmentServer {
        let relay: EndpointRelay
        let loop: any EventLoop
        func close() { self.loop.makeFutureWithTask { await self.relay.close() }.whenComplete { _ in } }
    }

    func relay(listener: Int32, on loop: any EventLoop) throws -> any EnvironmentServer {
        let relay = EndpointRelay(
            listener: listener, target: self.target, group: loop, connectTimeout: self.connectTimeout)
        loop.makeFutureWithTask { try await relay.start() }.whenFailure { error in
            // Without it, the function's calls of the endpoint are refused, which its own log shows.
            logger.warning("a services endpoint could not be relayed: \(error)")
        }
        return Running(relay: relay, loop: loop)
    }
}
