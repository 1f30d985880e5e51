import Crypto

/// The derived key of one (secret, day, region, service), and what it signs.
struct SigningKey: Sendable {
    private let key: SymmetricKey

    init(secret: String, scope: SignatureScope) {
        var material = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in [scope.day, scope.region, scope.service, SignatureScope.terminator] {
            material = SymmetricKey(
                data: Array(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: material)))
        }
        self.key = material
    }

    static func stringToSign(timeText: String, scope: SignatureScope, canonicalRequest: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(160)
        out.append(contentsOf: SignatureScope.algorithm.utf8)
        out.append(0x0A)
        out.append(contentsOf: timeText.utf8)
        out.append(0x0A)
        out.append(contentsOf: scope.text.utf8)
        out.append(0x0A)
        LowerCaseHex.append(SHA256.hash(data: canonicalRequest), to: &out)
        return out
    }

    func signature(of stringToSign: [UInt8]) -> String {
        var out: [UInt8] = []
        LowerCaseHex.append(HMAC<SHA256>.authenticationCode(for: stringToSign, using: self.key), to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Compares in constant time.
    func accepts(_ signature: [UInt8], of stringToSign: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: stringToSign, using: self.key)
    }
}

/// SHA-256 as lower-case hex, as the signature names a body.
package enum BodyHash {
    package static let unsigned = "UNSIGNED-PAYLOAD"
    package static let ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    package static func text(of body: [UInt8]) -> String {
        guard !body.isEmpty else { return self.ofNothing }
        var out: [UInt8] = []
        out.reserveCapacity(64)
        LowerCaseHex.append(SHA256.hash(data: body), to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
