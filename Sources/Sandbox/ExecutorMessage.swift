package import LambdaCore

/// What lambdad asks of lambda-executor: one request a packet of a SOCK_SEQPACKET Unix socket.
///
/// A packet is the protocol's version (3), one byte of kind, the 32 characters of the environment's id, and the kind's
/// fields. A request carries no descriptor, no environment value, no payload and no credential.
package enum ExecutorRequest: Equatable, Sendable {
    case create(SandboxRequest)
    /// Answered by ``ExecutorReply/stopped`` once everything in the sandbox is gone, at once where it is not known.
    case stop(EnvironmentID)

    /// Bytes of one packet at most, either way: paths of the code, the runtime, the layers and a file system, and the small
    /// fields.
    package static let packetLimit = 40_960

    package init(packet: [UInt8]) throws(PacketError) {
        var reader = PacketReader(packet)
        let kind = try reader.header()
        let environment = try reader.environment()
        switch kind {
        case 1: self = .create(try reader.sandbox(environment))
        case 2: self = .stop(environment)
        default: throw .unknownKind
        }
        guard reader.isAtEnd else { throw .trailing }
    }

    package var packet: [UInt8] {
        var writer = PacketWriter()
        switch self {
        case .create(let request):
            writer.header(kind: 1, request.environment)
            writer.append(request.functionName.text)
            writer.append(UInt32(clamping: request.userSlot))
            writer.append(request.root)
            writer.append(request.codeDirectory)
            writer.append(request.runtimeDirectory)
            writer.append(UInt8(clamping: request.layerDirectories.count))
            for directory in request.layerDirectories { writer.append(directory) }
            writer.append(request.fileSystem?.directory)
            if let fileSystem = request.fileSystem { writer.append(fileSystem.mountPath) }
            writer.append(UInt32(clamping: request.memorySize))
            writer.append(UInt32(clamping: request.ephemeralStorage))
            writer.append(request.network.rawValue)
            // 0 is no port that can be asked for, so it can say that there is none.
            writer.append(request.servicesPort ?? 0)
            writer.append(Wishes(request).rawValue)
        case .stop(let environment):
            writer.header(kind: 2, environment)
        }
        return writer.bytes
    }
}

/// What a sandbox has beside what every one has.
private struct Wishes: OptionSet {
    let rawValue: UInt8
    static let frames = Wishes(rawValue: 1)
    static let traceSocket = Wishes(rawValue: 2)
    static let all: Wishes = [.frames, .traceSocket]

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ request: SandboxRequest) {
        self = []
        if request.framesLog { self.insert(.frames) }
        if request.tracesOut { self.insert(.traceSocket) }
    }
}

