/// The endpoints of the Runtime API.
///
/// Source: Lambda developer guide, "Using the Lambda runtime API"; version 2018-06-01.
enum RuntimeRoute: Equatable {
    case ping
    case next
    case response(requestID: String)
    case invocationError(requestID: String)
    case initError
    /// A path of the API with another method.
    case wrongMethod
    case unknown

    init(method: String, uri: String) {
        let path = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard parts.first == "2018-06-01" else {
            self = .unknown
            return
        }
        switch (parts.count, parts.dropFirst().joined(separator: "/")) {
        case (2, "ping"): self = method == "GET" ? .ping : .wrongMethod
        case (4, "runtime/invocation/next"): self = method == "GET" ? .next : .wrongMethod
        case (4, "runtime/init/error"): self = method == "POST" ? .initError : .wrongMethod
        case (5, _) where parts[1] == "runtime" && parts[2] == "invocation" && parts[4] == "response":
            self = method == "POST" ? .response(requestID: Self.decoded(parts[3])) : .wrongMethod
        case (5, _) where parts[1] == "runtime" && parts[2] == "invocation" && parts[4] == "error":
            self = method == "POST" ? .invocationError(requestID: Self.decoded(parts[3])) : .wrongMethod
        default: self = .unknown
        }
    }

    /// Clients may percent-encode the id, of which no character needs it; anything else is an unknown id.
    private static func decoded(_ text: String) -> String {
        text.replacing("%2D", with: "-").replacing("%2d", with: "-")
    }
}
