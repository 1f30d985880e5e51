package import LambdaCore
package import Lifecycle
internal import Synchronization

/// What the configuration says about environments. Read at each use, so that a reload takes effect at once.
package struct EngineSettings: Sendable, Equatable {
    package var lifecycle: EnvironmentMachine.Settings
    /// An environment begins no invocation after this age, so that it ends before its credentials do.
    package var maximumAge: Duration
    /// What the execution role's credentials are asked to last. Source: the original system's session (12 h).
    package var credentialsDuration: Duration
    package var network: SandboxRequest.Network
    /// The port of the services endpoint inside sandboxes; `nil` where none is configured.
    package var servicesPort: UInt16?
    /// The endpoint as functions of host-networked sandboxes reach it.
    package var servicesURL: String?
    /// Environments of the whole machine at one time.
    package var concurrentExecutions: Int
    /// How long an idle environment runs on before it is frozen; `nil` where none is frozen.
    package var freezeGrace: Duration?
    /// Environments that start at one time, from the start of the process on.
    package var concurrentStarts: Int
    package var payloads: PayloadLimits
    /// What accounts and functions may run at one time; from the start of the process on.
    package var concurrency: ConcurrencyMachine.Settings
    /// Directories of the host by the ARN of the file system that they stand for.
    package var fileSystems: [String: String]
    package var streams = StreamMachine.Settings()
    /// What the restore of a SnapStart function may take, its after-restore hooks included.
    package var restoreTimeout = Limits.restorePhase
    package var extensionShutdown = ExtensionShutdownMachine.Budgets()
    /// How long the start of an environment that is kept ready may take, where its function's timeout is not longer.
    package var provisionedInit = Limits.provisionedInit

    package init(
        lifecycle: EnvironmentMachine.Settings = .init(), maximumAge: Duration = .seconds(6 * 3600),
        credentialsDuration: Duration = .seconds(12 * 3600), network: SandboxRequest.Network = .loopback,
        servicesPort: UInt16? = nil, servicesURL: String? = nil,
        concurrentExecutions: Int = Limits.concurrentExecutions,
        concurrentStarts: Int = Limits.concurrentStarts, payloads: PayloadLimits = PayloadLimits(),
        freezeGrace: Duration? = Limits.freezeGrace, concurrency: ConcurrencyMachine.Settings = .init(),
        fileSystems: [String: String] = [:]
    ) {
        self.lifecycle = lifecycle
        self.maximumAge = maximumAge
        self.credentialsDuration = credentialsDuration
        self.network = network
        self.servicesPort = servicesPort
        self.servicesURL = servicesURL
        self.concurrentExecutions = concurrentExecutions
        self.freezeGrace = freezeGrace
        self.concurrentStarts = concurrentStarts
        self.payloads = payloads
        self.concurrency = concurrency
        self.fileSystems = fileSystems
    }

    /// `AWS_ENDPOINT_URL` of functions, where an endpoint is configured.
    package var endpointURL: String? {
        guard let port = self.servicesPort else { return nil }
        switch self.network {
        case .loopback: return "http://\(SandboxAddress.servicesEndpoint):\(port)"
        case .host: return self.servicesURL
        }
    }
}

/// The settings in force, replaced whole by a reload.
package final class CurrentSettings: Sendable {
    private let value: Mutex<EngineSettings>

    package init(_ settings: EngineSettings) { self.value = Mutex(settings) }

    package var now: EngineSettings { self.value.withLock { $0 } }
    package func replace(with settings: EngineSettings) { self.value.withLock { $0 = settings } }
}
