import LambdaCore
import LambdaShapes
import NIOHTTP1
import SigV4

/// Operations on layers.
extension ControlPlane {
    static let layerOperations: [Operation: Handler] = [
        .PublishLayerVersion: { (plane, call) throws(APIError) in Outcome(try await plane.publishLayerVersion(call)) },
        .GetLayerVersion: { (plane, call) throws(APIError) in Outcome(try await plane.getLayerVersion(call)) },
        .GetLayerVersionByArn: { (plane, call) throws(APIError) in Outcome(try await plane.getLayerVersionByARN(call))
        },
        .DeleteLayerVersion: { (plane, call) throws(APIError) in Outcome(try await plane.deleteLayerVersion(call)) },
        .ListLayers: { (plane, call) throws(APIError) in Outcome(try await plane.listLayers(call)) },
        .ListLayerVersions: { (plane, call) throws(APIError) in Outcome(try await plane.listLayerVersions(call)) },
        .AddLayerVersionPermission: { (plane, call) throws(APIError) in
            Outcome(try await plane.addLayerVersionPermission(call))
        },
        .GetLayerVersionPolicy: { (plane, call) throws(APIError) in
            Outcome(try await plane.getLayerVersionPolicy(call))
        },
        .RemoveLayerVersionPermission: { (plane, call) throws(APIError) in
            Outcome(try await plane.removeLayerVersionPermission(call))
        },
    ]

    func publishLayerVersion(_ call: Call) async throws(APIError) -> APIResponse {
        let layer = try self.layer(of: call)
        try call.requireOwner(of: layer.scope, "PublishLayerVersion", on: layer.arn)
        let source = try CodeInput.source(
            call.input["Content"]?.objectValue ?? JSONObject(), prefix: "Content.",
            self.configuration)
        let placed = try await self.place(source, call)
        let (input, now) = (call.input, self.time.wallTime)
        let published = try await self.change(call.requestID) { transaction in
            try self.requireCodeStorage(for: placed.code.size, in: layer.scope)
            // Even where all versions were deleted, their numbers are not given again.
            let record = LayerVersionRecord(
                scope: layer.scope, layer: layer.name,
                number: try transaction.next(.layerVersion(layer.scope, layer: layer.name)),
                code: placed.code,
                summary: input["Description"]?.stringValue ?? "",
                licenseInfo: input["LicenseInfo"]?.stringValue ?? "",
                compatibleRuntimes: input["CompatibleRuntimes"]?.arrayValue?.compactMap { $0.stringValue },
                compatibleArchitectures: input["CompatibleArchitectures"]?.arrayValue?.compactMap { $0.stringValue },
                created: now, hotReloadPath: placed.hotReloadPath)
            try transaction.put(record)
            return record
        }
        return .json(
            LayerShape.version(published, location: self.location(of: published, call)),
            status: Operation.PublishLayerVersion.successStatus)
    }

    func getLayerVersion(_ call: Call) async throws(APIError) -> APIResponse {
        try await self.show(try self.layerVersion(of: call), call)
    }

    func getLayerVersionByARN(_ call: Call) async throws(APIError) -> APIResponse {
        try await self.show(
            try LayerVersionReference(parsing: call.input["Arn"]?.stringValue ?? "", caller: call.scope), call)
    }

    /// Functions that use the version keep it: they have a reference to its code of their own.
    func deleteLayerVersion(_ call: Call) async throws(APIError) -> APIResponse {
        let version = try self.layerVersion(of: call)
        try call.requireOwner(of: version.scope, "DeleteLayerVersion", on: version.arn)
        // One that is not there is deleted as often as one likes, as on AWS.
        try await self.change(call.requestID) { transaction in
            _ = try transaction.remove(LayerVersionRecord.self, at: version.address)
        }
        return .noContent
    }

    private func show(_ version: LayerVersionReference, _ call: Call) async throws(APIError) -> APIResponse {
        let record = try await self.read(call.requestID) { store in
            try store.resource(LayerVersionRecord.self, at: version.address)
        }
        if version.scope == call.scope {
            guard let record else { throw .noSuchResource }
            return .json(LayerShape.version(record, location: self.location(of: record, call)))
        }
        // Whether it exists is none of a stranger's business.
        guard let record, record.mayBeRead(by: call.caller.account, call.caller.arn) else {
            throw .notAuthorized(call.caller.arn, "GetLayerVersion", on: version.arn)
        }
        return .json(LayerShape.version(record, location: self.location(of: record, call)))
    }

    func layer(of call: Call) throws(APIError) -> LayerReference {
        try LayerReference(parsing: call.input["LayerName"]?.stringValue ?? "", caller: call.scope)
    }

    func layerVersion(of call: Call) throws(APIError) -> LayerVersionReference {
        try LayerVersionReference(try self.layer(of: call), number: call.input["VersionNumber"]?.intValue ?? 0)
    }

    private func location(of record: LayerVersionRecord, _ call: Call) -> String {
        self.location(of: record.code, hotReloadPath: record.hotReloadPath, call)
    }
}

extension ControlPlane {
    func listLayers(_ call: Call) async throws(APIError) -> APIResponse {
        let page = try Paging(call.input)
        let (filter, scope) = (LayerFilter(call.input), call.scope)
        let found = try await self.read(call.requestID) { store in
            try store.latestVersions(in: scope, after: page.after, matching: filter, limit: page.limit + 1)
        }
        return .json(page.answer(found, as: "Layers", key: \.layer, shape: LayerShape.layer(latest:)))
    }

    func listLayerVersions(_ call: Call) async throws(APIError) -> APIResponse {
        let layer = try self.layer(of: call)
        try call.requireOwner(of: layer.scope, "ListLayerVersions", on: layer.arn)
        let page = try Paging(call.input)
        let filter = LayerFilter(call.input)
        let before = try page.after.map { (after) throws(APIError) in
            guard let number = Int(after) else { throw .badMarker }
            return number
        }
        let found = try await self.read(call.requestID) { store in
            try store.versions(of: layer, before: before, matching: filter, limit: page.limit + 1)
        }
        return .json(
            page.answer(
                found, as: "LayerVersions", key: { String($0.number) }, shape: { LayerShape.listed($0) }))
    }
}
