import LambdaCore

/// The variables that a function may set.
enum EnvironmentRule {
    static func check(_ variables: JSONObject, limit: Int) throws(APIError) -> [String: String] {
        var environment: [String: String] = [:]
        for member in variables { environment[member.key] = member.value.stringValue ?? "" }
        let taken = variables.map { $0.key }.filter { ReservedVariables.names.contains($0) }
        guard taken.isEmpty else { throw .reservedKeys(taken) }
        let compact = JSONValue.object(variables).serialized
        guard compact.count <= limit else {
            throw .environmentTooLarge(String(decoding: compact, as: UTF8.self), limit: limit)
        }
        return environment
    }
}
