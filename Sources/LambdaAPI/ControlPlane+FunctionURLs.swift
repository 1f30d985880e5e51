import LambdaCore
import LambdaShapes
import Logging
import NIOHTTP1

/// Operations on function URLs.
extension ControlPlane {
    static let urlOperations: [Operation: Handler] = [
        .CreateFunctionUrlConfig: { (plane, call) throws(APIError) in Outcome(try await plane.createFunctionURL(call))
        },
        .GetFunctionUrlConfig: { (plane, call) throws(APIError) in Outcome(try plane.getFunctionURL(call)) },
        .UpdateFunctionUrlConfig: { (plane, call) throws(APIError) in Outcome(try await plane.updateFunctionURL(call))
        },
        .DeleteFunctionUrlConfig: { (plane, call) throws(APIError) in Outcome(try await plane.deleteFunctionURL(call))
        },
        .ListFunctionUrlConfigs: { (plane, call) throws(APIError) in Outcome(try plane.listFunctionURLs(call)) },
    ]

    private func createFunctionURL(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.urlSubject(of: call)
        let settings = FunctionURLSettings(call.input)
        let now = self.time.wallTime
        let customID = self.customURLID(of: key, qualifier: qualifier)
        let made = try await self.change(call.requestID) { transaction in
            guard let latest = try transaction.resource(LatestVersion.self, at: key.address) else {
                throw APIError.noFunctionForURL
            }
            guard latest.record.tenantIsolation == nil else { throw APIError.tenantsWith("function URLs") }
            let address = key.address(part: qualifier)
            if !qualifier.isEmpty, try transaction.resource(AliasRecord.self, at: address) == nil {
                throw APIError.noFunctionForURL
            }
            if let old = try transaction.resource(FunctionURLRecord.self, at: address) {
                throw APIError.functionURLExists(old.arn)
            }
            // Ids made here are never given twice; those that callers choose may be.
            if let customID, try transaction.everything(FunctionURLRecord.self).contains(where: { $0.id == customID }) {
                throw APIError.functionURLIDTaken(customID)
            }
            let url = FunctionURLRecord(
                function: key, qualifier: qualifier, id: customID ?? FunctionURLID.random(),
                authType: settings.authType ?? .none, invokeMode: settings.invokeMode, cors: settings.cors ?? nil,
                created: now)
            try transaction.put(url)
            return url
        }
        let shape = FunctionURLShape(made, host: self.host(of: call), domain: self.configuration.functionURLDomain)
        return .json(shape.created, status: Operation.CreateFunctionUrlConfig.successStatus)
    }

    private func getFunctionURL(_ call: Call) throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.urlSubject(of: call)
        guard let entry = self.catalog.entry(key), entry.latest != nil, let url = entry.urls[qualifier] else {
            throw .noSuchResource
        }
        return .json(
            FunctionURLShape(url, host: self.host(of: call), domain: self.configuration.functionURLDomain).read)
    }

    private func updateFunctionURL(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.urlSubject(of: call)
        let settings = FunctionURLSettings(call.input)
        let now = self.time.wallTime
        let changed = try await self.change(call.requestID) { transaction in
            let address = key.address(part: qualifier)
            guard var url = try transaction.resource(FunctionURLRecord.self, at: address) else {
                throw APIError.noSuchResource
            }
            url.authType = settings.authType ?? url.authType
            url.invokeMode = settings.invokeMode ?? url.invokeMode
            if let cors = settings.cors { url.cors = cors }
            url.modified = now
            try transaction.put(url)
            return url
        }
        return .json(
            FunctionURLShape(changed, host: self.host(of: call), domain: self.configuration.functionURLDomain).updated)
    }

    private func deleteFunctionURL(_ call: Call) async throws(APIError) -> APIResponse {
        let (key, qualifier) = try self.urlSubject(of: call)
        try await self.change(call.requestID) { transaction in
            guard try transaction.remove(FunctionURLRecord.self, at: key.address(part: qualifier)) else {
                throw APIError.noSuchResource
            }
        }
        return .noContent
    }

    private func listFunctionURLs(_ call: Call) throws(APIError) -> APIResponse {
        let (key, _) = try self.subject(of: call)
        guard let entry = self.catalog.entry(key), entry.latest != nil else { throw .noFunctionForURL }
        let paging = try Paging(call.input)
        let after = paging.after ?? ""
        let left = entry.urls.values.filter { after.utf8.lexicographicallyPrecedes($0.arn.utf8) }
            .sorted { $0.arn.utf8.lexicographicallyPrecedes($1.arn.utf8) }
        let host = self.host(of: call)
        let answer = paging.answer(left, as: "FunctionUrlConfigs", key: { $0.arn }) {
            FunctionURLShape($0, host: host, domain: self.configuration.functionURLDomain).read
        }
        return .json(answer)
    }

    /// The function that the call names, and the alias, or nothing.
    private func urlSubject(of call: Call) throws(APIError) -> (key: FunctionKey, qualifier: String) {
        let (key, qualifier) = try self.subject(of: call)
        guard let qualifier else { return (key, "") }
        // The model judges the parameter; the one in the name has the same rule.
        guard FunctionURLID.isQualifier(qualifier) else {
            throw .constraint(
                value: qualifier, at: "qualifier",
                "Member must satisfy regular expression pattern: \(FunctionURLID.qualifierPattern)")
        }
        return (key, qualifier)
    }

    private func host(of call: Call) -> String { call.request.headers.first(name: "Host") ?? "localhost" }

    /// The id that the function's tag asks for. One that cannot be part of a host name is passed over, as LocalStack does.
    private func customURLID(of key: FunctionKey, qualifier: String) -> String? {
        guard let asked = self.catalog.entry(key)?.properties?.tags[FunctionURLID.tag] else { return nil }
        let id = FunctionURLID.custom(asked, qualifier: qualifier)
        if id == nil {
            self.log.notice(
                "the tag \(FunctionURLID.tag) is no host name, ignoring it", metadata: ["function": "\(key.arn)"])
        }
        return id
    }
}
