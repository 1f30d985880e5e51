import LambdaCore

/// What a request's method, path and query ask for.
package enum RouteMatch: Sendable, Equatable {
    /// The labels are decoded; their names are those of the path's template.
    case matched(Operation, labels: [String: String])
    /// The path is one of the API's, but not with this method.
    case noSuchMethod
    case unknown
}

extension Operation {
    /// Finds the operation of a request. One slash at the path's end is ignored.
    ///
    /// - Parameters:
    ///   - path: As it was sent, percent-encoded: an encoded slash belongs to its label.
    ///   - query: Decoded.
    package static func route(method: String, path: Substring, query: [(String, String)]) -> RouteMatch {
        var segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.first?.isEmpty == true else { return .unknown }
        segments.removeFirst()
        if segments.last?.isEmpty == true { segments.removeLast() }
        guard let family = segments.first, let routes = Route.byFamily[String(family)] else { return .unknown }

        let fitting = routes.filter { $0.fits(segments) }
        guard !fitting.isEmpty else { return .unknown }
        for route in fitting where route.method == method && route.isChosen(by: query) {
            guard let labels = route.labels(of: segments) else { return .unknown }
            return .matched(route.operation, labels: labels)
        }
        return .noSuchMethod
    }
}

/// A path template, split.
private struct Route: Sendable {
    enum Segment: Sendable {
        case literal(String)
        case label(String)
    }

    let operation: Operation
    let method: String
    let segments: [Segment]
    let constantQuery: (name: String, value: String)?

    /// By the first segment, a date. Routes that ask for a query parameter come before those that do not.
    static let byFamily: [String: [Route]] = {
        var families: [String: [Route]] = [:]
        for operation in Operation.allCases {
            guard let descriptor = operation.descriptor else { continue }
            let parts = descriptor.path.split(separator: "/")
            guard let family = parts.first else { continue }
            let route = Route(
                operation: operation, method: descriptor.method, segments: parts.map(Route.segment),
                constantQuery: descriptor.constantQuery)
            families[String(family), default: []].append(route)
        }
        return families.mapValues { routes in
            routes.filter { $0.constantQuery != nil } + routes.filter { $0.constantQuery == nil }
        }
    }()

    private static func segment(_ part: Substring) -> Segment {
        part.hasPrefix("{") ? .label(String(part.dropFirst().dropLast())) : .literal(String(part))
    }

    func fits(_ parts: [Substring]) -> Bool {
        guard parts.count == self.segments.count else { return false }
        return zip(self.segments, parts).allSatisfy { segment, part in
            switch segment {
            case .literal(let text): part == text
            case .label: !part.isEmpty
            }
        }
    }

    func isChosen(by query: [(String, String)]) -> Bool {
        guard let constant = self.constantQuery else { return true }
        return query.contains { $0 == constant }
    }

    /// Returns `nil` where a percent escape is broken.
    func labels(of parts: [Substring]) -> [String: String]? {
        var labels: [String: String] = [:]
        for (segment, part) in zip(self.segments, parts) {
            guard case .label(let name) = segment else { continue }
            guard let value = PercentEncoding.decode(part, plusIsSpace: false) else { return nil }
            labels[name] = value
        }
        return labels
    }
}