/// What lambda-executor answers and reports.
package enum ExecutorReply: Equatable, Sendable {
    /// The optional descriptors that come after the four that always do, in this order.
    package struct Extras: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let servicesListener = Extras(rawValue: 1)
        package static let memoryPeak = Extras(rawValue: 2)
        package static let memoryEvents = Extras(rawValue: 4)
        package static let freezer = Extras(rawValue: 8)
        package static let frames = Extras(rawValue: 16)
        package static let traceSocket = Extras(rawValue: 32)
    }

    /// With descriptors: pidfd, log read end, runtime listener, control socket, then the extras.
    case created(EnvironmentID, runtimePort: UInt16, extras: Extras)
    case refused(EnvironmentID, rule: String)
    case failed(EnvironmentID, step: String, errno: Int32)
    case vanished(EnvironmentID)
    case stopped(EnvironmentID)
    /// The sandbox ended without being asked to.
    case gone(EnvironmentID)
    /// A request could not be read; nothing was done.
    case malformed(reason: String)

    package static let fixedDescriptors = 4

    package init(packet: [UInt8]) throws(PacketError) {
        var reader = PacketReader(packet)
        let kind = try reader.header()
        if kind == 22 {
            self = .malformed(reason: try reader.text())
        } else {
            self = try Self.about(try reader.environment(), kind: kind, &reader)
        }
        guard reader.isAtEnd else { throw .trailing }
    }

    private static func about(
        _ environment: EnvironmentID, kind: UInt8, _ reader: inout PacketReader
    ) throws(PacketError) -> ExecutorReply {
        switch kind {
        case 16:
            let port = try reader.integer(UInt16.self)
            return .created(environment, runtimePort: port, extras: Extras(rawValue: try reader.integer(UInt8.self)))
        case 17: return .refused(environment, rule: try reader.text())
        case 18:
            let step = try reader.text()
            return .failed(environment, step: step, errno: Int32(bitPattern: try reader.integer(UInt32.self)))
        case 19: return .vanished(environment)
        case 20: return .stopped(environment)
        case 21: return .gone(environment)
        default: throw .unknownKind
        }
    }

    package var packet: [UInt8] {
        var writer = PacketWriter()
        switch self {
        case .created(let environment, let port, let extras):
            writer.header(kind: 16, environment)
            writer.append(port)
            writer.append(extras.rawValue)
        case .refused(let environment, let rule):
            writer.header(kind: 17, environment)
            writer.append(rule)
        case .failed(let environment, let step, let errno):
            writer.header(kind: 18, environment)
            writer.append(step)
            writer.append(UInt32(bitPattern: errno))
        case .vanished(let environment): writer.header(kind: 19, environment)
        case .stopped(let environment): writer.header(kind: 20, environment)
        case .gone(let environment): writer.header(kind: 21, environment)
        case .malformed(let reason):
            writer.header(kind: 22, nil)
            writer.append(reason)
        }
        return writer.bytes
    }
}

private let protocolVersion: UInt8 = 3

extension PacketWriter {
    fileprivate mutating func header(kind: UInt8, _ environment: EnvironmentID?) {
        self.append(protocolVersion)
        self.append(kind)
        if let environment { self.append(environment.hex) }
    }
}

extension PacketReader {
    fileprivate mutating func header() throws(PacketError) -> UInt8 {
        guard try self.integer(UInt8.self) == protocolVersion else { throw .unknownVersion }
        return try self.integer(UInt8.self)
    }

    fileprivate mutating func environment() throws(PacketError) -> EnvironmentID {
        guard let environment = EnvironmentID(try self.text()) else { throw .outOfRange("the environment's id") }
        return environment
    }

    /// Fields are only checked for their form here; what they may be is the policy's to say.
    fileprivate mutating func sandbox(_ environment: EnvironmentID) throws(PacketError) -> SandboxRequest {
        guard let name = FunctionName(try self.text()) else { throw .outOfRange("the function's name") }
        let userSlot = try self.integer(UInt32.self)
        let root = try self.text()
        let code = try self.text()
        let runtime = try self.optionalText()
        var layers: [String] = []
        for _ in 0..<(try self.integer(UInt8.self)) { layers.append(try self.text()) }
        var fileSystem: SandboxRequest.FileSystem?
        if let directory = try self.optionalText() {
            fileSystem = .init(directory: directory, mountPath: try self.text())
        }
        let memory = try self.integer(UInt32.self)
        let storage = try self.integer(UInt32.self)
        guard let network = SandboxRequest.Network(rawValue: try self.text()) else { throw .outOfRange("the network") }
        let port = try self.integer(UInt16.self)
        let wishes = Wishes(rawValue: try self.integer(UInt8.self))
        guard wishes.isSubset(of: .all) else { throw .outOfRange("the sandbox's extras") }
        return SandboxRequest(
            environment: environment, functionName: name, userSlot: Int(userSlot), root: root, codeDirectory: code,
            runtimeDirectory: runtime, layerDirectories: layers, fileSystem: fileSystem, memorySize: Int(memory),
            ephemeralStorage: Int(storage), network: network, servicesPort: port == 0 ? nil : port,
            framesLog: wishes.contains(.frames), tracesOut: wishes.contains(.traceSocket))
    }
}
