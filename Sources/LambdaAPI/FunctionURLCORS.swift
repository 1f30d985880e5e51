import LambdaCore

/// Which CORS headers the platform adds for a URL's configuration.
///
/// They come beside those of the function, so a function that sends its own makes them double, as on AWS.
struct FunctionURLCORS: Sendable, Equatable {
    private let config: FunctionURLRecord.CORS

    init(_ config: FunctionURLRecord.CORS) { self.config = config }

    /// The headers of a preflight's answer; none where the origin is not among the allowed.
    func preflight(origin: String) -> [APIResponse.Header] {
        var headers = self.common(origin: origin)
        guard !headers.isEmpty else { return [] }
        self.append("Access-Control-Allow-Methods", self.config.allowMethods, to: &headers)
        self.append("Access-Control-Allow-Headers", self.config.allowHeaders, to: &headers)
        if let seconds = self.config.maxAge {
            headers.append(.init(name: "Access-Control-Max-Age", value: "\(seconds)"))
        }
        return headers
    }

    /// The headers that are added to any other answer; none where the origin is not among the allowed.
    func added(origin: String?) -> [APIResponse.Header] {
        guard let origin else { return [] }
        var headers = self.common(origin: origin)
        guard !headers.isEmpty else { return [] }
        self.append("Access-Control-Expose-Headers", self.config.exposeHeaders, to: &headers)
        return headers
    }

    private func common(origin: String) -> [APIResponse.Header] {
        let origins = self.config.allowOrigins ?? []
        let isForAll = origins.contains("*")
        guard isForAll || origins.contains(origin) else { return [] }
        let hasCredentials = self.config.allowCredentials == true
        // With credentials browsers take no `*` (Fetch standard, 4.9).
        let echoes = hasCredentials || !isForAll
        var headers = [APIResponse.Header(name: "Access-Control-Allow-Origin", value: echoes ? origin : "*")]
        if echoes { headers.append(.init(name: "Vary", value: "Origin")) }
        if hasCredentials { headers.append(.init(name: "Access-Control-Allow-Credentials", value: "true")) }
        return headers
    }

    private func append(_ name: String, _ values: [String]?, to headers: inout [APIResponse.Header]) {
        guard let values, !values.isEmpty else { return }
        headers.append(.init(name: name, value: values.joined(separator: ",")))
    }
}
