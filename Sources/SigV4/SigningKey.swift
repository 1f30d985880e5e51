internal import Crypto
package import FoundationEssentials

/// The derived key of one (secret, day, region, service), and what it signs.
struct SigningKey: Sendable {
    /// Has taken in the key, which costs as much as the text; each use begins with a copy.
    private let keyed: HMAC<SHA256>

    init(secret: String, scope: SignatureScope) {
        var material = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in [scope.day, scope.region, scope.service, SignatureScope.terminator] {
            material = SymmetricKey(
                data: Array(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: material)))
        }
        self.keyed = HMAC<SHA256>(key: material)
    }

    static func stringToSign(timeText: String, scope: SignatureScope, canonicalRequest: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(160)
        out.append(contentsOf: SignatureScope.algorithm.utf8)
        out.append(0x0A)
        out.append(contentsOf: timeText.utf8)
        out.append(0x0A)
        for part in [scope.day, scope.region, scope.service] {
            out.append(contentsOf: part.utf8)
            out.append(0x2F)
        }
        out.append(contentsOf: scope.end.utf8)
        out.append(0x0A)
        LowerCaseHex.append(SHA256.hash(data: canonicalRequest), to: &out)
        return out
    }

    func signature(of stringToSign: [UInt8]) -> String {
        var out: [UInt8] = []
        LowerCaseHex.append(self.code(of: stringToSign), to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Compares in constant time.
    func accepts(_ signature: [UInt8], of stringToSign: [UInt8]) -> Bool {
        // Crypto's own comparison of a code with bytes.
        self.code(of: stringToSign) == signature
    }

    private func code(of stringToSign: [UInt8]) -> HMAC<SHA256>.MAC {
        var code = self.keyed
        code.update(data: stringToSign)
        return code.finalize()
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

    /// The hash of a body that comes piece by piece.
    package struct Running: Sendable {
        private var hash = SHA256()

        package init() {}

        package mutating func take(_ bytes: some DataProtocol) { self.hash.update(data: bytes) }

        package var text: String {
            var out: [UInt8] = []
            out.reserveCapacity(64)
            LowerCaseHex.append(self.hash.finalize(), to: &out)
            return String(decoding: out, as: UTF8.self)
        }
    }
}
