import LambdaCore

/// What a caller asks to permit, as the statement that AWS makes of it.
enum PermissionStatement {
    /// The statement of AddPermission.
    ///
    /// The conditions are in the order in which AWS gives them back: that of a Java hash map, as recordings show for
    /// those that are known together.
    static func function(_ input: JSONObject, resource: String) throws(APIError) -> PolicyRecord.Statement {
        let action = input["Action"]?.stringValue ?? ""
        if input["FunctionUrlAuthType"] != nil, action != "lambda:InvokeFunctionUrl" {
            throw .onlyForAction("FunctionUrlAuthType", "lambda:InvokeFunctionUrl")
        }
        if input["InvokedViaFunctionUrl"] != nil, action != "lambda:InvokeFunction" {
            throw .onlyForAction("InvokedViaFunctionUrl", "lambda:InvokeFunction")
        }
        if input["EventSourceToken"] != nil, input["SourceArn"] != nil || input["SourceAccount"] != nil {
            throw .tokenWithSource
        }
        var equals = JSONObject()
        equals["lambda:EventSourceToken"] = input["EventSourceToken"]
        equals["AWS:SourceAccount"] = input["SourceAccount"]
        equals["lambda:FunctionUrlAuthType"] = input["FunctionUrlAuthType"]
        equals["aws:PrincipalOrgID"] = input["PrincipalOrgID"]
        var conditions = JSONObject()
        if !equals.isEmpty { conditions["StringEquals"] = .object(equals) }
        if let viaURL = input["InvokedViaFunctionUrl"]?.boolValue {
            conditions["Bool"] = .object(["lambda:InvokedViaFunctionUrl": .string(viaURL ? "true" : "false")])
        }
        if let source = input["SourceArn"] { conditions["ArnLike"] = .object(["AWS:SourceArn": source]) }
        return self.statement(
            input, principal: try self.principal(input["Principal"]?.stringValue ?? ""), resource: resource,
            conditions: conditions)
    }

    /// The statement of AddLayerVersionPermission.
    static func layer(_ input: JSONObject, resource: String) throws(APIError) -> PolicyRecord.Statement {
        var conditions = JSONObject()
        if let organisation = input["OrganizationId"]?.stringValue, !organisation.isEmpty {
            conditions["StringEquals"] = .object(["aws:PrincipalOrgID": .string(organisation)])
        }
        return self.statement(
            input, principal: try self.principal(input["Principal"]?.stringValue ?? ""), resource: resource,
            conditions: conditions)
    }

    private static func statement(
        _ input: JSONObject, principal: JSONValue, resource: String, conditions: JSONObject
    ) -> PolicyRecord.Statement {
        let id = input["StatementId"]?.stringValue ?? ""
        var statement = JSONObject()
        statement["Sid"] = .string(id)
        statement["Effect"] = .string("Allow")
        statement["Principal"] = principal
        statement["Action"] = input["Action"]
        statement["Resource"] = .string(resource)
        if !conditions.isEmpty { statement["Condition"] = .object(conditions) }
        return PolicyRecord.Statement(
            id: id, json: String(decoding: JSONValue.object(statement).serialized, as: UTF8.self))
    }
}

extension PermissionStatement {
    /// - Throws: That the principal is none. Whether an identity exists cannot be asked here.
    private static func principal(_ text: String) throws(APIError) -> JSONValue {
        if text == "*" { return .string(text) }
        if let account = AccountID(text) { return .object(["AWS": .string("arn:aws:iam::\(account):root")]) }
        if self.isIdentity(text) { return .object(["AWS": .string(text)]) }
        if self.isService(text) { return .object(["Service": .string(text)]) }
        throw .invalidPrincipal
    }

    /// The ARN of an account's root, a user, a role or a session.
    private static func isIdentity(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[3].isEmpty,
            AccountID(String(parts[4])) != nil
        else { return false }
        let kind = parts[5].prefix { $0 != "/" }
        let hasName = parts[5].utf8.count > kind.utf8.count + 1
        switch parts[2] {
        case "iam": return parts[5] == "root" || (hasName && (kind == "user" || kind == "role"))
        case "sts": return hasName && (kind == "assumed-role" || kind == "federated-user")
        default: return false
        }
    }

    /// Ends of the names of AWS's services, by partition; `amazon.com` is that of Alexa's.
    private static let serviceDomains = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".amazon.com"]

    private static func isService(_ text: String) -> Bool {
        self.serviceDomains.contains { text.hasSuffix($0) && text != $0 }
            && text.utf8.allSatisfy {
                ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D || $0 == 0x2E
            }
    }
}
