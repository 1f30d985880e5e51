import LambdaCore

/// One statement of a resource policy.
///
/// Source of the rules: IAM user guide, "IAM JSON policy elements reference".
struct PolicyStatement: Sendable {
    enum Effect: Sendable { case allow, deny }

    /// Whom a statement speaks of.
    enum Principal: Sendable, Equatable {
        case everybody
        case account(String)
        /// A user, a role, or one session of a role.
        case identity(String)
        case service(String)
    }

    let effect: Effect
    private let principals: [Principal]
    private let actions: [WildcardPattern]
    private let resources: [WildcardPattern]
    private let conditions: [PolicyCondition]
    /// Whether the statement has a part that is not understood; see ``ResourcePolicy``.
    private let hasUnknownPart: Bool

    private static let known: Set<String> = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]

    init(json: String) {
        let object = (try? JSONValue.parse(json.utf8))?.objectValue ?? JSONObject()
        let effect: Effect? =
            switch object["Effect"]?.stringValue {
            case "Allow": .allow
            case "Deny": .deny
            default: nil
            }
        let principals = object["Principal"].flatMap { Self.principals($0) }
        let actions = object["Action"].flatMap { Self.texts($0) }
        let resources = object["Resource"].flatMap { Self.texts($0) }
        let conditions = object["Condition"].map { PolicyCondition.read($0) } ?? []
        // What is neither Allow nor Deny gives nothing, and was not written to forbid everything.
        self.effect = effect ?? .allow
        self.principals = principals ?? []
        self.actions = (actions ?? []).map { WildcardPattern($0, ignoringCase: true) }
        self.resources = (resources ?? []).map { WildcardPattern($0) }
        self.conditions = conditions ?? []
        self.hasUnknownPart =
            effect == nil || principals == nil || actions == nil || resources == nil || conditions == nil
            || object.contains { !Self.known.contains($0.key) }
    }

    func applies(to request: PolicyRequest) -> Bool {
        if self.hasUnknownPart { return self.effect == .deny }
        return self.actions.contains { $0.matches(request.action) }
            && self.principals.contains { Self.covers($0, request.principal) }
            && self.resources.contains { $0.matches(request.resource) }
            && self.conditions.allSatisfy { $0.isMet(by: request, failing: self.effect == .deny) }
    }

    private static func covers(_ principal: Principal, _ asking: PolicyRequest.Principal) -> Bool {
        switch (principal, asking) {
        case (.everybody, _): true
        case (.account(let digits), .account(let account, _)): digits == account.digits
        case (.identity(let arn), .account(_, let asking?)): arn == asking || self.role(of: asking) == self.plain(arn)
        case (.service(let name), .service(let asking)): name == asking || name == "*"
        case (.account, _), (.identity, _), (.service, _): false
        }
    }

    /// The role of a session's ARN, without its path, which the session's ARN does not have.
    private static func role(of session: String) -> String? {
        let parts = session.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[2] == "sts" else { return nil }
        let names = parts[5].split(separator: "/")
        guard names.count == 3, names[0] == "assumed-role" else { return nil }
        return "arn:\(parts[1]):iam::\(parts[4]):role/\(names[1])"
    }

    /// A role's ARN without its path.
    private static func plain(_ arn: String) -> String {
        let parts = arn.split(separator: "/")
        guard parts.count > 2, let first = parts.first, first.hasSuffix(":role"), let last = parts.last else {
            return arn
        }
        return "\(first)/\(last)"
    }
}

extension PolicyStatement {
    /// `"*"`, or an object of lists by kind of principal; `nil` where a kind is not known.
    private static func principals(_ value: JSONValue) -> [Principal]? {
        if value.stringValue == "*" { return [.everybody] }
        guard let kinds = value.objectValue else { return nil }
        var principals: [Principal] = []
        for kind in kinds {
            guard let texts = self.texts(kind.value) else { return nil }
            switch kind.key {
            case "AWS": principals += texts.map { self.principal($0) }
            case "Service": principals += texts.map { .service($0) }
            default: return nil
            }
        }
        return principals
    }

    /// An `AWS` principal: everybody, an account in one of its two forms, or one identity.
    private static func principal(_ text: String) -> Principal {
        if text == "*" { return .everybody }
        if AccountID(text) != nil { return .account(text) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 6, parts[2] == "iam", parts[5] == "root" { return .account(String(parts[4])) }
        return .identity(text)
    }

    /// One text, or a list of them.
    private static func texts(_ value: JSONValue) -> [String]? {
        if let text = value.stringValue { return [text] }
        guard let elements = value.arrayValue else { return nil }
        let texts = elements.compactMap { $0.stringValue }
        return texts.count == elements.count ? texts : nil
    }
}
