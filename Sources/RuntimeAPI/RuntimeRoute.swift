internal import Engine
internal import LambdaCore

/// The endpoints of the Runtime API.
///
/// Source: Lambda developer guide, "Using the Lambda runtime API"; version 2018-06-01.
enum RuntimeRoute: Equatable {
    case ping
    case next
    case response(requestID: String)
    case invocationError(requestID: String)
    case initError
    case restoreNext
    case restoreError
    /// The role's credentials.
    case credentials
    /// Of the Extensions, Telemetry or Logs API.
    case `extension`(ExtensionRoute)
    /// A path of the API with another method.
    case wrongMethod
    case unknown

    private static let prefix = "/2018-06-01/"
    private static let nextPath = "/2018-06-01/runtime/invocation/next"
    private static let answerPrefix = "/2018-06-01/runtime/invocation/"
    private static let answerSuffix = "/response"

    init(method: String, uri: String) {
        // The two of every warm invocation, by comparisons of whole texts.
        if uri == Self.nextPath {
            self = method == "GET" ? .next : .wrongMethod
            return
        }
        if method == "POST", let requestID = Self.answered(uri) {
            self = .response(requestID: requestID)
            return
        }
        let path = uri.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard path.starts(with: Self.prefix.utf8) else {
            self =
                path.elementsEqual(ContainerCredentials.path.utf8)
                ? (method == "GET" ? .credentials : .wrongMethod) : ExtensionRoute.route(method: method, path: path)
            return
        }
        let rest = path.dropFirst(Self.prefix.utf8.count)
        if rest.elementsEqual("runtime/invocation/next".utf8) {
            self = method == "GET" ? .next : .wrongMethod
        } else if rest.elementsEqual("runtime/init/error".utf8) {
            self = method == "POST" ? .initError : .wrongMethod
        } else if rest.elementsEqual("runtime/restore/next".utf8) {
            self = method == "GET" ? .restoreNext : .wrongMethod
        } else if rest.elementsEqual("runtime/restore/error".utf8) {
            self = method == "POST" ? .restoreError : .wrongMethod
        } else if rest.elementsEqual("ping".utf8) {
            self = method == "GET" ? .ping : .wrongMethod
        } else {
            self = Self.answer(method: method, rest: rest)
        }
    }

    /// The id of a response's path in the form that clients write, 36 characters as they stand.
    private static func answered(_ uri: String) -> String? {
        guard uri.utf8.count == self.answerPrefix.utf8.count + 36 + self.answerSuffix.utf8.count,
            uri.hasPrefix(self.answerPrefix), uri.hasSuffix(self.answerSuffix)
        else { return nil }
        let id = uri.utf8.dropFirst(self.answerPrefix.utf8.count).prefix(36)
        guard id.allSatisfy({ Hexadecimal.isLowerCaseDigit($0) || $0 == UInt8(ascii: "-") }) else { return nil }
        return String(Substring(id))
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
