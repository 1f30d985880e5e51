import LambdaCore
import LambdaShapes

/// Which part of a list a call asks for, by `Marker` and `MaxItems`.
///
/// A marker is the base64 of the key that the page before ended with. It stays good where that key is deleted meanwhile.
struct StoredPage: Sendable {
    /// Entries of a page of nearly every list, where no smaller number is asked for.
    static let standardSize = 50

    /// At most so many entries.
    let limit: Int
    /// Only what comes after this key.
    let after: String?

    init(
        _ call: ControlPlane.Call, of operation: LambdaShapes.Operation, size: Int = StoredPage.standardSize
    ) throws(APIError) {
        self.limit = min(call.input["MaxItems"]?.intValue ?? size, size)
        guard let marker = call.input["Marker"]?.stringValue, !marker.isEmpty else {
            self.after = nil
            return
        }
        guard let bytes = Base64.decode(marker), let key = String(validating: bytes, as: UTF8.self) else {
            throw .foreignMarker(operation)
        }
        self.after = key
    }

    /// The answer with the first ``limit`` of `found`, which has one more where there is another page.
    func answer<Entry>(
        _ found: [Entry], as member: String, key: (Entry) -> String, shape: (Entry) -> JSONValue
    ) -> JSONObject {
        var answer = JSONObject()
        let page = found.prefix(self.limit)
        if found.count > self.limit, let last = page.last {
            answer["NextMarker"] = .string(Base64.encode(Array(key(last).utf8)))
        }
        answer[member] = .array(page.map(shape))
        return answer
    }
}

extension APIError {
    static func foreignMarker(_ operation: LambdaShapes.Operation) -> APIError {
        .invalid("The Marker is not one that \(operation.rawValue) gave.")
    }
}
