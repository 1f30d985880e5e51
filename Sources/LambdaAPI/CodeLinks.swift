import LambdaCore
import NIOHTTP1
import SigV4

/// Addresses on this server from which a function's zip can be read for ten minutes: `Code.Location` of GetFunction.
///
/// They are signed with a key that only this process has, so they end with it.
struct CodeLinks: Sendable {
    static let prefix = "/_lambdad/code/"
    /// Seconds; what AWS gives, too.
    static let lifetime = 600

    private let key: Credentials
    private let verifier: SignatureVerifier
    private let time: any TimeSource

    init(time: any TimeSource) {
        let book = CredentialBook()
        let forEver = Duration.seconds(100 * 365 * 86_400)
        self.key = book.mint(
            account: .standard, role: "lambdad", sessionName: "code", duration: forEver, now: time.wallTime)
        self.verifier = SignatureVerifier(service: "lambda", credentials: book)
        self.time = time
    }

    /// - Parameter host: The `Host` header of the request that asks, for that is how the caller reaches this server.
    func location(of code: CodeReference, host: String) -> String {
        let path = CodeLinks.prefix + code.digest
        let query = RequestSigner.presign(
            path: path, host: host, service: "lambda", region: .standard, credentials: self.key,
            expires: CodeLinks.lifetime, now: self.time.wallTime)
        return "http://\(host)\(path)?\(query)"
    }

    /// The digest that a request for a zip may read.
    func digest(target: RequestTarget, headers: HTTPHeaders) throws(APIError) -> String {
        do {
            _ = try self.verifier.verify(
                method: "GET", path: target.path, query: target.query, header: { headers[$0] }, body: [],
                now: self.time.wallTime)
        } catch { throw APIError(error) }
        return String(target.path.dropFirst(CodeLinks.prefix.count))
    }
}
