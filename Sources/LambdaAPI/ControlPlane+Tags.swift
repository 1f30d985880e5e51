import LambdaCore
import LambdaShapes

/// Operations on tags.
extension ControlPlane {
    static let tagOperations: [Operation: Handler] = [
        .ListTags: { (plane, call) throws(APIError) in Outcome(try await plane.listTags(call)) },
        .TagResource: { (plane, call) throws(APIError) in Outcome(try await plane.tagResource(call)) },
        .UntagResource: { (plane, call) throws(APIError) in Outcome(try await plane.untagResource(call)) },
    ]

    func listTags(_ call: Call) async throws(APIError) -> APIResponse {
        let resource = try self.taggedResource(call)
        let tags: [String: String]
        switch resource.subject {
        case .function(let name, _):
            // A function is in the catalog, and its tags with it: no need to ask the database.
            guard let entry = self.catalog.entry(call.key(of: name)), entry.latest != nil else {
                throw resource.notFound
            }
            tags = entry.properties?.tags ?? [:]
        case .eventSourceMapping, .codeSigningConfig, .capacityProvider:
            let scope = call.scope
            tags = try await self.read(call.requestID) { store in
                try ControlPlane.tagHolder(of: resource, in: scope, store).tags
            }
        }
        var answer = JSONObject()
        answer["Tags"] = .object(FunctionShape.map(tags))
        return .json(answer)
    }

    func tagResource(_ call: Call) async throws(APIError) -> APIResponse {
        let resource = try self.taggedResource(call)
        let added = try FunctionSettings.tags(call.input)
        try await self.changeTags(of: resource, call) { tags in
            guard !added.isEmpty else { throw APIError.noTags }
            tags.merge(added) { _, new in new }
            guard tags.count <= Limits.tagsPerResource else { throw APIError.tooManyTags }
        }
        return .noContent
    }

    func untagResource(_ call: Call) async throws(APIError) -> APIResponse {
        let resource = try self.taggedResource(call)
        let keys = (call.input["TagKeys"]?.arrayValue ?? []).compactMap { $0.stringValue }
        try await self.changeTags(of: resource, call) { tags in
            for key in keys { tags[key] = nil }
        }
        return .noContent
    }

    /// The resource that the call names, which is one of the caller's account and region.
    private func taggedResource(_ call: Call) throws(APIError) -> TaggedResource {
        let arn = call.input["Resource"]?.stringValue ?? ""
        guard let resource = TaggedResource(arn: arn) else {
            // A function's name that the pattern allows and that is longer than any can be.
            throw APIError(.resourceNotFound, "Function not found: \(arn)")
        }
        guard resource.region == call.scope.region.name else {
            throw .otherRegion(resource.region, here: call.scope.region)
        }
        guard resource.account == call.scope.account.digits else { throw .otherAccount }
        if case .function(_, isQualified: true) = resource.subject { throw .tagsOnQualified }
        return resource
    }

    private func changeTags(
        of resource: TaggedResource, _ call: Call, _ body: @escaping @Sendable (inout [String: String]) throws -> Void
    ) async throws(APIError) {
        let scope = call.scope
        try await self.change(call.requestID) { transaction in
            var holder = try ControlPlane.tagHolder(of: resource, in: scope, transaction)
            try body(&holder.tags)
            switch holder {
            case .function(let properties, var record):
                guard record.updateStatus != .inProgress else { throw APIError.updateInProgress(record.key) }
                // AWS gives a function a new revision with every change of its tags, also where nothing has changed.
                record.revisionID = try transaction.newRevisionID()
                try transaction.put(properties)
                try transaction.put(LatestVersion(record))
            case .eventSourceMapping(let mapping): try transaction.put(mapping)
            case .codeSigningConfig(let config): try transaction.put(config)
            }
        }
    }

    private static func tagHolder(
        of resource: TaggedResource, in scope: Scope, _ store: any StoreReading
    ) throws -> TagHolder {
        switch resource.subject {
        case .function(let name, _):
            let address = ResourceAddress(scope: scope, name: name.text)
            if let properties = try store.resource(FunctionProperties.self, at: address),
                let latest = try store.resource(LatestVersion.self, at: address)
            {
                return .function(properties, latest.record)
            }
        case .eventSourceMapping(let uuid):
            let address = ResourceAddress(scope: scope, name: uuid)
            if let mapping = try store.resource(EventSourceMappingRecord.self, at: address) {
                return .eventSourceMapping(mapping)
            }
        case .codeSigningConfig(let id):
            let address = ResourceAddress(scope: scope, name: id)
            if let config = try store.resource(CodeSigningConfigRecord.self, at: address) {
                return .codeSigningConfig(config)
            }
        case .capacityProvider: break
        }
        throw resource.notFound
    }
}

/// A stored resource with its tags.
private enum TagHolder {
    case function(FunctionProperties, FunctionRecord)
    case eventSourceMapping(EventSourceMappingRecord)
    case codeSigningConfig(CodeSigningConfigRecord)

    var tags: [String: String] {
        get {
            switch self {
            case .function(let properties, _): properties.tags
            case .eventSourceMapping(let mapping): mapping.tags
            case .codeSigningConfig(let config): config.tags
            }
        }
        set {
            switch self {
            case .function(var properties, let record):
                properties.tags = newValue
                self = .function(properties, record)
            case .eventSourceMapping(var mapping):
                mapping.tags = newValue
                self = .eventSourceMapping(mapping)
            case .codeSigningConfig(var config):
                config.tags = newValue
                self = .codeSigningConfig(config)
            }
        }
    }
}

extension ControlPlane.Call {
    func key(of name: FunctionName) -> FunctionKey {
        FunctionKey(account: self.scope.account, region: self.scope.region, name: name)
    }
}
