internal import Engine
internal import LambdaCore
internal import Lifecycle
internal import ServicesEndpoint

/// The daemon's settings: `/etc/lambdad/lambdad.conf`, section `[lambdad]`, each also as `LAMBDAD_KEY` in the environment.
struct Configuration: Sendable, Equatable {
    enum Auth: String, Sendable { case sigv4, none }

    struct ConfigurationError: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    static let defaultPath = "/etc/lambdad/lambdad.conf"
    private static let section = "lambdad"
    private static let keys: Set<String> = [
        "listen", "auth", "credentials", "state_directory", "executor_socket", "runtime_directories", "region",
        "account",
        "startup_timeout", "keepalive", "drain_timeout", "max_environment_age", "services_endpoint",
        "services_profile", "sandbox_network", "runtime_substitution", "event_loops", "log", "log_level",
        "log_memory",
        "function_url_domain", "function_url_both_permissions",
    ]

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
    /// How long running invocations may finish when the daemon stops.
    var drainTimeout: Duration
    var maximumEnvironmentAge: Duration
    var servicesEndpoint: ServicesEndpointAddress?
    /// The profile of the credentials file that signs calls to the services endpoint.
    var servicesProfile: String
    var sandboxNetwork: SandboxRequest.Network
    var allowsSubstitution: Bool
    /// Event loops of the daemon; 0 chooses by the number of cores.
    var eventLoops: Int
    var log: String
    var logLevel: String
    /// Bytes of recent function log lines that are kept for the logs API where there is no journal.
    var logMemoryBytes: Int
    /// See ``APIConfiguration/functionURLDomain``.
    var functionURLDomain: String?
    /// See ``APIConfiguration/functionURLsNeedInvokePermission``.
    var functionURLsNeedBoth: Bool
    var hostDirectories: HostDirectorySettings
    var accounts: AccountSettings
    var events: EventSettings
    var traces: TraceSettings

    init(text: String, environment: [String: String]) throws(ConfigurationError) {
        let document: INIDocument
        do { document = try INIDocument(parsing: text) } catch { throw ConfigurationError(description: "\(error)") }
        for name in document.sectionNames where name != Self.section {
            throw ConfigurationError(description: "there is no section [\(name)]; settings belong in [lambdad]")
        }
        let known = Self.keys.union(HostDirectorySettings.keys).union(AccountSettings.keys).union(EventSettings.keys)
            .union(TraceSettings.keys)
        for entry in document.entries(in: Self.section) where !known.contains(entry.key) {
            throw ConfigurationError(description: "line \(entry.line): there is no setting '\(entry.key)'")
        }
        let reader = SettingReader { key in
            environment["LAMBDAD_\(key.uppercased())"] ?? document.value(key, in: Self.section)
        }
        self.listen = reader.words("listen", or: ["127.0.0.1:3001"])
        self.auth = try reader.choice("auth", or: .sigv4)
        self.credentialsPath = try reader.path("credentials", or: "/etc/lambdad/credentials")
        let inherited = environment["STATE_DIRECTORY"]
        self.stateDirectory = try reader.path("state_directory", or: inherited ?? "/var/lib/lambdad")
        self.executorSocket = try reader.path("executor_socket", or: "/run/lambdad/executor.sock")
        self.runtimeDirectories = reader.words(
            "runtime_directories", or: ["/usr/lib/lambdad/runtimes", "/etc/lambdad/runtimes"])
        self.region = try reader.parsed("region", or: .standard) { Region($0) }
        self.account = try reader.parsed("account", or: .standard) { AccountID($0) }
        self.startupTimeout = try reader.seconds("startup_timeout", or: 20, range: 1...900)
        self.keepalive = try reader.seconds("keepalive", or: 600, range: 0...86_400)
        self.drainTimeout = try reader.seconds("drain_timeout", or: 90, range: 0...960)
        self.maximumEnvironmentAge = try reader.seconds("max_environment_age", or: 21_600, range: 60...43_200)
        self.servicesEndpoint = try reader.servicesEndpoint()
        self.servicesProfile = reader.value("services_profile") ?? "default"
        self.sandboxNetwork = try reader.choice("sandbox_network", or: .loopback)
        self.allowsSubstitution = try reader.flag("runtime_substitution", or: false)
        self.eventLoops = try reader.number("event_loops", or: 0, range: 0...256)
        self.log = reader.value("log") ?? "auto"
        self.logLevel = reader.value("log_level") ?? "info"
        self.logMemoryBytes = try reader.number("log_memory", or: 16, range: 1...4_096) * 1_048_576
        self.functionURLDomain = try reader.domain("function_url_domain")
        self.functionURLsNeedBoth = try reader.flag("function_url_both_permissions", or: false)
        self.hostDirectories = try HostDirectorySettings(reader)
        self.accounts = try AccountSettings(reader)
        self.events = try EventSettings(reader)
        self.traces = try TraceSettings(reader)
    }

