internal import Engine
internal import LambdaCore
internal import Logging
internal import NIOCore
internal import ServicesEndpoint

/// The way of traces out of the engine.
extension Daemon {
    /// `nil` where the configuration names no daemon, or its name cannot be looked up.
    func traceRoute(group: any EventLoopGroup, _ logger: Logger) async -> (any TraceForwarding)? {
        guard let address = self.configuration.traces.daemon else { return nil }
        do {
            return TraceRoute(daemon: try await TraceDaemon.open(host: address.host, port: address.port, group: group))
        } catch {
            logger.warning("traces are not sent, xray_daemon cannot be used: \(error)")
            return nil
        }
    }
}

private struct TraceRoute: TraceForwarding {
    let daemon: TraceDaemon

    struct Running: EnvironmentServer {
        let relay: TraceRelay
        func close() { self.relay.close() }
    }

    var host: String { self.daemon.host }
    var port: Int { self.daemon.port }

    func send(_ datagram: [UInt8]) { self.daemon.send(ByteBuffer(bytes: datagram)) }

    func relay(socket: Int32, on loop: any EventLoop) -> any EnvironmentServer {
        Running(relay: TraceRelay(socket: socket, daemon: self.daemon, on: loop))
    }
}
