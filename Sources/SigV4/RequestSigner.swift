package import LambdaCore

/// Signs requests for AWS services, in the header form and as a presigned query.
package enum RequestSigner {
    /// The headers to add to a request: `X-Amz-Date`, `X-Amz-Security-Token` where there is one, and `Authorization`.
    ///
    /// - Parameters:
    ///   - path: Percent-encoded, as it will be sent.
    ///   - query: Percent-encoded, without the question mark.
    ///   - headers: What will be sent and shall be signed; `Host` must be among them.
    package static func sign(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)], body: [UInt8],
        service: String, region: Region, credentials: Credentials, now: WallTime
    ) -> [(name: String, value: String)] {
        let timeText = now.signatureText
        var added: [(name: String, value: String)] = [("X-Amz-Date", timeText)]
        if let token = credentials.sessionToken { added.append(("X-Amz-Security-Token", token)) }
        let scope = SignatureScope(
            keyID: credentials.accessKeyID, day: String(timeText.prefix(8)), region: region.name, service: service)
        var values: [String: [String]] = [:]
        for header in headers + added { values[header.name.lowercased(), default: []].append(header.value) }
        let names = values.keys.sorted()
        let signedHeaders = names.joined(separator: ";")
        let request = CanonicalRequest.bytes(
            method: method, path: Substring(path), query: Substring(query), signedHeaders: names,
            signedHeadersText: signedHeaders, values: { values[$0] ?? [] }, bodyHash: BodyHash.text(of: body),
            keepsPath: service == "s3")
        let key = SigningKey(secret: credentials.secretAccessKey, scope: scope)
        let signature = key.signature(
            of: SigningKey.stringToSign(timeText: timeText, scope: scope, canonicalRequest: request))
        let authorization =
            "\(SignatureScope.algorithm) Credential=\(scope.keyID)/\(scope.text), "
            + "SignedHeaders=\(signedHeaders), Signature=\(signature)"
        added.append(("Authorization", authorization))
        return added
    }

    /// The query that makes `path` on `host` readable by whoever holds it, for `expires` seconds.
    package static func presign(
        method: String = "GET", path: String, host: String, service: String, region: Region, credentials: Credentials,
        expires: Int, now: WallTime
    ) -> String {
        let timeText = now.signatureText
        let scope = SignatureScope(
            keyID: credentials.accessKeyID, day: String(timeText.prefix(8)), region: region.name, service: service)
        var pairs = [
            ("X-Amz-Algorithm", SignatureScope.algorithm), ("X-Amz-Credential", "\(scope.keyID)/\(scope.text)"),
            ("X-Amz-Date", timeText), ("X-Amz-Expires", String(expires)), ("X-Amz-SignedHeaders", "host"),
        ]
        if let token = credentials.sessionToken { pairs.append(("X-Amz-Security-Token", token)) }
        let query = pairs.map { "\($0.0)=\(PercentEncoding.encode($0.1, keepSlash: false))" }.joined(separator: "&")
        let request = CanonicalRequest.bytes(
            method: method, path: Substring(path), query: Substring(query), signedHeaders: ["host"],
            signedHeadersText: "host", values: { _ in [host] }, bodyHash: BodyHash.ofNothing)
        let key = SigningKey(secret: credentials.secretAccessKey, scope: scope)
        let signature = key.signature(
            of: SigningKey.stringToSign(timeText: timeText, scope: scope, canonicalRequest: request))
        return "\(query)&X-Amz-Signature=\(signature)"
    }
}
