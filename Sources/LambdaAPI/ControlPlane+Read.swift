import LambdaCore
import LambdaShapes
import NIOHTTP1
import SigV4

extension ControlPlane {
    /// Functions on one page of a list, whatever larger number was asked for.
    private static let pageSize = 50

    func getFunction(_ call: Call) async throws(APIError) -> APIResponse {
        let (record, qualifier) = try await self.settledRecord(for: call)
        var location = JSONObject()
        location["RepositoryType"] = .string("S3")
        let host = call.request.headers.first(name: "Host") ?? "localhost"
        location["Location"] = .string(self.links.location(of: record.code, host: host))
        var answer = JSONObject()
        answer["Configuration"] = .object(FunctionShape.configuration(of: record, qualifier: qualifier))
        answer["Code"] = .object(location)
        if !record.tags.isEmpty { answer["Tags"] = .object(FunctionShape.map(record.tags)) }
        return .json(answer)
    }

    func getFunctionConfiguration(_ call: Call) async throws(APIError) -> APIResponse {
        let (record, qualifier) = try await self.settledRecord(for: call)
        return .json(FunctionShape.configuration(of: record, qualifier: qualifier))
    }

    /// Read between two writes: whoever is told Active or Successful must find that an invocation sees the same, and a
    /// transition writes the store first and the catalog that invocations read second.
    private func settledRecord(
        for call: Call
    ) async throws(APIError) -> (record: FunctionRecord, qualifier: String?) {
        try await self.gate.pass { () async throws(APIError) -> (record: FunctionRecord, qualifier: String?) in
            try await self.record(for: call)
        }
    }

    func listFunctions(_ call: Call) async throws(APIError) -> APIResponse {
        var after: FunctionName?
        if let marker = call.input["Marker"]?.stringValue, !marker.isEmpty {
            guard let bytes = Base64.decode(marker), let name = FunctionName(String(decoding: bytes, as: UTF8.self))
            else {
                throw .invalid("The Marker is not one that ListFunctions gave.")
            }
            after = name
        }
        let limit = min(call.input["MaxItems"]?.intValue ?? ControlPlane.pageSize, ControlPlane.pageSize)
        let found: [FunctionRecord]
        do {
            // One more than the page holds tells whether there is another page.
            found = try await self.store.list(
                account: call.caller.account, region: call.caller.region, after: after, limit: limit + 1)
        } catch { throw self.storeFailure(error, call.request.requestID) }
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
