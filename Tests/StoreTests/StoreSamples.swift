import LambdaCore
import Testing

/// Resources with something in every member; see ``isComplete(_:)``.
struct StoreSamples {
    let scope: Scope
    let function: FunctionKey
    /// What is put wherever a member takes any text.
    let text: String

    init(_ name: String = "f", account: String = "000000000000", region: String = "eu-west-1", text: String = "text")
        throws
    {
        self.scope = Scope(
            account: try #require(AccountID(account)), region: try #require(Region(region)))
        self.function = FunctionKey(
            account: self.scope.account, region: self.scope.region, name: try #require(FunctionName(name)))
        self.text = text
    }

    /// Texts that an encoding may get wrong.
    static let texts = [
        #"quotes " ' ` and \ and / and \n and \u0041 and {"a":[1]}"#,
        "line\nfeed\r\n\ttab \u{8}\u{C}\u{1B}\u{1}\u{7F}",
        "välue ☃ 𝄞 👩‍👩‍👧 \u{2028}\u{2029}\u{FEFF}\u{FFFD}\u{10FFFF}",
        // The same letter as one and as two scalars: whoever normalises makes them one.
        "\u{E9} e\u{301}",
        "' OR 1=1; DROP TABLE resource; --", "%s ? :a @a $a", " ", "null", "0",
        String(repeating: "long \u{1F600}", count: 20_000),
    ]

    func sample(_ kind: ResourceKind) -> any StoredResource {
        switch kind {
        case .alias: self.alias()
        case .codeSigningConfig:
            CodeSigningConfigRecord(
                scope: self.scope, id: "csc-0", summary: self.text, publishers: [self.text, "p"],
                untrustedArtifact: self.text, tags: ["k": self.text], modified: self.time)
        case .eventInvokeConfig: self.eventInvokeConfig()
        case .eventSourceMapping:
            EventSourceMappingRecord(
                scope: self.scope, uuid: "u", functionARN: self.text, sourceARN: self.text, state: .enabled,
                isEnabled: true, membersJSON: self.text, tags: [self.text: "v"],
                modified: self.time)
        case .function: LatestVersion(self.record())
        case .functionProperties: self.properties()
        case .functionURL: self.url()
        case .layerVersion: self.layerVersion()
        case .logGroup: self.logGroup()
        case .logStream: LogStreamRecord(scope: self.scope, group: self.text, name: self.text, created: self.time)
        case .policy:
            PolicyRecord(
                function: self.function, qualifier: "q",
                statements: [.init(id: self.text, json: #"{"Sid":"a"}"#), .init(id: "b", json: self.text)],
                revisionID: self.text)
        case .provisionedConcurrency:
            ProvisionedConcurrencyRecord(function: self.function, qualifier: "q", requested: 7, modified: self.time)
        case .runtimeManagement:
            RuntimeManagementRecord(
                version: VersionKey(function: self.function, version: "3"), updateRuntimeOn: self.text,
                runtimeVersionARN: self.text)
        case .version: PublishedVersion(self.record(version: "12"))
        }
    }

    private let time = WallTime(milliseconds: 1_700_000_000_123)

    private func logGroup() -> LogGroupRecord {
        var group = LogGroupRecord(scope: self.scope, name: self.text, created: self.time, isMade: true)
        group.emptied = self.time
        group.retention = 7
        group.tags = [self.text: self.text]
        group.kmsKey = self.text
        group.groupClass = self.text
        return group
    }

    func alias(_ name: String = "a", version: String = "12") -> AliasRecord {
        AliasRecord(
            function: self.function, name: name, version: version, summary: self.text,
            // Not representable exactly, and the smallest of all: a digit less is another number.
            additionalWeights: ["3": 0.1, "4": .leastNonzeroMagnitude, "5": 1, "6": 1.0 / 3], revisionID: self.text)
    }

    func record(version: String = FunctionRecord.latest) -> FunctionRecord {
        var record = FunctionRecord(
            key: self.function, role: self.text, runtime: self.text, handler: self.text,
            code: CodeReference(
                digest: String(repeating: "a", count: 64), base64: "YQ==", size: 10, unzippedSize: 20),
            lastModified: self.time)
        record.version = version
        record.summary = self.text
        record.environment = [self.text: self.text, "EMPTY": ""]
        record.logging = .init(format: "JSON", group: self.text, applicationLevel: "DEBUG", systemLevel: "WARN")
        record.layers = [
            .init(versionARN: self.text, code: record.code, hotReloadPath: self.text),
            .init(versionARN: "l", code: record.code),
        ]
        record.fileSystems = [.init(arn: self.text, mountPath: "/mnt/a")]
        record.vpc = .init(subnetIDs: ["s1", self.text], securityGroupIDs: ["g"], allowsIPv6: true)
        record.deadLetterTarget = self.text
        record.kmsKeyARN = self.text
        record.image = .init(entryPoint: [self.text], command: ["c"], workingDirectory: self.text)
        record.imageURI = self.text
        record.tenantIsolation = self.text
        record.hotReloadPath = self.text
        record.latestSummary = self.text
        record.stateReason = .init(text: self.text, code: "Creating")
        record.updateStatus = .inProgress
        record.updateReason = .init(text: self.text, code: "c")
        record.revisionID = self.text
        record.generation = Int.max
        record.userSlot = 77
        return record
    }

    func properties() -> FunctionProperties {
        var properties = FunctionProperties(key: self.function, userSlot: 77)
        properties.tags = [self.text: self.text, "k": ""]
        properties.reservedConcurrency = 5
        properties.recursiveLoop = .allow
        properties.codeSigningConfigARN = self.text
        properties.lastVersion = 12
        properties.codeStorage = 1 << 40
        return properties
    }

    private func eventInvokeConfig() -> EventInvokeConfigRecord {
        var config = EventInvokeConfigRecord(function: self.function, qualifier: "q", modified: self.time)
        config.maximumRetryAttempts = 1
        config.maximumEventAge = 60
        config.onSuccess = self.text
        config.onFailure = self.text
        return config
    }

    private func url() -> FunctionURLRecord {
        var cors = FunctionURLRecord.CORS()
        cors.allowCredentials = true
        cors.allowHeaders = ["h", self.text]
        cors.allowMethods = ["GET"]
        cors.allowOrigins = [self.text]
        cors.exposeHeaders = ["e"]
        cors.maxAge = 9
        var url = FunctionURLRecord(
            function: self.function, qualifier: "q", id: self.text, authType: .none, invokeMode: .stream, cors: cors,
            created: self.time)
        url.modified = WallTime(milliseconds: -1)
        return url
    }

    func layerVersion(_ layer: String = "l", number: Int = 3) -> LayerVersionRecord {
        var version = LayerVersionRecord(
            scope: self.scope, layer: layer, number: number, code: self.record().code, summary: self.text,
            licenseInfo: self.text, compatibleRuntimes: [self.text, "r"], compatibleArchitectures: ["arm64"],
            created: self.time, hotReloadPath: self.text)
        version.policy = [.init(id: self.text, json: self.text)]
        version.policyRevisionID = self.text
        return version
    }

    /// The first member that holds nothing, as a path; `nil` where there is something in each.
    static func emptyMember(of value: Any, path: String = "") -> String? {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            guard let wrapped = mirror.children.first else { return path }
            return self.emptyMember(of: wrapped.value, path: path)
        case .collection, .dictionary, .set: return mirror.children.isEmpty ? path : nil
        case .struct:
            // Texts and numbers have members of their own.
            guard !(value is String), !(value is any Numeric) else { return nil }
            return mirror.children.lazy.compactMap {
                self.emptyMember(of: $0.value, path: "\(path).\($0.label ?? "")")
            }.first
        case .class, .enum, .tuple, .foreignReference, .none, .some: return nil
        }
    }
}
