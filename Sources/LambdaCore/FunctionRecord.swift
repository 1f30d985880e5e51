/// What the store keeps of one version of a function: its configuration as the API gives it back, and what the platform
/// adds. `$LATEST` changes; a published version does not, apart from its states.
package struct FunctionRecord: Sendable, Equatable, Codable {
    /// `State` of the API.
    package enum State: String, Sendable, Codable { case pending = "Pending", active = "Active", failed = "Failed" }
    /// `LastUpdateStatus` of the API.
    package enum UpdateStatus: String, Sendable, Codable {
        case successful = "Successful"
        case inProgress = "InProgress"
        case failed = "Failed"
    }
    /// Why a state or an update is what it is, where the API shows a reason.
    package struct Reason: Sendable, Equatable, Codable {
        package let text: String
        /// `StateReasonCode` or `LastUpdateStatusReasonCode`.
        package let code: String

        package init(text: String, code: String) {
            self.text = text
            self.code = code
        }
    }
    package enum PackageType: String, Sendable, Codable { case zip = "Zip", image = "Image" }
    /// `TracingConfig.Mode`.
    package enum TracingMode: String, Sendable, Codable { case active = "Active", passThrough = "PassThrough" }
    /// `SnapStart.ApplyOn`.
    package enum SnapStart: String, Sendable, Codable { case none = "None", publishedVersions = "PublishedVersions" }
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
    /// One entry of `Layers`.
    package struct Layer: Sendable, Equatable, Codable {
        /// `arn:aws:lambda:<region>:<account>:layer:<name>:<version>`
        package let versionARN: String
        /// Kept here, for a layer version may be deleted while functions use it.
        package let code: CodeReference
        /// The host's directory that is the layer's content, where it came from the `hot-reload` bucket.
        package let hotReloadPath: String?

        package init(versionARN: String, code: CodeReference, hotReloadPath: String? = nil) {
            self.versionARN = versionARN
            self.code = code
            self.hotReloadPath = hotReloadPath
        }
    }
    /// One entry of `FileSystemConfigs`.
    package struct FileSystem: Sendable, Equatable, Codable {
        /// An access point's ARN; the configuration says which directory of the host it stands for.
        package let arn: String
        /// `/mnt/…`
        package let mountPath: String

        package init(arn: String, mountPath: String) {
            self.arn = arn
            self.mountPath = mountPath
        }
    }
    /// `VpcConfig`: kept and given back. A sandbox has no part in any VPC.
    package struct VPC: Sendable, Equatable, Codable {
        package var subnetIDs: [String]
        package var securityGroupIDs: [String]
        package var allowsIPv6: Bool

        package init(subnetIDs: [String], securityGroupIDs: [String], allowsIPv6: Bool) {
            self.subnetIDs = subnetIDs
            self.securityGroupIDs = securityGroupIDs
            self.allowsIPv6 = allowsIPv6
        }
    }
    /// `ImageConfig`.
    package struct Image: Sendable, Equatable, Codable {
        package var entryPoint: [String]?
        package var command: [String]?
        package var workingDirectory: String?

        package init(entryPoint: [String]?, command: [String]?, workingDirectory: String?) {
            self.entryPoint = entryPoint
            self.command = command
            self.workingDirectory = workingDirectory
        }
    }

    package let key: FunctionKey
    /// `$LATEST`, or the number of a published version.
    package var version: String
    package var packageType: PackageType
    package var role: String
    /// The runtime as it was asked for; the manifest that serves it may have another id. Empty for images.
    package var runtime: String
    /// Empty for images.
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
    package var snapStart: SnapStart
    /// In the order in which they are laid over each other, the lowest first.
    package var layers: [Layer]
    package var fileSystems: [FileSystem]
    package var vpc: VPC?
    /// `DeadLetterConfig.TargetArn`.
    package var deadLetterTarget: String?
    package var kmsKeyARN: String?
    package var image: Image?
    package var imageURI: String?
    /// `TenancyConfig.TenantIsolationMode`.
    package var tenantIsolation: String?
    package var code: CodeReference
    /// The host's directory that is the code, where it came from the `hot-reload` bucket; ``code`` then stands for nothing.
    package var hotReloadPath: String?
    /// Of a published version: the description of the `$LATEST` that it is a copy of, where it was given another.
    package var latestSummary: String?

    package var state: State
    package var stateReason: Reason?
    package var updateStatus: UpdateStatus?
    package var updateReason: Reason?
    package var lastModified: WallTime
    /// A new UUID with every write.
    package var revisionID: String
    /// From ``StoreCounter/generation``: changes with what an environment is made from.
    package var generation: Int
    /// The function's place in the executor's range of user ids, the same for all of its versions.
    package var userSlot: Int

    package init(
        key: FunctionKey, role: String, runtime: String, handler: String, code: CodeReference,
        lastModified: WallTime
    ) {
        self.key = key
        self.version = Self.latest
        self.packageType = .zip
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
        self.snapStart = .none
        self.layers = []
        self.fileSystems = []
        self.code = code
        self.state = .pending
        self.updateStatus = nil
        self.lastModified = lastModified
        self.revisionID = ""
        self.generation = 0
        self.userSlot = 0
    }

    /// The version that changes.
    package static let latest = "$LATEST"

    package var isLatest: Bool { self.version == Self.latest }

    /// Whether its environments are restored before their first invocation: `$LATEST` never is.
    package var isRestored: Bool { self.snapStart == .publishedVersions && !self.isLatest }

    /// The number of a published version; 0 for `$LATEST`.
    package var versionNumber: Int { Int(self.version) ?? 0 }
}

