internal import Foundation
internal import Journal
internal import LambdaAPI
internal import NIOCore

/// Opens the sockets of the public API: systemd's where it handed some over, the configured ones otherwise.
struct Listeners {
    struct ListenError: Error, CustomStringConvertible {
        let description: String
    }

    let group: any EventLoopGroup
    let configuration: Configuration
    let server: APIServer

    /// Opens them all. From then on requests are read, so everything behind them must be there.
    func open() async throws {
        let inherited = try InheritedSockets.take()
        if self.configuration.auth == .none { try self.refuseRemote(inherited) }
        if inherited.isEmpty {
            for address in self.configuration.listen { try await self.bind(address) }
        } else {
            for socket in inherited { try await self.server.listen(on: socket.descriptor, group: self.group) }
        }
    }

    private func bind(_ address: String) async throws {
        if address.hasPrefix("/") {
            // What is left of an earlier process would make the address look used.
            try? FileManager.default.removeItem(atPath: address)
            try await self.server.listen(unixSocketPath: address, group: self.group)
            try FileManager.default.setAttributes([.posixPermissions: 0o660], ofItemAtPath: address)
            return
        }
        let (host, port) = try Self.hostAndPort(address)
        if self.configuration.auth == .none { try Self.refuseRemote(host: host) }
        try await self.server.listen(host: host, port: port, group: self.group)
    }

    private static func hostAndPort(_ address: String) throws -> (host: String, port: Int) {
        guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
            throw ListenError(description: "listen = \(address): expected address:port or an absolute path")
        }
        return (address[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]")), Int(port))
    }

    /// Without signatures, whoever reaches the socket owns every function: only this machine may reach it.
    private func refuseRemote(_ sockets: [InheritedSocket]) throws {
        for socket in sockets where socket.family != .unix {
            guard let host = SocketName.host(of: socket.descriptor) else {
                throw ListenError(description: "auth = none: the address of the socket \(socket.name) cannot be read")
            }
            try Self.refuseRemote(host: host)
        }
    }

    private static func refuseRemote(host: String) throws {
        guard host.hasPrefix("127.") || host == "::1" || host == "localhost" else {
            throw ListenError(description: "auth = none is for loopback and Unix sockets only, and \(host) is neither")
        }
    }
}
