/// The endpoints for extensions.
///
/// Source: Lambda developer guide, "Using the Lambda Extensions API", "Telemetry API", "Logs API"; each has a version of its
/// own.
enum ExtensionRoute: Equatable {
    case register
    case next
    case initError
    case exitError
    case telemetry
    case logs

    private static let routes: [(path: String, method: String, route: ExtensionRoute)] = [
        ("/2020-01-01/extension/event/next", "GET", .next),
        ("/2020-01-01/extension/register", "POST", .register),
        ("/2020-01-01/extension/init/error", "POST", .initError),
        ("/2020-01-01/extension/exit/error", "POST", .exitError),
        ("/2022-07-01/telemetry", "PUT", .telemetry),
        ("/2020-08-15/logs", "PUT", .logs),
    ]

    static func route(method: String, path: some Sequence<UInt8>) -> RuntimeRoute {
        guard let found = self.routes.first(where: { path.elementsEqual($0.path.utf8) }) else { return .unknown }
        return method == found.method ? .extension(found.route) : .wrongMethod
    }
}
