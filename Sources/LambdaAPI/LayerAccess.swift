import LambdaCore
import SigV4

extension LayerVersionRecord {
    /// Whether `caller` may read the version and use it in a function: the owner, and whom the version's policy names.
    ///
    /// Of which organisation an account is a member is not known here, so a statement for an organisation lets nobody in.
    func mayBeRead(by caller: Caller) -> Bool {
        if self.scope.account == caller.account { return true }
        return ResourcePolicy(statements: self.policy).allows(
            PolicyRequest(
                action: "lambda:GetLayerVersion", principal: .account(caller.account, arn: caller.arn),
                resource: self.versionARN))
    }
}

extension LayerReference {
    init(scope: Scope, name: String) {
        self.scope = scope
        self.name = name
    }

    /// - Throws: Where the layer is another account's. Only reading a version can be permitted to others.
    func requireOwner(_ call: ControlPlane.Call, _ action: String, on resource: String) throws(APIError) {
        guard self.scope.account == call.caller.account else {
            throw .notAuthorized(call.caller.arn, action, on: resource)
        }
    }
}
