import LambdaCore
import SigV4

extension LayerVersionRecord {
    /// Whether an account, or the user or role `arn` of it, may read the version and use it in a function: the owner,
    /// and whom the version's policy names.
    ///
    /// Of which organisation an account is a member is not known here, so a statement for an organisation lets nobody in.
    func mayBeRead(by account: AccountID, _ arn: String) -> Bool {
        if self.scope.account == account { return true }
        return ResourcePolicy(statements: self.policy).allows(
            PolicyRequest(
                action: "lambda:GetLayerVersion", principal: .account(account, arn: arn), resource: self.versionARN))
    }
}

extension ControlPlane.Call {
    /// - Throws: Where a layer is another account's. Only reading a version can be permitted to others.
    func requireOwner(of layer: Scope, _ action: String, on resource: String) throws(APIError) {
        guard layer.account == self.caller.account else {
            throw .notAuthorized(self.caller.arn, action, on: resource)
        }
    }
}
