/// One published version of a layer, with its policy.
package struct LayerVersionRecord: StoredResource {
    package static let kind = ResourceKind.layerVersion

    package let scope: Scope
    package let layer: String
    package let number: Int
    package let code: CodeReference
    package let summary: String
    package let licenseInfo: String
    /// `nil` where it was published without; an empty list is given back as one.
    package let compatibleRuntimes: [String]?
    /// As ``compatibleRuntimes``.
    package let compatibleArchitectures: [String]?
    package let created: WallTime
    /// The host's directory that is the content, where it came from the `hot-reload` bucket; ``code`` then stands for nothing.
    package let hotReloadPath: String?
    package var policy: [PolicyRecord.Statement]
    /// Of the policy; empty where there is none.
    package var policyRevisionID: String

    package init(
        scope: Scope, layer: String, number: Int, code: CodeReference, summary: String, licenseInfo: String,
        compatibleRuntimes: [String]?, compatibleArchitectures: [String]?, created: WallTime,
        hotReloadPath: String? = nil
    ) {
        self.scope = scope
        self.layer = layer
        self.number = number
        self.code = code
        self.summary = summary
        self.licenseInfo = licenseInfo
        self.compatibleRuntimes = compatibleRuntimes
        self.compatibleArchitectures = compatibleArchitectures
        self.created = created
        self.hotReloadPath = hotReloadPath
        self.policy = []
        self.policyRevisionID = ""
    }

    package var address: ResourceAddress { Self.address(in: self.scope, layer: self.layer, number: self.number) }

    package static func address(in scope: Scope, layer: String, number: Int) -> ResourceAddress {
        ResourceAddress(scope: scope, name: layer, part: ResourceAddress.number(number))
    }

    package var layerARN: String { "arn:aws:lambda:\(self.scope.region):\(self.scope.account):layer:\(self.layer)" }
    package var versionARN: String { "\(self.layerARN):\(self.number)" }
}

/// `CodeSigningConfig`.
package struct CodeSigningConfigRecord: StoredResource {
    package static let kind = ResourceKind.codeSigningConfig

    package let scope: Scope
    /// `csc-` and 17 characters of `a-z` and `0-9`.
    package let id: String
    package var summary: String
    /// `AllowedPublishers.SigningProfileVersionArns`, 1 through 20.
    package var publishers: [String]
    /// `UntrustedArtifactOnDeployment`: `Warn` or `Enforce`.
    package var untrustedArtifact: String
    package var tags: [String: String]
    package var modified: WallTime

    package init(
        scope: Scope, id: String, summary: String, publishers: [String], untrustedArtifact: String,
        tags: [String: String], modified: WallTime
    ) {
        self.scope = scope
        self.id = id
        self.summary = summary
        self.publishers = publishers
        self.untrustedArtifact = untrustedArtifact
        self.tags = tags
        self.modified = modified
    }

    package var address: ResourceAddress { ResourceAddress(scope: self.scope, name: self.id) }
    package var arn: String {
        "arn:aws:lambda:\(self.scope.region):\(self.scope.account):code-signing-config:\(self.id)"
    }
}

/// An event source mapping: stored, validated and given back.
package struct EventSourceMappingRecord: StoredResource {
    package static let kind = ResourceKind.eventSourceMapping

    /// `State` of the API.
    package enum State: String, Sendable, Codable {
        case creating = "Creating"
        case deleting = "Deleting"
        case disabled = "Disabled"
        case disabling = "Disabling"
        case enabled = "Enabled"
        case enabling = "Enabling"
        case updating = "Updating"

        /// Whether no change is under way.
        package var isSettled: Bool { self == .enabled || self == .disabled }
    }

    package let scope: Scope
    package let uuid: String
    /// The function as it was named; with a qualifier where one was given. It may be gone.
    package var functionARN: String
    /// `nil` for a self-managed source.
    package let sourceARN: String?
    package var state: State
    package var isEnabled: Bool
    /// Every other member that the caller gave or that has a default, as one JSON object.
    package var membersJSON: String
    package var tags: [String: String]
    package var modified: WallTime

    package init(
        scope: Scope, uuid: String, functionARN: String, sourceARN: String?, state: State, isEnabled: Bool,
        membersJSON: String, tags: [String: String], modified: WallTime
    ) {
        self.scope = scope
        self.uuid = uuid
        self.functionARN = functionARN
        self.sourceARN = sourceARN
        self.state = state
        self.isEnabled = isEnabled
        self.membersJSON = membersJSON
        self.tags = tags
        self.modified = modified
    }

    package var address: ResourceAddress { ResourceAddress(scope: self.scope, name: self.uuid) }
    package var arn: String {
        "arn:aws:lambda:\(self.scope.region):\(self.scope.account):event-source-mapping:\(self.uuid)"
    }
}
