/// The `Credential` of a signature: `<key id>/<yyyymmdd>/<region>/<service>/aws4_request`.
package struct SignatureScope: Sendable, Equatable {
    package static let algorithm = "AWS4-HMAC-SHA256"
    static let terminator = "aws4_request"

    package let keyID: String
    package let day: String
    package let region: String
    package let service: String
    package let end: String

    /// Returns `nil` unless `credential` has five parts, none of them empty.
    init?(credential: ArraySlice<UInt8>) {
        // A key id may not hold a slash, so the split is exact.
        let parts = credential.split(separator: 0x2F, maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 5, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.keyID = String(decoding: parts[0], as: UTF8.self)
        self.day = String(decoding: parts[1], as: UTF8.self)
        self.region = String(decoding: parts[2], as: UTF8.self)
        self.service = String(decoding: parts[3], as: UTF8.self)
        self.end = String(decoding: parts[4], as: UTF8.self)
    }

    package init(keyID: String, day: String, region: String, service: String) {
        self.keyID = keyID
        self.day = day
        self.region = region
        self.service = service
        self.end = SignatureScope.terminator
    }

    /// The scope without the key id, as the string to sign holds it.
    var text: String { "\(self.day)/\(self.region)/\(self.service)/\(self.end)" }
}
