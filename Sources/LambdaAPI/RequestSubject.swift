import LambdaShapes
import NIOHTTP1

/// What a request is about, as its head alone says.
enum RequestSubject {
    case invoke(label: Substring)
    case invokeStream(label: Substring)
    case operation(Operation, labels: [String: String])
    case url(FunctionURLAddress)
    case code
    /// The value of `X-Amz-Target`, which names another service and its operation.
    case targeted(String)
    case health
    case unknown

    init(of head: HTTPRequestHead, _ target: RequestTarget) {
        if let address = FunctionURLAddress(host: head.headers.first(name: "Host"), target: target) {
            self = .url(address)
        } else if let label = Invoker.label(method: head.method, path: target.path) {
            self = .invoke(label: label)
        } else if let label = Invoker.streamLabel(method: head.method, path: target.path) {
            self = .invokeStream(label: label)
        } else if target.path.hasPrefix("/_lambdad/") {
            self = Self.ownPage(head.method, path: target.path)
        } else if let name = TargetedServices.name(in: head, target) {
            self = .targeted(name)
        } else {
            self = Self.operation(of: head.method, target)
        }
    }

    /// What is under `/_lambdad/`.
    private static func ownPage(_ method: HTTPMethod, path: Substring) -> RequestSubject {
        guard method == .GET else { return .unknown }
        if path == "/_lambdad/health" { return .health }
        return path.hasPrefix(CodeLinks.prefix) ? .code : .unknown
    }

    private static func operation(of method: HTTPMethod, _ target: RequestTarget) -> RequestSubject {
        let query = target.pairs?.map { ($0.name, $0.value) } ?? []
        switch Operation.route(method: method.rawValue, path: target.path, query: query) {
        case .matched(let operation, let labels): return .operation(operation, labels: labels)
        case .noSuchMethod, .unknown: return .unknown
        }
    }
}
