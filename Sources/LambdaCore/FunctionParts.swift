/// A name for a version, or for two with a weight.
package struct AliasRecord: StoredResource {
    package static let kind = ResourceKind.alias

    package let function: FunctionKey
    package let name: String
    /// `$LATEST` or a number.
    package var version: String
    package var summary: String
    /// `RoutingConfig.AdditionalVersionWeights`: at most one entry, its weight from 0 through 1.
    package var additionalWeights: [String: Double]
    package var revisionID: String

    package init(
        function: FunctionKey, name: String, version: String, summary: String, additionalWeights: [String: Double],
        revisionID: String
    ) {
        self.function = function
        self.name = name
        self.version = version
        self.summary = summary
        self.additionalWeights = additionalWeights
        self.revisionID = revisionID
    }

    package var address: ResourceAddress { self.function.address(part: self.name) }
    package var arn: String { "\(self.function.arn):\(self.name)" }
}

/// The resource policy of a function, a version or an alias.
package struct PolicyRecord: StoredResource {
    package static let kind = ResourceKind.policy

    /// One statement: its id, and the statement as compact JSON, as the API gives it back.
    package struct Statement: Sendable, Equatable, Codable {
        package let id: String
        package let json: String

        package init(id: String, json: String) {
            self.id = id
            self.json = json
        }
    }

    package let function: FunctionKey
    /// A version number, an alias, or empty for the function itself.
    package let qualifier: String
    package var statements: [Statement]
    package var revisionID: String

    package init(function: FunctionKey, qualifier: String, statements: [Statement], revisionID: String) {
        self.function = function
        self.qualifier = qualifier
        self.statements = statements
        self.revisionID = revisionID
    }

    package var address: ResourceAddress { self.function.address(part: self.qualifier) }
}

/// `FunctionUrlConfig`: the URL of a function or an alias.
package struct FunctionURLRecord: StoredResource {
    package static let kind = ResourceKind.functionURL

    package enum AuthType: String, Sendable, Codable { case iam = "AWS_IAM", none = "NONE" }
    package enum InvokeMode: String, Sendable, Codable { case buffered = "BUFFERED", stream = "RESPONSE_STREAM" }
    package struct CORS: Sendable, Equatable, Codable {
        package var allowCredentials: Bool?
        package var allowHeaders: [String]?
        package var allowMethods: [String]?
        package var allowOrigins: [String]?
        package var exposeHeaders: [String]?
        /// Seconds.
        package var maxAge: Int?

        package init() {}
    }

    package let function: FunctionKey
    /// An alias, or empty for the function itself.
    package let qualifier: String
    /// 32 characters of `a-z` and `0-9`; the first label of the host name.
    package let id: String
    package var authType: AuthType
    /// `nil` where none was ever given, which means ``InvokeMode/buffered``.
    package var invokeMode: InvokeMode?
    package var cors: CORS?
    package let created: WallTime
    package var modified: WallTime

    package init(
        function: FunctionKey, qualifier: String, id: String, authType: AuthType, invokeMode: InvokeMode?, cors: CORS?,
        created: WallTime
    ) {
        self.function = function
        self.qualifier = qualifier
        self.id = id
        self.authType = authType
        self.invokeMode = invokeMode
        self.cors = cors
        self.created = created
        self.modified = created
    }

    package var address: ResourceAddress { self.function.address(part: self.qualifier) }
    /// Of what the URL calls.
    package var arn: String {
        self.qualifier.isEmpty ? self.function.arn : "\(self.function.arn):\(self.qualifier)"
    }
}

/// Environments that are kept ready for a version or an alias.
package struct ProvisionedConcurrencyRecord: StoredResource {
    package static let kind = ResourceKind.provisionedConcurrency

    package let function: FunctionKey
    /// A version number or an alias.
    package let qualifier: String
    package var requested: Int
    package var modified: WallTime

    package init(function: FunctionKey, qualifier: String, requested: Int, modified: WallTime) {
        self.function = function
        self.qualifier = qualifier
        self.requested = requested
        self.modified = modified
    }

    package var address: ResourceAddress { self.function.address(part: self.qualifier) }
}

/// How asynchronous invocations of a function, version or alias are retried, and where their outcomes go.
package struct EventInvokeConfigRecord: StoredResource {
    package static let kind = ResourceKind.eventInvokeConfig

    package let function: FunctionKey
    /// `$LATEST`, a version number or an alias. A configuration without a qualifier is that of `$LATEST`.
    package let qualifier: String
    /// 0 through 2; `nil` where it was not set.
    package var maximumRetryAttempts: Int?
    /// Seconds, 60 through 21,600; `nil` where it was not set.
    package var maximumEventAge: Int?
    /// ARNs; `nil` where they were not set.
    package var onSuccess: String?
    package var onFailure: String?
    package var modified: WallTime

    package init(function: FunctionKey, qualifier: String, modified: WallTime) {
        self.function = function
        self.qualifier = qualifier
        self.modified = modified
    }

    package var address: ResourceAddress { self.function.address(part: self.qualifier) }
}

/// `RuntimeManagementConfig` of one version.
package struct RuntimeManagementRecord: StoredResource {
    package static let kind = ResourceKind.runtimeManagement

    package let version: VersionKey
    /// `Auto`, `FunctionUpdate` or `Manual`.
    package var updateRuntimeOn: String
    /// Only with `Manual`.
    package var runtimeVersionARN: String?

    package init(version: VersionKey, updateRuntimeOn: String, runtimeVersionARN: String?) {
        self.version = version
        self.updateRuntimeOn = updateRuntimeOn
        self.runtimeVersionARN = runtimeVersionARN
    }

    package var address: ResourceAddress { self.version.function.address(part: self.version.version) }
}
