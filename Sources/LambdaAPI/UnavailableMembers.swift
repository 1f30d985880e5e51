import LambdaCore

/// Members of CreateFunction and the updates that this server does not have yet.
///
/// Taking one in silence would give the caller another function than it asked for. Its empty or neutral value asks for
/// nothing, and tools such as Terraform send those; they pass.
enum UnavailableMembers {
    static func check(_ input: JSONObject) throws(APIError) {
        for rule in self.rules {
            guard let value = input[rule.member], !self.isEmpty(value), !rule.isNeutral(value) else { continue }
            throw .notAvailable(rule.member)
        }
    }

    private struct Rule: Sendable {
        let member: String
        /// Whether this value, though not empty, asks for nothing.
        var isNeutral: @Sendable (JSONValue) -> Bool = { _ in false }
    }

    private static let rules = [
        Rule(member: "CapacityProviderConfig"),
        Rule(member: "CodeSigningConfigArn"),
        Rule(member: "DeadLetterConfig", isNeutral: Self.holdsOnlyEmptyMembers),
        Rule(member: "DurableConfig"),
        Rule(member: "FileSystemConfigs"),
        Rule(member: "ImageConfig", isNeutral: Self.holdsOnlyEmptyMembers),
        Rule(member: "KMSKeyArn"),
        Rule(member: "Layers"),
        Rule(member: "PackageType") { $0.stringValue == "Zip" },
        Rule(member: "Publish") { $0.boolValue == false },
        Rule(member: "PublishTo"),
        Rule(member: "SnapStart") { ($0.objectValue?["ApplyOn"]?.stringValue ?? "None") == "None" },
        Rule(member: "SourceKMSKeyArn"),
        Rule(member: "TenancyConfig"),
        Rule(member: "VpcConfig") { value in
            guard let object = value.objectValue else { return false }
            return ["SubnetIds", "SecurityGroupIds"].allSatisfy { object[$0].map { Self.isEmpty($0) } ?? true }
        },
    ]

    private static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        case .bool, .number: false
        }
    }

    @Sendable private static func holdsOnlyEmptyMembers(_ value: JSONValue) -> Bool {
        guard let object = value.objectValue else { return false }
        return object.allSatisfy { Self.isEmpty($0.value) }
    }
}

/// The code of a request: a zip inside it, for now.
enum CodeInput {
    /// - Parameter prefix: `Code.` where the members sit in a structure of their own.
    static func zip(_ input: JSONObject, prefix: String) throws(APIError) -> [UInt8] {
        for member in ["S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri", "SourceKMSKeyArn"] {
            guard let text = input[member]?.stringValue, !text.isEmpty else { continue }
            if member == "ImageUri", prefix.isEmpty {
                throw .invalid("Please don't provide ImageUri when updating a function with packageType Zip.")
            }
            throw .notAvailable(prefix + member)
        }
        guard let encoded = input["ZipFile"]?.stringValue, !encoded.isEmpty else {
            throw .invalid("Please provide the code as \(prefix)ZipFile; this server has no other source of code yet.")
        }
        guard let zip = Base64.decode(encoded) else {
            throw APIError(.serialization, "\(prefix)ZipFile is not base64.")
        }
        guard zip.count < Limits.zippedCodeBytes else { throw .zipTooLarge(Limits.zippedCodeBytes) }
        return zip
    }
}
