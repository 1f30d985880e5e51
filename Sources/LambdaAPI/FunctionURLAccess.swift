import LambdaCore
import SigV4

/// Who may call a function's URL.
///
/// Source: Lambda developer guide, "Control access to Lambda function URLs".
struct FunctionURLAccess {
    let url: FunctionURLRecord
    /// The resource policy of what the URL calls, where it has one.
    let policy: ResourcePolicy?
    /// Whether `lambda:InvokeFunction` is asked for beside `lambda:InvokeFunctionUrl`.
    let needsInvokePermission: Bool

    /// - Parameter caller: Who signed; `nil` for a request to a URL that asks for no signature.
    func allows(_ caller: Caller?) -> Bool {
        let principal = caller.map { PolicyRequest.Principal.account($0.account, arn: $0.arn) } ?? .anonymous
        let verdicts = self.requests(of: principal).map { self.policy?.verdict(on: $0) ?? .silence }
        if verdicts.contains(.deny) { return false }
        // There are no identity policies here: who has a key of the account may do what its owner may.
        if let caller, caller.account == self.url.function.account { return true }
        return verdicts.allSatisfy { $0 == .allow }
    }

    private func requests(of principal: PolicyRequest.Principal) -> [PolicyRequest] {
        let conditions = [
            "lambda:FunctionUrlAuthType": self.url.authType.rawValue, "lambda:InvokedViaFunctionUrl": "true",
        ]
        let actions = ["lambda:InvokeFunctionUrl"] + (self.needsInvokePermission ? ["lambda:InvokeFunction"] : [])
        return actions.map {
            PolicyRequest(action: $0, principal: principal, resource: self.url.arn, conditions: conditions)
        }
    }
}
