package import LambdaCore

/// The environment of a runtime process.
package enum EnvironmentVariables {
    /// What is known of one environment when its runtime starts.
    package struct Context: Sendable {
        package let function: FunctionRecord
        package let manifest: RuntimeManifest
        package let source: FunctionLogSource
        package let credentials: Credentials
        /// Address and port of the Runtime API inside the sandbox.
        package let runtimeAPI: String
        package let endpointURL: String?
        package let initialization: InitializationType
        /// Whether the runtime has a pipe for framed log records.
        package let framesLog: Bool
        /// Where the X-Ray daemon is, if not at its usual address inside a sandbox.
        package let traceDaemon: (host: String, port: Int)?
        /// Where the role's credentials are asked for; the variables then do not have them.
        package let containerCredentials: (token: String, port: UInt16)?

        package init(
            function: FunctionRecord, manifest: RuntimeManifest, source: FunctionLogSource, credentials: Credentials,
            runtimeAPI: String, endpointURL: String?, initialization: InitializationType = .onDemand,
            framesLog: Bool = false, containerCredentials: (token: String, port: UInt16)? = nil,
            traceDaemon: (host: String, port: Int)? = nil
        ) {
            self.function = function
            self.manifest = manifest
            self.source = source
            self.credentials = credentials
            self.runtimeAPI = runtimeAPI
            self.endpointURL = endpointURL
            self.framesLog = framesLog
            self.traceDaemon = traceDaemon
            self.initialization = initialization
            self.containerCredentials = containerCredentials
        }
    }

    /// `NAME=value` strings, sorted: defaults, then the runtime's, then the function's own, then what nobody can change.
    package static func strings(for context: Context) -> [String] {
        var variables = self.defaults
        variables.merge(context.manifest.environment) { $1 }
        if let endpoint = context.endpointURL { variables["AWS_ENDPOINT_URL"] = endpoint }
        if let daemon = context.traceDaemon { variables["AWS_XRAY_DAEMON_ADDRESS"] = "\(daemon.host):\(daemon.port)" }
        variables.merge(self.logging(context.function.logging)) { $1 }
        let own = (context.function.environment ?? [:]).filter { !ReservedVariables.names.contains($0.key) }
        variables.merge(own) { $1 }
        variables.merge(self.fixed(context)) { $1 }
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// What an extension's process gets of a runtime's variables.
    ///
    /// Source: Lambda developer guide, "Building Lambda extensions"; the runtime emulator drops all that begin with `_`.
    package static func forExtensions(_ strings: [String]) -> [String] {
        strings.filter { string in
            let name = string.prefix { $0 != "=" }
            return !name.hasPrefix("_") && !self.notForExtensions.contains(String(name))
        }
    }

    private static let notForExtensions: Set<String> = [
        "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
    ]

    /// Values that a function may replace.
    ///
    /// Source: recorded on AWS (python3.14, February 2026), without the directories of Amazon Linux's own interpreters.
    private static let defaults: [String: String] = [
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH":
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "\(SandboxAddress.runtimeAPI):\(SandboxAddress.tracePort)",
        "PWD": "/var/task",
        "SHLVL": "0",
    ]

    private static func logging(_ logging: FunctionRecord.Logging) -> [String: String] {
        guard logging.format == "JSON" else { return [:] }
        return ["AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": logging.applicationLevel ?? "INFO"]
    }

    private static func fixed(_ context: Context) -> [String: String] {
        let function = context.function
        var fixed = [
            "_AWS_XRAY_DAEMON_ADDRESS": context.traceDaemon?.host ?? SandboxAddress.runtimeAPI,
            "_AWS_XRAY_DAEMON_PORT": String(context.traceDaemon?.port ?? SandboxAddress.tracePort),
            "_HANDLER": function.handler,
            "AWS_REGION": function.key.region.name,
            "AWS_DEFAULT_REGION": function.key.region.name,
            "AWS_LAMBDA_FUNCTION_NAME": function.key.name.text,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": String(function.memorySize),
            "AWS_LAMBDA_INITIALIZATION_TYPE": context.initialization.rawValue,
            "AWS_LAMBDA_RUNTIME_API": context.runtimeAPI,
            "LAMBDA_TASK_ROOT": "/var/task",
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
        ]
        fixed.merge(self.ownOfEnvironment(context)) { $1 }
        if context.framesLog { fixed["_LAMBDA_TELEMETRY_LOG_FD"] = String(SandboxDescriptorNumber.frames) }
        if context.manifest.isShared {
            fixed["AWS_LAMBDA_MAX_CONCURRENCY"] = String(context.manifest.maxConcurrency)
            // AWS's name for the only environments that hold several invocations there.
            fixed["AWS_LAMBDA_INITIALIZATION_TYPE"] = "lambda-managed-instances"
        }
        if context.manifest.isManaged { fixed["AWS_EXECUTION_ENV"] = "AWS_Lambda_\(function.runtime)" }
        return fixed
    }

    /// What differs from one environment of a version to the next. In a snapshot it would be that of the first one.
    private static func ownOfEnvironment(_ context: Context) -> [String: String] {
        if let place = context.containerCredentials {
            let address = "\(ContainerCredentials.host):\(place.port)"
            return [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://\(address)\(ContainerCredentials.path)",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": place.token,
            ]
        }
        var own = [
            "AWS_LAMBDA_LOG_GROUP_NAME": context.source.logGroup,
            "AWS_LAMBDA_LOG_STREAM_NAME": context.source.logStream,
            "AWS_ACCESS_KEY_ID": context.credentials.accessKeyID,
            "AWS_SECRET_ACCESS_KEY": context.credentials.secretAccessKey,
        ]
        if let token = context.credentials.sessionToken { own["AWS_SESSION_TOKEN"] = token }
        return own
    }
}
