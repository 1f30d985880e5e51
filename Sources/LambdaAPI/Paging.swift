import LambdaCore

/// `Marker` and `MaxItems` of a list, and the `NextMarker` that leads to the page after it.
///
/// A marker is the key of the last item that was given, in base64: opaque to callers, and still of use where that item
/// has been deleted since.
struct Paging {
    /// Items on one page, whatever larger number was asked for.
    static let pageSize = 50

    /// The page begins after this key.
    let after: String?
    let limit: Int

    /// - Parameter size: Items on one page of this list.
    init(_ input: JSONObject, size: Int = Paging.pageSize) throws(APIError) {
        self.limit = min(input["MaxItems"]?.intValue ?? size, size)
        guard let marker = input["Marker"]?.stringValue, !marker.isEmpty else {
            self.after = nil
            return
        }
        guard let bytes = Base64.decode(marker), let key = String(validating: bytes, as: UTF8.self) else {
            throw .badMarker
        }
        self.after = key
    }

    static func marker(after key: String) -> String { Base64.encode(Array(key.utf8)) }

    /// The answer with the first ``limit`` of `found`, which has one more where there is another page.
    func answer<Item>(
        _ found: [Item], as member: String, key: (Item) -> String, shape: (Item) -> JSONObject
    ) -> JSONObject {
        var answer = JSONObject()
        if found.count > self.limit, let last = found.prefix(self.limit).last {
            answer["NextMarker"] = .string(Paging.marker(after: key(last)))
        }
        answer[member] = .array(found.prefix(self.limit).map { .object(shape($0)) })
        return answer
    }
}
