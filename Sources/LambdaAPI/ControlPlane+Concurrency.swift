import LambdaCore
import LambdaShapes

/// Operations on reserved concurrency.
extension ControlPlane {
    static let concurrencyOperations: [Operation: Handler] = [
        .DeleteFunctionConcurrency: { (plane, call) throws(APIError) in
            Outcome(try await plane.deleteFunctionConcurrency(call))
        },
        .GetFunctionConcurrency: { (plane, call) throws(APIError) in Outcome(try plane.getFunctionConcurrency(call)) },
        .PutFunctionConcurrency: { (plane, call) throws(APIError) in
            Outcome(try await plane.putFunctionConcurrency(call))
        },
    ]

    func putFunctionConcurrency(_ call: Call) async throws(APIError) -> APIResponse {
        let key = try self.wholeFunction(of: call)
        guard let share = call.input["ReservedConcurrentExecutions"]?.intValue else { throw .internalError }
        try await self.change(call.requestID) { transaction in
            var properties = try transaction.properties(of: key, notFound: .functionNotFound(key, qualifier: "$LATEST"))
            try self.concurrencyAccount(of: key.scope, in: transaction).checkReservation(share, for: key)
            properties.reservedConcurrency = share
            try transaction.put(properties)
        }
        return .json(ControlPlane.shape(ofReserved: share))
    }

    func getFunctionConcurrency(_ call: Call) throws(APIError) -> APIResponse {
        let key = try self.wholeFunction(of: call)
        guard let entry = self.catalog.entry(key), entry.latest != nil else { throw .functionNotFound(key) }
        return .json(ControlPlane.shape(ofReserved: entry.properties?.reservedConcurrency))
    }

    func deleteFunctionConcurrency(_ call: Call) async throws(APIError) -> APIResponse {
        let key = try self.wholeFunction(of: call)
        try await self.change(call.requestID) { transaction in
            var properties = try transaction.properties(of: key, notFound: .functionNotFound(key, qualifier: "$LATEST"))
            guard properties.reservedConcurrency != nil else { return }
            properties.reservedConcurrency = nil
            try transaction.put(properties)
        }
        return .noContent
    }

    /// Empty where nothing is reserved; 0 is a reservation.
    private static func shape(ofReserved share: Int?) -> JSONObject {
        var shape = JSONObject()
        if let share { shape["ReservedConcurrentExecutions"] = .number(String(share)) }
        return shape
    }

    /// The function that the call names, where the operation knows no versions and aliases.
    func wholeFunction(of call: Call) throws(APIError) -> FunctionKey {
        let (key, qualifier) = try self.subject(of: call)
        guard qualifier == nil else { throw .functionsOnly }
        return key
    }
}

extension StoreReading {
    /// What belongs to a function as a whole.
    ///
    /// - Throws: `notFound` where there is no such function.
    func properties(of key: FunctionKey, notFound: APIError) throws -> FunctionProperties {
        guard let latest = try self.resource(LatestVersion.self, at: key.address) else { throw notFound }
        return try self.resource(FunctionProperties.self, at: key.address)
            ?? FunctionProperties(key: key, userSlot: latest.record.userSlot)
    }
}
