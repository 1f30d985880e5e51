import LambdaCore

/// What somebody wants to do to a function or a layer version, as a resource policy judges it.
struct PolicyRequest: Sendable, Equatable {
    enum Principal: Sendable, Equatable {
        /// A caller that signs nothing.
        case anonymous
        /// - Parameter arn: Of the user or role, where it is known; of a session, `arn:aws:sts::…:assumed-role/…`.
        case account(AccountID, arn: String?)
        /// An AWS service by its name, such as `s3.amazonaws.com`.
        case service(String)
    }

    /// Such as `lambda:InvokeFunction`.
    let action: String
    let principal: Principal
    /// The ARN as it is addressed: with the version or alias where one is named.
    let resource: String
    /// What is known about the request, by condition key. The case of a key does not count.
    private let conditions: [String: String]

    init(action: String, principal: Principal, resource: String, conditions: [String: String] = [:]) {
        self.action = action
        self.principal = principal
        self.resource = resource
        var lowered: [String: String] = [:]
        for (key, value) in conditions { lowered[key.lowercased()] = value }
        self.conditions = lowered
    }

    /// - Parameter key: In lower case.
    func condition(_ key: String) -> String? { self.conditions[key] }
}

/// A resource policy, read once and asked often.
///
/// The order of statements has no meaning. What cannot be understood never gives access: an Allow that has such a part
/// applies to nothing, a Deny applies without regard to it.
struct ResourcePolicy: Sendable {
    enum Verdict: Sendable, Equatable {
        case allow
        /// A statement forbids it; no other statement and no other policy can allow it.
        case deny
        /// No statement speaks of it.
        case silence
    }

    /// The members of a policy document that lambdad writes and reads.
    static let version = "2012-10-17"

    private let statements: [PolicyStatement]

    init(_ record: PolicyRecord) { self.init(statements: record.statements) }

    init(statements: [PolicyRecord.Statement]) {
        self.statements = statements.map { PolicyStatement(json: $0.json) }
    }

    func verdict(on request: PolicyRequest) -> Verdict {
        var verdict = Verdict.silence
        for statement in self.statements where statement.applies(to: request) {
            switch statement.effect {
            case .deny: return .deny
            case .allow: verdict = .allow
            }
        }
        return verdict
    }

    func allows(_ request: PolicyRequest) -> Bool { self.verdict(on: request) == .allow }
}
