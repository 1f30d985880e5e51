/// What the store keeps of a function: the configuration as the API gives it back, and what the platform adds.
package struct FunctionRecord: Sendable, Equatable, Codable {
    /// `State` of the API.
    package enum State: String, Sendable, Codable { case pending = "Pending", active = "Active", failed = "Failed" }
    /// `LastUpdateStatus` of the API.
    package enum UpdateStatus: String, Sendable, Codable {
        case successful = "Successful"
        case inProgress = "InProgress"
        case failed = "Failed"
    }
    /// `TracingConfig.Mode`.
    package enum TracingMode: String, Sendable, Codable { case active = "Active", passThrough = "PassThrough" }
    /// `LoggingConfig`.
    package struct Logging: Sendable, Equatable, Codable {
        package var format: String
        package var group: String
        package var applicationLevel: String?
        package var systemLevel: String?

        package init(format: String, group: String, applicationLevel: String? = nil, systemLevel: String? = nil) {
            self.format = format
            self.group = group
            self.applicationLevel = applicationLevel
            self.systemLevel = systemLevel
        }
    }

    package let key: FunctionKey
    package var role: String
    /// The runtime as it was asked for; the manifest that serves it may have another id.
    package var runtime: String
    package var handler: String
    package var summary: String
    /// Seconds.
    package var timeout: Int
    /// MiB.
    package var memorySize: Int
    /// MiB of `/tmp`.
    package var ephemeralStorage: Int
    /// `nil` where the function was made without `Environment`.
    package var environment: [String: String]?
    package var architecture: String
    package var tracing: TracingMode
    package var logging: Logging
    package var tags: [String: String]
    package var code: CodeReference

    package var state: State
    package var updateStatus: UpdateStatus?
    package var lastModified: WallTime
    /// Given by the store: a new UUID with every write.
    package var revisionID: String
    /// Given by the store: counts the writes that change what an environment is made from.
    package var generation: Int
    /// Given by the store: the function's place in the executor's range of user ids; unique among live functions.
    package var userSlot: Int

    package init(
        key: FunctionKey, role: String, runtime: String, handler: String, code: CodeReference,
        lastModified: WallTime
    ) {
        self.key = key
        self.role = role
        self.runtime = runtime
        self.handler = handler
        self.summary = ""
        self.timeout = Limits.defaultFunctionTimeout
        self.memorySize = Limits.defaultMemorySize
        self.ephemeralStorage = Limits.defaultEphemeralStorage
        self.environment = nil
        self.architecture = "x86_64"
        self.tracing = .passThrough
        self.logging = Logging(format: "Text", group: "/aws/lambda/\(key.name)")
        self.tags = [:]
        self.code = code
        self.state = .pending
        self.updateStatus = nil
        self.lastModified = lastModified
        self.revisionID = ""
        self.generation = 0
        self.userSlot = 0
    }

    /// The version that environments of this record run.
    package var version: String { "$LATEST" }
}

/// Code in the content-addressed store.
package struct CodeReference: Sendable, Hashable, Codable {
    /// Lower-case hex SHA-256 of the zip; names the stored zip and the extracted directory.
    package let digest: String
    /// The same hash in base64, as `CodeSha256` shows it.
    package let base64: String
    /// Bytes of the zip.
    package let size: Int

    package init(digest: String, base64: String, size: Int) {
        self.digest = digest
        self.base64 = base64
        self.size = size
    }
}
