import LambdaCore
import Sandbox
import Testing

@Suite struct `A packet between lambdad and the executor` {
    private static let environment = EnvironmentID.random()

    static let requests: [ExecutorRequest] = [
        .stop(environment),
        .create(request(runtime: nil, network: .loopback, services: nil)),
        .create(request(runtime: "/usr/lib/lambdad/runtime/python3.11", network: .host, services: 4_566)),
        .create(
            request(
                runtime: nil, network: .loopback, services: nil, layers: ["/code/b", "/code/a"],
                fileSystem: .init(directory: "/srv/data", mountPath: "/mnt/data"))),
        .create(request(runtime: nil, network: .loopback, services: nil, framesLog: true)),
        .create(request(runtime: nil, network: .loopback, services: 4_566, framesLog: true, tracesOut: true)),
    ]

    static let replies: [ExecutorReply] = [
        .created(environment, runtimePort: 9_001, extras: []),
        .created(environment, runtimePort: 65_535, extras: [.servicesListener, .memoryPeak, .memoryEvents, .freezer]),
        .created(environment, runtimePort: 1, extras: [.freezer]),
        .created(environment, runtimePort: 9_001, extras: [.frames, .traceSocket]),
        .refused(environment, rule: "'/etc' is not below code_directories"),
        .failed(environment, step: "mount /tmp", errno: 12),
        .failed(environment, step: "", errno: -1),
        .vanished(environment), .stopped(environment), .gone(environment), .malformed(reason: "nothing there"),
    ]

    private static func request(
        runtime: String?, network: SandboxRequest.Network, services: UInt16?, layers: [String] = [],
        fileSystem: SandboxRequest.FileSystem? = nil, framesLog: Bool = false, tracesOut: Bool = false
    ) -> SandboxRequest {
        SandboxRequest(
            environment: environment, functionName: FunctionName("hello-world_1") ?? .sample, userSlot: 65_535,
            root: "host", codeDirectory: "/var/lib/lambdad/code/ab/cd", runtimeDirectory: runtime,
            layerDirectories: layers, fileSystem: fileSystem, memorySize: 10_240, ephemeralStorage: 512,
            network: network, servicesPort: services, framesLog: framesLog, tracesOut: tracesOut)
    }

    @Test(arguments: requests) func `comes back as the request it was`(request: ExecutorRequest) throws {
        #expect(try ExecutorRequest(packet: request.packet) == request)
    }

    @Test(arguments: replies) func `comes back as the reply it was`(reply: ExecutorReply) throws {
        #expect(try ExecutorReply(packet: reply.packet) == reply)
    }

    @Test(arguments: requests) func `is refused where it is cut anywhere`(request: ExecutorRequest) {
        for count in 0..<request.packet.count {
            #expect(throws: PacketError.truncated) { try ExecutorRequest(packet: Array(request.packet.prefix(count))) }
        }
    }

    @Test(arguments: requests) func `is refused where it goes on after its end`(request: ExecutorRequest) {
        #expect(throws: PacketError.trailing) { try ExecutorRequest(packet: request.packet + [0]) }
    }

    @Test func `is refused where its version or kind is unknown`() {
        var packet = ExecutorRequest.stop(Self.environment).packet
        packet[0] = 9
        #expect(throws: PacketError.unknownVersion) { try ExecutorRequest(packet: packet) }
        packet[0] = 3
        packet[1] = 99
        #expect(throws: PacketError.unknownKind) { try ExecutorRequest(packet: packet) }
        #expect(throws: PacketError.unknownKind) { try ExecutorReply(packet: packet) }
    }

    @Test func `is refused where a text holds NUL or is not UTF-8`() {
        let request = Self.request(runtime: nil, network: .loopback, services: nil)
        let packet = ExecutorRequest.create(request).packet
        let root = Array("host".utf8)
        let position = packet.indices.first { packet[$0...].starts(with: root) } ?? 0
        for byte: UInt8 in [0, 0xFF] {
            var changed = packet
            changed[position] = byte
            #expect(throws: PacketError.notText) { try ExecutorRequest(packet: changed) }
        }
    }

    @Test func `is refused where the environment's id is none`() {
        var packet = ExecutorRequest.stop(Self.environment).packet
        packet[4] = UInt8(ascii: "G")
        #expect(throws: PacketError.outOfRange("the environment's id")) { try ExecutorRequest(packet: packet) }
    }

    /// Random bytes, and requests with a few bytes changed: any outcome but a crash will do, and what is read is what
    /// would be written.
    @Test func `survives random bytes`() throws {
        var generator = SystemRandomNumberGenerator()
        var read = 0
        for round in 0..<20_000 {
            var packet = Self.requests[round % Self.requests.count].packet
            if round % 2 == 0 {
                packet = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            }
            for _ in 0..<3 where !packet.isEmpty {
                packet[Int.random(in: 0..<packet.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? ExecutorReply(packet: packet)
            guard let request = try? ExecutorRequest(packet: packet) else { continue }
            read += 1
            #expect(try ExecutorRequest(packet: request.packet) == request)
        }
        #expect(read > 0)
    }
}

extension FunctionName {
    /// Never used: the literal beside it is a valid name.
    fileprivate static var sample: FunctionName {
        guard let name = FunctionName("f") else { preconditionFailure("'f' is a function's name") }
        return name
    }
}
