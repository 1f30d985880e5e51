import LambdaCore
import NIOHTTP1

/// One request for a function URL, read whole.
struct FunctionURLRequest: Sendable {
    let requestID: RequestID
    let address: FunctionURLAddress
    let method: String
    /// Such as `HTTP/1.1`.
    let version: String
    /// As it was sent; signatures are about this one.
    let target: RequestTarget
    let headers: HTTPHeaders
    let body: [UInt8]
    let arrival: WallTime
    /// The address of the other end; `nil` on Unix sockets.
    let peer: String?
    /// The port that the request came to; `nil` on Unix sockets.
    let port: Int?

    /// What browsers ask before a request that a page of another origin may not make unasked (Fetch standard, 4.8).
    var isPreflight: Bool {
        self.method == "OPTIONS" && self.headers.contains(name: "Origin")
            && self.headers.contains(name: "Access-Control-Request-Method")
    }
}
