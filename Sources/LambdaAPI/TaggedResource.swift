import LambdaCore

/// What an ARN that may have tags names. The ARN has passed the model's pattern.
struct TaggedResource: Equatable {
    enum Subject: Equatable {
        case function(FunctionName, isQualified: Bool)
        case eventSourceMapping(uuid: String)
        case codeSigningConfig(id: String)
        /// There is none on this server.
        case capacityProvider
    }

    let arn: String
    let region: String
    let account: String
    let subject: Subject

    /// Returns `nil` for what no resource of this server can be called.
    init?(arn: String) {
        // arn : partition : lambda : region : account : type : name [ : qualifier ]
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 7 || parts.count == 8, parts[0] == "arn", parts[1] == "aws", parts[2] == "lambda" else {
            return nil
        }
        self.arn = arn
        self.region = parts[3]
        self.account = parts[4]
        switch parts[5] {
        case "function":
            guard let name = FunctionName(parts[6]) else { return nil }
            self.subject = .function(name, isQualified: parts.count == 8)
        case "event-source-mapping": self.subject = .eventSourceMapping(uuid: parts[6].lowercased())
        case "code-signing-config": self.subject = .codeSigningConfig(id: parts[6])
        case "capacity-provider": self.subject = .capacityProvider
        default: return nil
        }
    }

    /// That there is no such resource, in the words that its kind has.
    var notFound: APIError {
        switch self.subject {
        case .function: APIError(.resourceNotFound, "Function not found: \(self.arn)")
        case .eventSourceMapping: .eventSourceMappingNotFound(arn: self.arn)
        case .codeSigningConfig: .codeSigningConfigNotFound(arn: self.arn)
        case .capacityProvider: .capacityProviderNotFound(arn: self.arn)
        }
    }
}
