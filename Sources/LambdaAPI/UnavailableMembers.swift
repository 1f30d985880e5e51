import LambdaCore

/// Members of CreateFunction and the updates that this server does not have yet.
///
/// Taking one in silence would give the caller another function than it asked for. Its empty value asks for nothing, and
/// tools such as Terraform send those; they pass.
enum UnavailableMembers {
    static func check(_ input: JSONObject) throws(APIError) {
        for member in self.names {
            guard let value = input[member], !self.isEmpty(value) else { continue }
            throw .notAvailable(member)
        }
    }

    private static let names = ["CapacityProviderConfig", "DurableConfig", "PublishTo", "SourceKMSKeyArn"]

    private static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        case .bool, .number: false
        }
    }
}
