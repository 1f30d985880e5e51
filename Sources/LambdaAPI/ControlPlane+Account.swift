import LambdaCore
import LambdaShapes

/// Operations on the account.
extension ControlPlane {
    static let accountOperations: [Operation: Handler] = [
        .GetAccountSettings: { (plane, call) throws(APIError) in Outcome(try await plane.getAccountSettings(call)) },
        .InvokeAsync: { (plane, call) throws(APIError) in Outcome(try await plane.invokeAsync(call)) },
    ]

    func getAccountSettings(_ call: Call) async throws(APIError) -> APIResponse {
        let scope = call.scope
        let usage = try await self.read(call.requestID) { store in
            let properties = try store.resources(FunctionProperties.self, in: scope)
            let layers = try store.resources(LayerVersionRecord.self, in: scope)
            return AccountUsage(properties: properties, layers: layers)
        }
        let limit: JSONObject = [
            "TotalCodeSize": .number(String(Limits.codeStorageBytes)),
            "CodeSizeUnzipped": .number(String(Limits.unzippedCodeBytes)),
            "CodeSizeZipped": .number(String(Limits.zippedCodeBytes)),
            "ConcurrentExecutions": .number(String(self.configuration.accountConcurrency)),
            "UnreservedConcurrentExecutions": .number(
                String(self.configuration.accountConcurrency - usage.reservedConcurrency)),
        ]
        let used: JSONObject = [
            "TotalCodeSize": .number(String(usage.codeSize)), "FunctionCount": .number(String(usage.functions)),
        ]
        return .json(["AccountLimit": .object(limit), "AccountUsage": .object(used)])
    }
}

/// What an account uses in one region.
struct AccountUsage: Sendable, Equatable {
    /// Bytes of the zips of every function version and layer version.
    let codeSize: Int
    let functions: Int
    /// The sum of all reservations.
    let reservedConcurrency: Int

    init(properties: [FunctionProperties], layers: [LayerVersionRecord]) {
        self.codeSize =
            properties.reduce(0) { $0 + $1.codeStorage } + layers.reduce(0) { $0 + $1.code.size }
        self.functions = properties.count
        self.reservedConcurrency = properties.reduce(0) { $0 + ($1.reservedConcurrency ?? 0) }
    }
}
