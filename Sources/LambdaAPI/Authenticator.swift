import LambdaCore
import NIOHTTP1
import SigV4

/// Finds out who a request comes from, by its signature or, where the configuration asks for none, by its word.
struct Authenticator: Sendable {
    private let configuration: APIConfiguration
    private let verifier: SignatureVerifier

    /// - Parameter service: What the scope of a signature must name.
    init(configuration: APIConfiguration, credentials: CredentialBook, service: String = "lambda") {
        self.configuration = configuration
        self.verifier = SignatureVerifier(service: service, credentials: credentials)
    }

    /// - Parameter arrival: When the request's head was there. A long upload must not outlive its own signature.
    func caller(
        method: String, target: RequestTarget, headers: HTTPHeaders, body: [UInt8], arrival: WallTime
    ) throws(APIError) -> Caller {
        try self.caller(
            method: method, target: target, headers: headers, bodyHash: { BodyHash.text(of: body) }, arrival: arrival)
    }

    /// As above, for a body whose hash is known already or may not be needed.
    func caller(
        method: String, target: RequestTarget, headers: HTTPHeaders, bodyHash: () -> String, arrival: WallTime
    ) throws(APIError) -> Caller {
        switch self.configuration.authentication {
        case .sigV4:
            do {
                return try self.verifier.verify(
                    method: method, path: target.path, query: target.query, header: { headers[$0] },
                    bodyHash: bodyHash, now: arrival)
            } catch { throw APIError(error) }
        case .none:
            return self.unverified(headers)
        }
    }

    /// Whether the hash of a request's body will be asked for.
    func needsBodyHash(_ headers: HTTPHeaders) -> Bool {
        self.configuration.authentication == .sigV4
            && headers.first(name: "X-Amz-Content-Sha256") != BodyHash.unsigned
    }

    /// Refuses strangers before their body is taken; a signature that is wrong shows only once the body is there.
    func precheck(target: RequestTarget, headers: HTTPHeaders, arrival: WallTime) throws(APIError) {
        guard self.configuration.authentication == .sigV4 else { return }
        do {
            try self.verifier.precheck(query: target.query, header: { headers[$0] }, now: arrival)
        } catch { throw APIError(error) }
    }

    /// A 12-digit access key is the account, as local tools expect; anything else means the defaults.
    private func unverified(_ headers: HTTPHeaders) -> Caller {
        let scope = headers.first(name: "Authorization").flatMap { UnverifiedScope.read(authorization: $0) }
        let account = scope.flatMap { AccountID($0.keyID) } ?? self.configuration.defaultAccount
        let region = scope.flatMap { Region($0.region) } ?? self.configuration.defaultRegion
        return Caller(
            account: account, region: region, accessKeyID: scope?.keyID ?? "", arn: "arn:aws:iam::\(account):root")
    }
}
