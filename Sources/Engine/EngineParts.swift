package import LambdaCore
package import Lifecycle
package import Logging
internal import Synchronization

/// Everything that drivers of the invocation plane use and did not make.
package struct EngineParts: Sendable {
    package let launcher: any SandboxLauncher
    package let credentials: any RoleCredentialsProvider
    package let runtimes: any RuntimeDirectory
    package let codeDirectory: @Sendable (CodeReference) -> String
    package let sessionName: @Sendable (FunctionName) -> String
    package let log: any FunctionLogSink
    package let time: any TimeSource
    package let reader: any DescriptorReader
    package let runtimeServer: any RuntimeServing
    /// `nil` where no services endpoint is configured.
    package let servicesRelay: (any ServicesRelaying)?
    /// `nil` where directories cannot be watched: an environment made from one then serves one invocation.
    package let directories: (any HostDirectoryWatching)?
    /// `nil` where descriptors cannot be passed to init: extensions then share the runtime's log, and have no telemetry.
    package let passing: (any DescriptorPassing)?
    /// `nil` where traces go nowhere.
    package let traceDaemon: (any TraceForwarding)?
    /// `nil` where every version is taken for one that is there.
    package let versions: (any VersionLookup)?
    package let settings: CurrentSettings
    package let events: EnvironmentEvents
    package let logger: Logger
    let freezing = FreezeSupport()

    package init(
        launcher: any SandboxLauncher, credentials: any RoleCredentialsProvider, runtimes: any RuntimeDirectory,
        codeDirectory: @escaping @Sendable (CodeReference) -> String,
        sessionName: @escaping @Sendable (FunctionName) -> String, log: any FunctionLogSink, time: any TimeSource,
        reader: any DescriptorReader, runtimeServer: any RuntimeServing, servicesRelay: (any ServicesRelaying)?,
        directories: (any HostDirectoryWatching)? = nil, passing: (any DescriptorPassing)? = nil,
        versions: (any VersionLookup)? = nil, traceDaemon: (any TraceForwarding)? = nil, settings: CurrentSettings,
        events: EnvironmentEvents, logger: Logger
    ) {
        self.launcher = launcher
        self.credentials = credentials
        self.runtimes = runtimes
        self.codeDirectory = codeDirectory
        self.sessionName = sessionName
        self.log = log
        self.time = time
        self.reader = reader
        self.runtimeServer = runtimeServer
        self.servicesRelay = servicesRelay
        self.directories = directories
        self.passing = passing
        self.traceDaemon = traceDaemon
        self.versions = versions
        self.settings = settings
        self.events = events
        self.logger = logger
    }
}

/// The one stream of every environment's transitions: the journal, the status line and the tests listen to it.
package final class EnvironmentEvents: Sendable {
    private let listeners = Mutex<[@Sendable (EnvironmentEvent) -> Void]>([])

    package init() {}

    /// `listener` is called on the environment's event loop and must not block.
    package func listen(_ listener: @escaping @Sendable (EnvironmentEvent) -> Void) {
        self.listeners.withLock { $0.append(listener) }
    }

    func emit(_ event: EnvironmentEvent) {
        for listener in self.listeners.withLock({ $0 }) { listener(event) }
    }
}

/// Counts that are shared by all loops: how many starts run, how many environments there are.
package final class StartGate: Sendable {
    private struct State {
        var machine: StartGateMachine
        /// Starts that wait for their turn, the oldest first. Each keeps its own closure: a function that was deleted and
        /// made again has two pools, and each waits for turns of its own.
        var queued: [FunctionKey: [@Sendable () -> Void]] = [:]
        var environments = 0
        /// Who waits until one has gone, the oldest first.
        var waitingForRoom: [@Sendable () -> Void] = []
    }

    private let state: Mutex<State>

    /// - Parameter limit: Starts at one time.
    package init(limit: Int = Limits.concurrentStarts) {
        self.state = Mutex(State(machine: StartGateMachine(limit: limit)))
    }

    /// Counts an environment in, unless the machine is full.
    func admit(limit: Int) -> Bool {
        self.state.withLock { state in
            guard state.environments < limit else { return false }
            state.environments += 1
            return true
        }
    }

    /// Counts an environment in when there is room for it, and runs `body` then: at once, or when others have gone.
    func whenRoom(limit: Int, _ body: @escaping @Sendable () -> Void) {
        let isThere = self.state.withLock { state in
            guard state.environments < limit else {
                state.waitingForRoom.append(body)
                return false
            }
            state.environments += 1
            return true
        }
        if isThere { body() }
    }

    /// Its place goes to whoever waits for one.
    func environmentGone() {
        let next: (@Sendable () -> Void)? = self.state.withLock { state in
            guard state.waitingForRoom.isEmpty else { return state.waitingForRoom.removeFirst() }
            state.environments -= 1
            return nil
        }
        next?()
    }

    /// Runs `start` at once, or when this function's turn comes. Every start is ended by ``startEnded()``.
    func start(for function: FunctionKey, _ start: @escaping @Sendable () -> Void) {
        let mayStart = self.state.withLock { state in
            let mayStart = state.machine.startWanted(by: function)
            if !mayStart { state.queued[function, default: []].append(start) }
            return mayStart
        }
        if mayStart { start() }
    }

    func startEnded() {
        let next: (@Sendable () -> Void)? = self.state.withLock { state in
            guard let function = state.machine.startEnded(), var queue = state.queued[function], !queue.isEmpty else {
                return nil
            }
            let next = queue.removeFirst()
            state.queued[function] = queue.isEmpty ? nil : queue
            return next
        }
        next?()
    }
}
