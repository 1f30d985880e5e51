import LambdaCore
import LambdaShapes

/// Operations on the account.
extension ControlPlane {
    static let accountOperations: [Operation: Handler] = [
        .GetAccountSettings: { (plane, call) throws(APIError) in Outcome(try plane.getAccountSettings(call)) },
        .InvokeAsync: { (plane, call) throws(APIError) in Outcome(try await plane.invokeAsync(call)) },
    ]

    func getAccountSettings(_ call: Call) throws(APIError) -> APIResponse {
        let functions = self.catalog.page(of: call.scope, after: nil, limit: .max)
        let reserved = functions.reduce(0) { $0 + ($1.properties?.reservedConcurrency ?? 0) }
        let limit: JSONObject = [
            "TotalCodeSize": .number(String(self.configuration.codeStorageBytes)),
            "CodeSizeUnzipped": .number(String(self.configuration.codeSizes.unzipped)),
            "CodeSizeZipped": .number(String(self.configuration.codeSizes.zipped)),
            "ConcurrentExecutions": .number(String(self.configuration.accountConcurrency)),
            "UnreservedConcurrentExecutions": .number(String(self.configuration.accountConcurrency - reserved)),
        ]
        let usage: JSONObject = [
            "TotalCodeSize": .number(String(self.catalog.codeStorage(of: call.scope))),
            "FunctionCount": .number(String(functions.count)),
        ]
        return .json(["AccountLimit": .object(limit), "AccountUsage": .object(usage)])
    }
}
