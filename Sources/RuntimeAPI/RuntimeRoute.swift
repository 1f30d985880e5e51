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

    private static let prefix = "/2018-06-01/"

    init(method: String, uri: String) {
        let path = uri.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard path.starts(with: Self.prefix.utf8) else {
            self = .unknown
            return
        }
        // Byte views throughout: this runs twice for every warm invocation.
        let rest = path.dropFirst(Self.prefix.utf8.count)
        if rest.elementsEqual("runtime/invocation/next".utf8) {
            self = method == "GET" ? .next : .wrongMethod
        } else if rest.elementsEqual("runtime/init/error".utf8) {
            self = method == "POST" ? .initError : .wrongMethod
        } else if rest.elementsEqual("ping".utf8) {
            self = method == "GET" ? .ping : .wrongMethod
        } else {
            self = Self.answer(method: method, rest: rest)
        }
    }

    /// `runtime/invocation/ID/response` and `…/error`.
    private static func answer(method: String, rest: Substring.UTF8View) -> RuntimeRoute {
        let stem = "runtime/invocation/".utf8
        guard rest.starts(with: stem), let slash = rest.lastIndex(of: UInt8(ascii: "/")) else { return .unknown }
        let idStart = rest.index(rest.startIndex, offsetBy: stem.count)
        guard idStart < slash else { return .unknown }
        let id = Substring(rest[idStart..<slash])
        guard !id.utf8.contains(UInt8(ascii: "/")) else { return .unknown }
        let last = rest[rest.index(after: slash)...]
        if last.elementsEqual("response".utf8) {
            return method == "POST" ? .response(requestID: self.decoded(id)) : .wrongMethod
        }
        if last.elementsEqual("error".utf8) {
            return method == "POST" ? .invocationError(requestID: self.decoded(id)) : .wrongMethod
        }
        return .unknown
    }

    /// Clients may percent-encode the id, of which no character needs it; anything else is an unknown id.
    private static func decoded(_ id: Substring) -> String {
        guard id.utf8.contains(UInt8(ascii: "%")) else { return String(id) }
        return id.replacing("%2D", with: "-").replacing("%2d", with: "-").description
    }
}
