import LambdaCore

/// The settings of a code signing configuration that a call gives; what was not sent keeps what is stored.
struct CodeSigningSettings: Sendable {
    static let defaultPolicy = "Warn"
    /// Functions that are looked at in one go for those of a configuration.
    static let scannedAtOnce = 500
    /// Random characters of an id.
    private static let idCharacters = 17

    private let summary: String?
    private let publishers: [String]?
    private let policy: String?

    init(_ input: JSONObject) {
        self.summary = input["Description"]?.stringValue
        self.publishers = input["AllowedPublishers"]?.objectValue?["SigningProfileVersionArns"]?.arrayValue?
            .compactMap { $0.stringValue }
        self.policy = input["CodeSigningPolicies"]?.objectValue?["UntrustedArtifactOnDeployment"]?.stringValue
    }

    func apply(to config: inout CodeSigningConfigRecord) {
        config.summary = self.summary ?? config.summary
        config.publishers = self.publishers ?? config.publishers
        config.untrustedArtifact = self.policy ?? config.untrustedArtifact
    }

    static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let random = (0..<self.idCharacters).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] }
        return "csc-" + String(random)
    }

    /// Where the configuration of an ARN is kept; `nil` where the ARN is not one of `scope`.
    static func address(arn: String, in scope: Scope) -> ResourceAddress? {
        guard let resource = TaggedResource(arn: arn), resource.region == scope.region.name,
            resource.account == scope.account.digits, case .codeSigningConfig(let id) = resource.subject
        else { return nil }
        return ResourceAddress(scope: scope, name: id)
    }

    static func answer(_ config: CodeSigningConfigRecord) -> JSONObject {
        ["CodeSigningConfig": .object(self.shape(config))]
    }

    static func shape(_ config: CodeSigningConfigRecord) -> JSONObject {
        [
            "CodeSigningConfigId": .string(config.id),
            "CodeSigningConfigArn": .string(config.arn),
            "Description": .string(config.summary),
            "AllowedPublishers": .object([
                "SigningProfileVersionArns": .array(config.publishers.map { .string($0) })
            ]),
            "CodeSigningPolicies": .object(["UntrustedArtifactOnDeployment": .string(config.untrustedArtifact)]),
            "LastModified": .string(config.modified.lastModifiedText),
        ]
    }

    static func association(_ arn: String, _ key: FunctionKey) -> JSONObject {
        ["CodeSigningConfigArn": .string(arn), "FunctionName": .string(key.name.text)]
    }
}
