import LambdaCore

/// `Marker` and `MaxItems` of the lists of layers. A marker is the base64 of the key that the page before ended with.
struct LayerPage: Sendable {
    private static let standardSize = 50

    let after: String?
    let limit: Int

    init(_ input: JSONObject) throws(APIError) {
        self.limit = min(input["MaxItems"]?.intValue ?? LayerPage.standardSize, LayerPage.standardSize)
        guard let marker = input["Marker"]?.stringValue, !marker.isEmpty else {
            self.after = nil
            return
        }
        guard let bytes = Base64.decode(marker), let key = String(validating: bytes, as: UTF8.self) else {
            throw .badLayerMarker
        }
        self.after = key
    }

    /// The answer with the first ``limit`` of `found`, which has one more where there is another page.
    func answer<Entry>(
        _ found: [Entry], as member: String, key: (Entry) -> String, shape: (Entry) -> JSONObject
    ) -> JSONObject {
        var answer = JSONObject()
        if found.count > self.limit, let last = found.prefix(self.limit).last {
            answer["NextMarker"] = .string(Base64.encode(Array(key(last).utf8)))
        }
        answer[member] = .array(found.prefix(self.limit).map { .object(shape($0)) })
        return answer
    }
}

extension APIError {
    static let badLayerMarker = APIError.invalid("The Marker is not one that this operation gave.")
}
