internal import LambdaAPI
internal import NIOCore

/// Settings of connections to the API.
struct ConnectionSettings: Sendable, Equatable {
    /// See ``APIConfiguration/maximumConnections``.
    let connections: Int
    /// See ``APIConfiguration/bufferedBodyBytes``.
    let bodyBytes: Int
    /// See ``APIConfiguration/headTimeout``, and so on.
    let headTimeout: Int
    let bodyTimeout: Int
    let idleTimeout: Int

    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        let standard = APIConfiguration()
        self.connections = try reader.number("max_connections", or: standard.maximumConnections, range: 1...65_536)
        self.bodyBytes =
            try reader.number("request_memory", or: standard.bufferedBodyBytes / 1_048_576, range: 1...1_048_576)
            * 1_048_576
        func seconds(_ key: String, _ time: TimeAmount, _ longest: Int) throws(Configuration.ConfigurationError) -> Int
        {
            try reader.number(key, or: Int(time.nanoseconds / 1_000_000_000), range: 1...longest)
        }
        self.headTimeout = try seconds("request_head_timeout", standard.headTimeout, 900)
        self.bodyTimeout = try seconds("request_body_timeout", standard.bodyTimeout, 900)
        self.idleTimeout = try seconds("idle_connection_timeout", standard.idleTimeout, 86_400)
    }

    func apply(to api: inout APIConfiguration) {
        api.maximumConnections = self.connections
        api.bufferedBodyBytes = self.bodyBytes
        api.headTimeout = .seconds(Int64(self.headTimeout))
        api.bodyTimeout = .seconds(Int64(self.bodyTimeout))
        api.idleTimeout = .seconds(Int64(self.idleTimeout))
    }
}
