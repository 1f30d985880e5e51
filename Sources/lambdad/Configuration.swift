internal import Engine
internal import Journal
internal import LambdaCore
internal import Lifecycle
internal import Logging
internal import ServicesEndpoint

/// The daemon's settings: `/etc/lambdad/lambdad.conf`, section `[lambdad]`, each also as `LAMBDAD_KEY` in the environment.
struct Configuration: Sendable, Equatable {
    enum Auth: String, Sendable, CaseIterable { case sigv4, none }

    struct ConfigurationError: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    static let defaultPath = "/etc/lambdad/lambdad.conf"
    static let section = "lambdad"

    /// `address:port`, or the path of a Unix socket; used where systemd hands over no socket.
    var listen: [String]
    var auth: Auth
    var credentialsPath: String
    var stateDirectory: String
    var executorSocket: String
    var runtimeDirectories: [String]
    /// Region and account of callers that sign nothing.
    var region: Region
    var account: AccountID
    var startupTimeout: Duration
    var keepalive: Duration
    var maximumEnvironmentAge: Duration
    var servicesEndpoint: ServicesEndpointAddress?
    /// The profile of the credentials file that signs calls to the services endpoint.
    var servicesProfile: String
    var sandboxNetwork: SandboxRequest.Network
    var allowsSubstitution: Bool
    /// Event loops of the daemon; 0 chooses by the number of cores.
    var eventLoops: Int
    var log: LogDestination.Setting
    var logLevel: Logger.Level
    /// Bytes of recent function log lines that are kept for the logs API where there is no journal.
    var logMemoryBytes: Int
    /// See ``APIConfiguration/functionURLDomain``.
    var functionURLDomain: String?
    /// See ``APIConfiguration/functionURLsNeedInvokePermission``.
    var functionURLsNeedBoth: Bool
    var hostDirectories: HostDirectorySettings
    var accounts: AccountSettings
    var concurrency: ConcurrencySettings
    var events: EventSettings
    var streams: StreamMachine.Settings
    var traces: TraceSettings
    var environments: EnvironmentSettings
    var payloads: PayloadLimits
    var capacity: CapacitySettings
    var forwarding: ForwardingSettings
    var codeSizes: CodeSizeLimits
    var connections: ConnectionSettings
    var logReading: LogReadSettings
    var serviceTimeouts: ServiceTimeouts
    /// Bytes of the disk that are left to the outcomes of events, or an eighth of it where that is less.
    var diskReserve: Int
    /// Every key that there is, in the order in which they are read.
    private(set) var settings: [Setting]
    /// Names of another system that are set here and have no effect.
    private(set) var ignoredVariables: [String]
    /// What each key was given, or its default.
    private var texts: [String: String]

    init(text: String, environment: [String: String]) throws(ConfigurationError) {
        let document: INIDocument
        do { document = try INIDocument(parsing: text) } catch { throw ConfigurationError(description: "\(error)") }
        for name in document.sectionNames where name != Self.section {
            throw ConfigurationError(description: "there is no section [\(name)]; settings belong in [lambdad]")
        }
        let reader = SettingReader(
            SettingSource(document: document, section: Self.section, environment: environment))
        self.listen = try reader.words("listen", or: ["127.0.0.1:3001"])
        self.auth = try reader.choice("auth", or: .sigv4)
        self.credentialsPath = try reader.path("credentials", or: "/etc/lambdad/credentials", .reload)
        let inherited = environment["STATE_DIRECTORY"]
        self.stateDirectory = try reader.path("state_directory", or: inherited ?? "/var/lib/lambdad")
        self.executorSocket = try reader.path("executor_socket", or: "/run/lambdad/executor.sock")
        self.runtimeDirectories = try reader.words(
            "runtime_directories", or: ["/usr/lib/lambdad/runtimes", "/etc/lambdad/runtimes"], .reload)
        self.region = try reader.parsed("region", or: .standard) { Region($0) }
        self.account = try reader.parsed("account", or: .standard) { AccountID($0) }
        self.startupTimeout = try reader.seconds("startup_timeout", or: 20, range: 1...900, .reload)
        self.keepalive = try reader.seconds("keepalive", or: 600, range: 0...86_400, .reload)
        self.maximumEnvironmentAge = try reader.seconds("max_environment_age", or: 21_600, range: 60...43_200, .reload)
        self.servicesEndpoint = try reader.servicesEndpoint()
        self.servicesProfile = try reader.text("services_profile", or: "default")
        self.sandboxNetwork = try reader.choice("sandbox_network", or: .loopback, .reload)
        self.allowsSubstitution = try reader.flag("runtime_substitution", or: false, .reload)
        self.eventLoops = try reader.number("event_loops", or: 0, range: 0...256)
        self.log = try reader.choice("log", or: .automatic)
        self.logLevel = try reader.choice("log_level", or: .info)
        self.logMemoryBytes = try reader.number("log_memory", or: 16, range: 1...4_096) * 1_048_576
        self.functionURLDomain = try reader.domain("function_url_domain")
        self.functionURLsNeedBoth = try reader.flag("function_url_both_permissions", or: false)
        self.hostDirectories = try HostDirectorySettings(reader)
        self.accounts = try AccountSettings(reader)
        self.concurrency = try ConcurrencySettings(reader)
        self.events = try EventSettings(reader)
        self.streams = try StreamMachine.Settings(reader)
        self.traces = try TraceSettings(reader)
        self.environments = try EnvironmentSettings(reader)
        self.payloads = try PayloadLimits(reader)
        self.capacity = try CapacitySettings(reader)
        self.forwarding = try ForwardingSettings(reader)
        self.codeSizes = try CodeSizeLimits(reader)
        self.connections = try ConnectionSettings(reader)
        self.logReading = try LogReadSettings(reader)
        self.serviceTimeouts = try ServiceTimeouts(reader)
        self.diskReserve =
            try reader.number("async_disk_reserve", or: Limits.eventDiskReserve / 1_048_576, range: 0...1_048_576)
            * 1_048_576
        self.settings = reader.book.settings
        self.texts = reader.book.texts
        self.ignoredVariables = SettingAlias.ignored(in: environment)
        let known = Set(self.settings.map(\.key))
        for entry in document.entries(in: Self.section) where !known.contains(entry.key) {
            throw ConfigurationError(description: "line \(entry.line): there is no setting '\(entry.key)'")
        }
    }

    /// The part that a reload puts in force.
    var engineSettings: EngineSettings {
        var settings = EngineSettings(
            lifecycle: .init(startupTimeout: self.startupTimeout, keepalive: self.keepalive),
            maximumAge: self.maximumEnvironmentAge, network: self.sandboxNetwork,
            servicesPort: self.servicesEndpoint.map { UInt16($0.port) },
            servicesURL: self.servicesEndpoint.map { "http://\($0.host):\($0.port)" },
            concurrentExecutions: self.capacity.environments, concurrentStarts: self.capacity.starts,
            payloads: self.payloads,
            concurrency: self.concurrency.machine(accountLimit: self.accounts.concurrency),
            fileSystems: self.hostDirectories.fileSystems)
        settings.streams = self.streams
        self.environments.apply(to: &settings)
        return settings
    }

    /// Settings that need a restart and differ in `other`.
    func restartOnlyDifferences(from other: Configuration) -> [String] {
        self.settings.filter { $0.effect == .restart && self.texts[$0.key] != other.texts[$0.key] }.map(\.key)
    }
}
