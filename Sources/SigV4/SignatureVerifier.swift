package import LambdaCore
import Synchronization

/// Who a request comes from, once its signature was accepted.
package struct Caller: Sendable, Equatable {
    package let account: AccountID
    package let region: Region
    package let accessKeyID: String
    /// The ARN of the key's user or assumed role.
    package let arn: String
    package let cognitoIdentity: CognitoIdentity?

    package init(
        account: AccountID, region: Region, accessKeyID: String, arn: String, cognitoIdentity: CognitoIdentity? = nil
    ) {
        self.account = account
        self.region = region
        self.accessKeyID = accessKeyID
        self.arn = arn
        self.cognitoIdentity = cognitoIdentity
    }
}

/// Verifies SigV4 signatures of one service against the keys of a ``CredentialBook``.
package final class SignatureVerifier: Sendable {
    /// How far the time of a signed header may be from ours.
    package static let tolerance = Duration.seconds(300)
    /// A week, as AWS allows.
    package static let longestPresignedSeconds = 604_800
    /// Derived keys that are kept; a key is derived once a day for each (key id, region).
    static let cachedKeys = 256

    private struct CacheKey: Hashable {
        let keyID: String
        let day: String
        let region: String
    }

    private struct CachedKey {
        /// The secret may change under the same id when the credentials file is read again.
        let secret: String
        let key: SigningKey
    }

    private let service: String
    private let credentials: CredentialBook
    private let derived = Mutex<[CacheKey: CachedKey]>([:])

    package init(service: String, credentials: CredentialBook) {
        self.service = service
        self.credentials = credentials
    }

    /// Verifies one request; both forms, header and query.
    ///
    /// - Parameters:
    ///   - path: As sent, percent-encoded, without the query.
    ///   - query: As sent, without the question mark.
    ///   - header: All values of a header; names in any case.
    ///   - body: The bytes that were sent.
    package func verify(
        method: String, path: Substring, query: Substring, header: (String) -> [String], body: [UInt8], now: WallTime
    ) throws(SignatureError) -> Caller {
        try self.verify(
            method: method, path: path, query: query, header: header, bodyHash: { BodyHash.text(of: body) }, now: now)
    }

    /// As above, for a body whose hash is known already or may not be needed.
    package func verify(
        method: String, path: Substring, query: Substring, header: (String) -> [String], bodyHash: () -> String,
        now: WallTime
    ) throws(SignatureError) -> Caller {
        let (claim, region, stored) = try self.admit(query: query, header: header, now: now)
        let bodyHash = try SignatureVerifier.bodyHash(claim, header: header, own: bodyHash)
        let request = CanonicalRequest.bytes(
            method: method, path: path, query: query, signedHeaders: claim.signedHeaders,
            signedHeadersText: claim.signedHeadersText, values: header, bodyHash: bodyHash)
        let stringToSign = SigningKey.stringToSign(
            timeText: claim.timeText, scope: claim.scope, canonicalRequest: request)
        guard self.key(for: claim.scope, secret: stored.secret).accepts(claim.signature, of: stringToSign) else {
            throw .mismatch
        }
        return Caller(
            account: stored.account, region: region, accessKeyID: claim.scope.keyID, arn: stored.arn,
            cognitoIdentity: stored.cognitoIdentity)
    }

    /// Checks what can be checked before the body is there: the form, the scope, the key, the session and the time.
    ///
    /// A server asks this before it takes a large body from somebody whom it does not know.
    package func precheck(query: Substring, header: (String) -> [String], now: WallTime) throws(SignatureError) {
        _ = try self.admit(query: query, header: header, now: now)
    }

    private func admit(
        query: Substring, header: (String) -> [String], now: WallTime
    ) throws(SignatureError) -> (SignatureClaim, Region, StoredKey) {
        let claim = try SignatureVerifier.claim(query: query, header: header)
        let region = try self.checkScope(claim)
        guard let stored = self.credentials.key(claim.scope.keyID) else { throw .unknownKey }
        guard ConstantTime.equal(stored.sessionToken ?? "", claim.sessionToken ?? "") else { throw .unknownKey }
        if let expiration = stored.expiration, expiration <= now { throw .expiredSession }
        try SignatureVerifier.checkTime(claim, now: now)
        return (claim, region, stored)
    }

    private static func claim(query: Substring, header: (String) -> [String]) throws(SignatureError) -> SignatureClaim {
        if let authorization = header("Authorization").first {
            return try SignatureClaim(authorization: authorization, header: header)
        }
        guard query.utf8.count >= 16, query.contains("X-Amz-Signature=") || query.contains("X-Amz-Algorithm=") else {
            throw .missing
        }
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let value = PercentEncoding.decode(parts[1], plusIsSpace: true) else { continue }
            values[String(parts[0])] = value
        }
        return try SignatureClaim { values[$0] }
    }

    private func checkScope(_ claim: SignatureClaim) throws(SignatureError) -> Region {
        guard claim.timeText.hasPrefix(claim.scope.day), claim.scope.day.utf8.count == 8 else {
            throw .invalid(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                    + "'\(claim.scope.day)' != '\(claim.timeText.prefix(8))', from '\(claim.timeText)'.")
        }
        guard claim.scope.service == self.service else {
            throw .invalid("Credential should be scoped to correct service: '\(self.service)'. ")
        }
        guard claim.scope.end == SignatureScope.terminator else {
            throw .invalid("Credential should be scoped with a valid terminator: 'aws4_request'.")
        }
        guard let region = Region(claim.scope.region) else {
            throw .invalid("Credential should be scoped to a valid region. ")
        }
        return region
    }

    private static func checkTime(_ claim: SignatureClaim, now: WallTime) throws(SignatureError) {
        let latest = now.advanced(by: self.tolerance)
        guard claim.time <= latest else {
            throw .invalid(
                "Signature not yet current: \(claim.timeText) is still later than \(latest.signatureText) "
                    + "(\(now.signatureText) + 5 min.)")
        }
        switch claim.form {
        case .header:
            let earliest = now.advanced(by: .zero - self.tolerance)
            guard claim.time < earliest else { return }
            throw .invalid(
                "Signature expired: \(claim.timeText) is now earlier than \(earliest.signatureText) "
                    + "(\(now.signatureText) - 5 min.)")
        case .query(let expires):
            let end = claim.time.advanced(by: .seconds(expires))
            guard now > end else { return }
            throw .invalid("Signature expired: \(end.signatureText) is now earlier than \(now.signatureText)")
        }
    }

    /// The hash that the signature covers: the body's own, or the text of `x-amz-content-sha256` once it was checked.
    private static func bodyHash(
        _ claim: SignatureClaim, header: (String) -> [String], own: () -> String
    ) throws(SignatureError) -> String {
        guard let claimed = header("X-Amz-Content-Sha256").first else { return own() }
        if claimed == BodyHash.unsigned { return claimed }
        guard claimed == own() else { throw .mismatch }
        return claimed
    }

    private func key(for scope: SignatureScope, secret: String) -> SigningKey {
        let cacheKey = CacheKey(keyID: scope.keyID, day: scope.day, region: scope.region)
        if let cached = self.derived.withLock({ $0[cacheKey] }), cached.secret == secret { return cached.key }
        let key = SigningKey(secret: secret, scope: scope)
        self.derived.withLock { cache in
            // Yesterday's keys go first; if a day alone fills the cache, deriving again is cheap enough.
            if cache.count >= SignatureVerifier.cachedKeys { cache = cache.filter { $0.key.day == scope.day } }
            if cache.count >= SignatureVerifier.cachedKeys { cache.removeAll() }
            cache[cacheKey] = CachedKey(secret: secret, key: key)
        }
        return key
    }
}

/// Reads the scope of an `Authorization` header without verifying anything, for servers that ask for no signature.
package enum UnverifiedScope {
    package static func read(authorization: String) -> SignatureScope? {
        SignatureClaim.scope(ofAuthorization: authorization)
    }
}

enum ConstantTime {
    /// Takes as long for a difference in the first byte as for one in the last; the lengths may show.
    static func equal(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(left.utf8, right.utf8) { difference |= one ^ other }
        return difference == 0
    }
}