extension FunctionRecord {
    /// Which environments may run this record's invocations.
    package var versionKey: VersionKey { VersionKey(function: self.key, version: self.version) }
}

/// One version of a function.
package struct VersionKey: Hashable, Sendable, Codable {
    package let function: FunctionKey
    /// `$LATEST`, or a number.
    package let version: String

    package init(function: FunctionKey, version: String) {
        self.function = function
        self.version = version
    }

    /// The qualified ARN.
    package var arn: String { "\(self.function.arn):\(self.version)" }
}

/// `$LATEST` of a function in the store.
package struct LatestVersion: StoredResource {
    package static let kind = ResourceKind.function
    package var record: FunctionRecord

    package init(_ record: FunctionRecord) { self.record = record }

    package var address: ResourceAddress { self.record.key.address }
}

/// A published version in the store.
package struct PublishedVersion: StoredResource {
    package static let kind = ResourceKind.version
    package var record: FunctionRecord

    package init(_ record: FunctionRecord) { self.record = record }

    package var address: ResourceAddress {
        ResourceAddress(
            scope: self.record.key.scope, name: self.record.key.name.text,
            part: ResourceAddress.number(self.record.versionNumber))
    }
}

extension FunctionKey {
    package var scope: Scope { Scope(account: self.account, region: self.region) }
    /// Where ``LatestVersion`` and ``FunctionProperties`` are kept.
    package var address: ResourceAddress { ResourceAddress(scope: self.scope, name: self.name.text) }

    /// Where one alias, version (see ``ResourceAddress/number(_:)``) or other part of the function is kept.
    package func address(part: String) -> ResourceAddress {
        ResourceAddress(scope: self.scope, name: self.name.text, part: part)
    }
}

/// Code in the content-addressed store.
package struct CodeReference: Sendable, Hashable, Codable {
    /// Lower-case hex SHA-256 of the zip; names the stored zip and the extracted directory.
    package let digest: String
    /// The same hash in base64, as `CodeSha256` shows it.
    package let base64: String
    /// Bytes of the zip.
    package let size: Int
    /// Bytes of its files as the zip's directory counts them; `nil` where the code was stored before they were counted.
    package let unzippedSize: Int?

    package init(digest: String, base64: String, size: Int, unzippedSize: Int? = nil) {
        self.digest = digest
        self.base64 = base64
        self.size = size
        self.unzippedSize = unzippedSize
    }

    /// Stands for a directory of the host that is mounted as it is: nothing of it is in the store. The hash is the text
    /// that local tools know for it.
    package static let hotReload = CodeReference(
        digest: "", base64: "hot-reloading-hash-not-available", size: 0, unzippedSize: 0)
}
