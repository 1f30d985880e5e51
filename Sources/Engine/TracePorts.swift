package import NIOCore

/// Where traces go.
package protocol TraceForwarding: Sendable {
    /// As functions of host-networked sandboxes reach it.
    var host: String { get }
    var port: Int { get }

    /// Sends one datagram, or loses it: a trace never holds up an invocation.
    func send(_ datagram: [UInt8])

    /// Passes on what arrives at a UDP socket inside a sandbox. Takes over `socket`. Called on `loop`.
    func relay(socket: Int32, on loop: any EventLoop) -> any EnvironmentServer
}
