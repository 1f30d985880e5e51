import LambdaCore
import LambdaShapes
import NIOHTTP1
import SigV4

extension ControlPlane {
    func getFunction(_ call: Call) throws(APIError) -> APIResponse {
        let (record, qualifier, entry) = try self.version(of: call)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("Configuration")
        FunctionShape.write(record, qualifier: qualifier, isListed: false, to: &writer)
        writer.object("Code") { self.writeLocation(of: record, call, to: &$0) }
        if let tags = entry.properties?.tags, !tags.isEmpty { writer.member("Tags", tags) }
        if let reserved = entry.properties?.reservedConcurrency {
            writer.object("Concurrency") { $0.member("ReservedConcurrentExecutions", reserved) }
        }
        writer.endObject()
        return .json(bytes: writer.bytes)
    }

    private func writeLocation(of record: FunctionRecord, _ call: Call, to writer: inout JSONWriter) {
        if let uri = record.imageURI {
            writer.member("RepositoryType", "ECR")
            writer.member("ImageUri", uri)
            if ImageReference(uri).digest != nil { writer.member("ResolvedImageUri", uri) }
            return
        }
        writer.member("RepositoryType", "S3")
        writer.member("Location", self.location(of: record.code, hotReloadPath: record.hotReloadPath, call))
    }

    func getFunctionConfiguration(_ call: Call) throws(APIError) -> APIResponse {
        let (record, qualifier, _) = try self.version(of: call)
        return .json(bytes: FunctionShape.configuration(of: record, qualifier: qualifier))
    }

    func listFunctions(_ call: Call) throws(APIError) -> APIResponse {
        let paging = try Paging(call.input)
        // A master region asks for functions that CloudFront has copied here from there, and it never does.
        guard call.input["MasterRegion"] == nil else { return Self.page([], of: paging, isQualified: true) }
        // One more than the page holds tells whether there is another page.
        let limit = paging.limit + 1
        guard call.input["FunctionVersion"]?.stringValue == "ALL" else {
            let after = try paging.after.map { (text) throws(APIError) in try Self.functionName(text) }
            let found = self.catalog.page(of: call.scope, after: after, limit: limit).compactMap { $0.latest }
            return Self.page(found, of: paging, isQualified: false)
        }
        let after = try paging.after.map { (text) throws(APIError) in try Self.versionKey(text) }
        return Self.page(
            self.catalog.versions(of: call.scope, after: after, limit: limit), of: paging, isQualified: true)
    }

    private static func functionName(_ key: String) throws(APIError) -> FunctionName {
        guard let name = FunctionName(key) else { throw .badMarker }
        return name
    }

    /// Reads what ``page(_:of:isQualified:)`` wrote.
    private static func versionKey(_ key: String) throws(APIError) -> (name: FunctionName, number: Int) {
        let parts = key.split(separator: ":")
        guard parts.count == 2, let name = FunctionName(String(parts[0])), let number = Int(parts[1]) else {
            throw .badMarker
        }
        return (name, number)
    }

    private static func page(_ found: [FunctionRecord], of paging: Paging, isQualified: Bool) -> APIResponse {
        var writer = JSONWriter(capacity: 65_536)
        writer.beginObject()
        let page = found.prefix(paging.limit)
        if found.count > paging.limit, let last = page.last {
            let name = last.key.name.text
            writer.member("NextMarker", Paging.marker(after: isQualified ? "\(name):\(last.versionNumber)" : name))
        }
        writer.key("Functions")
        writer.beginArray()
        for record in page {
            FunctionShape.write(record, qualifier: isQualified ? record.version : nil, isListed: true, to: &writer)
        }
        writer.endArray()
        writer.endObject()
        return .json(bytes: writer.bytes)
    }
}
