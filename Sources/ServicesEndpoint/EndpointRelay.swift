internal import Glibc
internal import LambdaCore
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// Why a relay does not listen.
package enum EndpointRelayError: Error, Equatable {
    case cannotListen(String)
    /// It was started or closed before.
    case notIdle
}

/// Joins a listening socket inside a sandbox with the services endpoint outside: the one way out of a sandbox that has
/// no other network. Bytes are passed on unread.
package final class EndpointRelay: Sendable {
    /// Connections of one environment at one time; a further one is closed at once.
    package static let connectionLimit = 256

    private enum State {
        case idle(listener: Int32)
        case starting
        case listening(any Channel)
        case closed
    }

    private struct Shared {
        var state: State
        var connections: [ObjectIdentifier: any Channel] = [:]
    }

    private let target: ServicesEndpointAddress
    private let connectTimeout: Duration
    private let group: any EventLoopGroup
    private let shared: Mutex<Shared>

    /// - Parameters:
    ///   - listener: A stream socket that listens. The relay owns it from now on.
    ///   - group: Where it runs; a single loop keeps an environment on it.
    ///   - connectTimeout: Until a connection to the target stands.
    package init(
        listener: Int32, target: ServicesEndpointAddress, group: any EventLoopGroup,
        connectTimeout: Duration = ServiceTimeouts().connect
    ) {
        self.target = target
        self.connectTimeout = connectTimeout
        self.group = group
        self.shared = Mutex(Shared(state: .idle(listener: listener)))
    }

    package func start() async throws(EndpointRelayError) {
        let listener = self.shared.withLock { shared -> Int32? in
            guard case .idle(let listener) = shared.state else { return nil }
            shared.state = .starting
            return listener
        }
        guard let listener else { throw .notIdle }
        let channel: any Channel
        do {
            channel = try await ServerBootstrap(group: self.group)
                .childChannelOption(.autoRead, value: false)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { child in self.accepted(child) }
                .withBoundSocket(listener)
                .get()
        } catch {
            self.shared.withLock { $0.state = .closed }
            throw .cannotListen(String(describing: error))
        }
        let isWanted = self.shared.withLock { shared in
            // It may have been closed meanwhile.
            guard case .starting = shared.state else { return false }
            shared.state = .listening(channel)
            return true
        }
        if !isWanted { await Self.close([channel]) }
    }

    /// Stops listening and closes every connection. Returns once they are closed.
    package func close() async {
        let (channels, listener) = self.shared.withLock { shared -> ([any Channel], Int32?) in
            var channels = Array(shared.connections.values)
            var unused: Int32?
            switch shared.state {
            case .idle(let listener): unused = listener
            case .listening(let channel): channels.append(channel)
            case .starting, .closed: break
            }
            shared.state = .closed
            return (channels, unused)
        }
        if let listener { _ = Glibc.close(listener) }
        await Self.close(channels)
    }

    /// Connections from inside the sandbox that are open now.
    package var connectionCount: Int { self.shared.withLock { $0.connections.count } }

    private static func close(_ channels: [any Channel]) async {
        for channel in channels { channel.close(promise: nil) }
        // A close future cannot fail; whether it was closed before does not matter.
        for channel in channels { try? await channel.closeFuture.get() }
    }

    /// Runs on the new connection's loop. A failed future closes it.
    private func accepted(_ child: any Channel) -> EventLoopFuture<Void> {
        let id = ObjectIdentifier(child)
        let isTaken = self.shared.withLock { shared in
            if case .closed = shared.state { return false }
            guard shared.connections.count < Self.connectionLimit else { return false }
            shared.connections[id] = child
            return true
        }
        guard isTaken else { return child.eventLoop.makeFailedFuture(ChannelError.eof) }
        child.closeFuture.whenComplete { _ in self.shared.withLock { _ = $0.connections.removeValue(forKey: id) } }
        let (target, timeout) = (self.target, self.connectTimeout)
        return child.eventLoop.makeCompletedFuture {
            try child.pipeline.syncOperations.addHandler(RelayEntrance(target: target, connectTimeout: timeout))
        }
    }
}
