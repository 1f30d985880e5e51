package import Engine
internal import LambdaCore
package import NIOCore
internal import NIOPosix

/// Serves the Runtime API on the listening socket inside each sandbox, on the environment's own event loop.
package struct RuntimeAPIServer: RuntimeServing {
    package init() {}

    package func serve(
        listener: Int32, session: any RuntimeSession, on loop: any EventLoop
    ) throws -> any EnvironmentServer {
        let connections = SandboxConnections(limit: session.connectionLimit)
        let box = NIOLoopBound(SessionReference(session), eventLoop: loop)
        let boundConnections = NIOLoopBound(connections, eventLoop: loop)
        let future = ServerBootstrap(group: loop)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.configure(channel, connections: boundConnections.value, session: box.value)
                }
            }
            .withBoundSocket(listener)
        return RuntimeAPIListener(future: future, connections: connections)
    }

    package func telemetryConnection(
        socket: Int32, to destination: TelemetryDestination, on loop: any EventLoop
    ) -> any TelemetryConnection {
        switch destination {
        case .http(_, let path, let method, let host):
            TelemetryHTTPConnection(socket: socket, method: method, path: path, host: host, on: loop)
        case .tcp: TelemetryTCPConnection(socket: socket, on: loop)
        }
    }

    private static func configure(
        _ channel: any Channel, connections: SandboxConnections, session: SessionReference
    ) throws {
        guard connections.add(channel) else { throw ChannelError.connectTimeout(.zero) }
        try channel.pipeline.syncOperations.addHandler(RuntimeAPIHandler(session: session))
    }
}

/// The environment, as the connections of its sandbox see it: they do not keep it alive.
final class SessionReference {
    weak var session: (any RuntimeSession)?

    init(_ session: any RuntimeSession) { self.session = session }
}

/// The open connections of one sandbox, closed with it. Bound to the environment's event loop.
final class SandboxConnections {
    private let limit: Int
    private var channels: [ObjectIdentifier: any Channel] = [:]

    init(limit: Int) { self.limit = limit }

    /// Returns `false` where there are too many already.
    func add(_ channel: any Channel) -> Bool {
        guard self.channels.count < self.limit else { return false }
        let id = ObjectIdentifier(channel)
        self.channels[id] = channel
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.channels[id] = nil }
        return true
    }

    func closeAll() {
        for channel in Array(self.channels.values) { channel.close(mode: .all, promise: nil) }
    }
}

private struct RuntimeAPIListener: EnvironmentServer {
    let future: EventLoopFuture<any Channel>
    let connections: SandboxConnections

    func close() {
        self.future.whenSuccess { $0.close(mode: .all, promise: nil) }
        self.connections.closeAll()
    }
}