    /// The part that a reload puts in force.
    var engineSettings: EngineSettings {
        EngineSettings(
            lifecycle: .init(startupTimeout: self.startupTimeout, keepalive: self.keepalive),
            maximumAge: self.maximumEnvironmentAge, network: self.sandboxNetwork,
            servicesPort: self.servicesEndpoint.map { UInt16($0.port) },
            servicesURL: self.servicesEndpoint.map { "http://\($0.host):\($0.port)" },
            fileSystems: self.hostDirectories.fileSystems)
    }

    /// Settings that need a restart and differ in `other`.
    func restartOnlyDifferences(from other: Configuration) -> [String] {
        var names: [String] = []
        if self.listen != other.listen { names.append("listen") }
        if self.auth != other.auth { names.append("auth") }
        if self.stateDirectory != other.stateDirectory { names.append("state_directory") }
        if self.executorSocket != other.executorSocket { names.append("executor_socket") }
        if self.region != other.region { names.append("region") }
        if self.account != other.account { names.append("account") }
        if self.servicesEndpoint != other.servicesEndpoint { names.append("services_endpoint") }
        if self.eventLoops != other.eventLoops { names.append("event_loops") }
        if self.log != other.log { names.append("log") }
        if self.logMemoryBytes != other.logMemoryBytes { names.append("log_memory") }
        if self.functionURLDomain != other.functionURLDomain { names.append("function_url_domain") }
        if self.functionURLsNeedBoth != other.functionURLsNeedBoth { names.append("function_url_both_permissions") }
        names += self.traces.restartOnlyDifferences(from: other.traces)
        names += self.accounts.restartOnlyDifferences(from: other.accounts)
        return names + self.hostDirectories.restartOnlyDifferences(from: other.hostDirectories)
    }
}

/// One setting after the other, with an error that names the setting, what was found and what is allowed.
struct SettingReader {
    typealias ConfigurationError = Configuration.ConfigurationError

    let value: (String) -> String?

    init(value: @escaping (String) -> String?) { self.value = value }

    func words(_ key: String, or standard: [String]) -> [String] {
        let words = (self.value(key) ?? "").split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)
        return words.isEmpty ? standard : words
    }

    func choice<Choice: RawRepresentable>(
        _ key: String, or standard: Choice
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        guard let text = self.value(key) else { return standard }
        guard let choice = Choice(rawValue: text) else { throw self.error(key, text, "one of its documented words") }
        return choice
    }

    func path(_ key: String, or standard: String) throws(ConfigurationError) -> String {
        let path = self.value(key) ?? standard
        guard path.hasPrefix("/") else { throw self.error(key, path, "an absolute path") }
        return path
    }

    /// Absolute paths; none where the setting is not there.
    func paths(_ key: String) throws(ConfigurationError) -> [String] {
        let paths = self.words(key, or: [])
        for path in paths where !path.hasPrefix("/") { throw self.error(key, path, "absolute paths") }
        return paths
    }

    func parsed<Value>(
        _ key: String, or standard: Value, _ parse: (String) -> Value?
    ) throws(ConfigurationError) -> Value {
        guard let text = self.value(key) else { return standard }
        guard let value = parse(text) else { throw self.error(key, text, "a valid \(key)") }
        return value
    }

    func number(_ key: String, or standard: Int, range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let text = self.value(key) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw self.error(key, text, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func seconds(_ key: String, or standard: Int, range: ClosedRange<Int>) throws(ConfigurationError) -> Duration {
        .seconds(try self.number(key, or: standard, range: range))
    }

    func flag(_ key: String, or standard: Bool) throws(ConfigurationError) -> Bool {
        switch self.value(key) {
        case nil: return standard
        case "yes": return true
        case "no": return false
        case let text?: throw self.error(key, text, "yes or no")
        }
    }

    /// A host name in lower case; `nil` where none is set.
    func domain(_ key: String) throws(ConfigurationError) -> String? {
        guard let text = self.value(key), !text.isEmpty else { return nil }
        let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D }
        }
        guard isName else { throw self.error(key, text, "a host name without a port") }
        return text.lowercased()
    }

    func servicesEndpoint() throws(ConfigurationError) -> ServicesEndpointAddress? {
        guard let text = self.value("services_endpoint"), !text.isEmpty else { return nil }
        do { return try ServicesEndpointAddress(parsing: text) } catch {
            throw ConfigurationError(description: "services_endpoint = \(text): \(error)")
        }
    }

    private func error(_ key: String, _ text: String, _ wanted: String) -> ConfigurationError {
        ConfigurationError(description: "\(key) = \(text): expected \(wanted)")
    }
}
