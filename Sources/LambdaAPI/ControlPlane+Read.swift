import LambdaCore
import LambdaShapes
import NIOHTTP1
import SigV4

extension ControlPlane {
    /// Functions on one page of a list, whatever larger number was asked for.
    private static let pageSize = 50

    func getFunction(_ call: Call) throws(APIError) -> APIResponse {
        let (record, qualifier) = try self.latest(for: call)
        var location = JSONObject()
        location["RepositoryType"] = .string("S3")
        let host = call.request.headers.first(name: "Host") ?? "localhost"
        location["Location"] = .string(self.links.location(of: record.code, host: host))
        var answer = JSONObject()
        answer["Configuration"] = .object(FunctionShape.configuration(of: record, qualifier: qualifier))
        answer["Code"] = .object(location)
        let tags = self.catalog.entry(record.key)?.properties?.tags ?? [:]
        if !tags.isEmpty { answer["Tags"] = .object(FunctionShape.map(tags)) }
        return .json(answer)
    }

    func getFunctionConfiguration(_ call: Call) throws(APIError) -> APIResponse {
        let (record, qualifier) = try self.latest(for: call)
        return .json(FunctionShape.configuration(of: record, qualifier: qualifier))
    }

    func listFunctions(_ call: Call) throws(APIError) -> APIResponse {
        var after: FunctionName?
        if let marker = call.input["Marker"]?.stringValue, !marker.isEmpty {
            guard let bytes = Base64.decode(marker), let name = FunctionName(String(decoding: bytes, as: UTF8.self))
            else {
                throw .invalid("The Marker is not one that ListFunctions gave.")
            }
            after = name
        }
        let limit = min(call.input["MaxItems"]?.intValue ?? ControlPlane.pageSize, ControlPlane.pageSize)
        // One more than the page holds tells whether there is another page.
        let scope = Scope(account: call.caller.account, region: call.caller.region)
        let found = self.catalog.page(of: scope, after: after, limit: limit + 1).compactMap { $0.latest }
        let page = found.prefix(limit)
        // Only $LATEST exists yet, so ALL names the same functions, each as a version.
        let qualifier = call.input["FunctionVersion"]?.stringValue == "ALL" ? FunctionReference.latest : nil
        var answer = JSONObject()
        if found.count > limit, let last = page.last {
            answer["NextMarker"] = .string(Base64.encode(Array(last.key.name.text.utf8)))
        }
        answer["Functions"] = .array(page.map { .object(FunctionShape.listed($0, qualifier: qualifier)) })
        return .json(answer)
    }
}
