/// Why a request's signature was not accepted. `message` is the text of AWS.
package enum SignatureError: Error, Equatable {
    /// Neither an `Authorization` header nor a signed query.
    case missing
    /// The header or the query lacks parts; the sentence lists them.
    case incomplete(String)
    /// The key id is unknown, or its session token is not the one it was given.
    case unknownKey
    /// The session of a known key is over.
    case expiredSession
    /// The scope names another day, service or terminator, or the time is outside the window; the sentence says which.
    case invalid(String)
    /// The request that was signed is not this one, or the secret is another.
    case mismatch

    package var message: String {
        switch self {
        case .missing: "Missing Authentication Token"
        case .incomplete(let sentence), .invalid(let sentence): sentence
        case .unknownKey: "The security token included in the request is invalid."
        case .expiredSession: "The security token included in the request is expired"
        case .mismatch:
            "The request signature we calculated does not match the signature you provided. "
                + "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
        }
    }
}
