import Glibc
import LambdaCore
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A sandbox without a kernel's isolation, for tests of the engine: the test plays its init over a real socket pair and
/// its runtime over a real TCP connection. The real one is driven in the sandbox and system tests.
final class FakeSandbox: Sendable {
    let environment: EnvironmentID
    let request: SandboxRequest
    let port: UInt16
    let logWriter: Int32
    let frameWriter: Int32?
    private let control: any Channel
    private let commands: AsyncStream<Command>
    /// `memory.events`.
    private let memoryEvents: Int32
    /// What is written to `cgroup.freeze`.
    private let switches: AsyncStream<UInt8>
    private let started: StartRecord
    private let hasExtensions: Bool

    /// What the engine asked init for.
    enum Command: Equatable, Sendable {
        case start(tag: UInt32)
        case signal
        /// As ``signal``, to an extension.
        case signalExtension(tag: UInt32, number: UInt32)
        case list(tag: UInt32)
        case log
        case startExtension(tag: UInt32)
        case killAll
        case memory
        case closed
    }

    private init(
        request: SandboxRequest, port: UInt16, logWriter: Int32, frameWriter: Int32?, control: any Channel,
        commands: AsyncStream<Command>, memoryEvents: Int32, switches: AsyncStream<UInt8>, started: StartRecord,
        hasExtensions: Bool
    ) {
        self.hasExtensions = hasExtensions
        self.environment = request.environment
        self.request = request
        self.port = port
        self.logWriter = logWriter
        self.frameWriter = frameWriter
        self.control = control
        self.commands = commands
        self.memoryEvents = memoryEvents
        self.switches = switches
        self.started = started
    }

    deinit { Glibc.close(self.memoryEvents) }

    /// - Parameter hasExtensions: The test says which files are in a directory; otherwise there is none.
    static func make(
        for request: SandboxRequest, hasExtensions: Bool
    ) async throws -> (FakeSandbox, SandboxDescriptors) {
        var pair: [Int32] = [0, 0]
        var pipe: [Int32] = [0, 0]
        precondition(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        var frames: [Int32] = [0, 0]
        precondition(unsafe Glibc.pipe(&pipe) == 0 && Glibc.pipe(&frames) == 0)
        let (listener, port) = Self.listen()
        let (commands, continuation) = AsyncStream.makeStream(of: Command.self)
        let started = StartRecord()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        CommandHandler(continuation, started, hasExtensions: hasExtensions))
                }
            }
            .withConnectedSocket(pair[1]).get()
        let name = "/tmp/lambdad-memory.events-\(request.environment)"
        let memoryEvents = unsafe Glibc.open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        _ = unsafe unlink(name)
        let (freezer, switches) = try await Self.makeFreezer()
        let sandbox = FakeSandbox(
            request: request, port: port, logWriter: pipe[1], frameWriter: request.framesLog ? frames[1] : nil,
            control: channel, commands: commands, memoryEvents: memoryEvents, switches: switches, started: started,
            hasExtensions: hasExtensions)
        let descriptors = SandboxDescriptors(
            pidfd: dup(pipe[0]), log: pipe[0], runtimeListener: listener, servicesListener: nil, control: pair[0],
            memoryPeak: nil, memoryEvents: dup(memoryEvents), freezer: freezer,
            frames: request.framesLog ? frames[0] : nil, runtimePort: port)
        return (sandbox, descriptors)
    }

    private static func makeFreezer() async throws -> (Int32, AsyncStream<UInt8>) {
        var pipe: [Int32] = [0, 0]
        precondition(unsafe Glibc.pipe(&pipe) == 0)
        let (switches, continuation) = AsyncStream.makeStream(of: UInt8.self)
        _ = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SwitchHandler(continuation))
                }
            }
            .takingOwnershipOfDescriptor(input: pipe[0]).get()
        return (pipe[1], switches)
    }

    /// The next thing that is written to `cgroup.freeze`; `nil` once it is closed.
    func nextSwitch() async -> String? {
        for await byte in self.switches { return String(decoding: [byte], as: UTF8.self) }
        return nil
    }

    /// What `memory.events` tells from now on.
    func setMemoryKills(_ count: Int) {
        let text = Array("low 0\nmax 7\noom 1\noom_kill \(count)\noom_group_kill 0\n".utf8)
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(self.memoryEvents, $0.baseAddress, $0.count, 0) }
    }

    /// The next thing that the engine asks init for, figures of memory left out (they are answered with 8 MiB).
    func nextCommand() async -> Command? {
        for await command in self.commands where command != .memory { return command }
        return nil
    }

    /// The variables of the first process; `nil` where something else is asked of init first.
    var startEnvironment: [String]? {
        get async {
            guard case .start? = await self.nextCommand() else { return nil }
            return self.started.environment.withLock { $0 }
        }
    }

    func report(_ event: [UInt8]) {
        self.control.writeAndFlush(ByteBuffer(bytes: event), promise: nil)
    }

    func reportExit(tag: UInt32, status: UInt8) {
        self.report([13, 0, 0, 0, 18] + word(tag) + word(0) + word(UInt32(status)))
    }
    func reportSignal(tag: UInt32, number: UInt8) {
        self.report([13, 0, 0, 0, 18] + word(tag) + word(1) + word(UInt32(number)))
    }
    func reportFiles(tag: UInt32, _ names: [String], errno: UInt32 = 0) {
        let list = names.flatMap { word(UInt32($0.utf8.count)) + Array($0.utf8) }
        self.report(word(UInt32(13 + list.count)) + [21] + word(tag) + word(errno) + word(UInt32(names.count)) + list)
    }
    func reportAllKilled() { self.report([1, 0, 0, 0, 20]) }
    func reportStartFailed(tag: UInt32, errno: UInt8) {
        self.report([9, 0, 0, 0, 17] + word(tag) + word(UInt32(errno)))
    }
    /// Everything inside is dead.
    func vanish() { self.control.close(promise: nil) }

    func writeLog(_ text: String) { Self.write(Array(text.utf8), to: self.logWriter) }

    /// To the pipe for framed records, where there is one.
    func writeFrames(_ bytes: [UInt8]) {
        if let writer = self.frameWriter { Self.write(bytes, to: writer) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Once it has been started: what calls before that is no runtime. With extensions the test itself waits for the start.
    func runtime() async throws -> FakeRuntime {
        if !self.hasExtensions { await self.started.waitForStart() }
        return try await FakeRuntime.connect(port: self.port)
    }

    private func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    private static func listen() -> (Int32, UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                precondition(unsafe bind(listener, raw, length) == 0)
                precondition(Glibc.listen(listener, 16) == 0)
                precondition(unsafe getsockname(listener, raw, &length) == 0)
            }
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }
}

/// What a start command carried.
final class StartRecord: Sendable {
    let environment = Mutex<[String]>([])
    private let state = Mutex<(isStarted: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func startCame() {
        let waiting = self.state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func waitForStart() async {
        await withCheckedContinuation { continuation in
            let isStarted = self.state.withLock { state in
                if !state.isStarted { state.waiting.append(continuation) }
                return state.isStarted
            }
            if isStarted { continuation.resume() }
        }
    }
}

private final class SwitchHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<UInt8>.Continuation

    init(_ continuation: AsyncStream<UInt8>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in self.unwrapInboundIn(data).readableBytesView { self.continuation.yield(byte) }
    }

    func channelInactive(context: ChannelHandlerContext) { self.continuation.finish() }
}

private final class CommandHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<FakeSandbox.Command>.Continuation
    private let started: StartRecord
    private let hasExtensions: Bool
    private var pending = ByteBuffer()

    init(
        _ continuation: AsyncStream<FakeSandbox.Command>.Continuation, _ started: StartRecord, hasExtensions: Bool
    ) {
        self.continuation = continuation
        self.started = started
        self.hasExtensions = hasExtensions
    }

    /// A number of byte strings, each with its length before it.
    private static func strings(_ body: inout ByteBuffer) -> [String] {
        let count = body.readInteger(endianness: .little, as: UInt32.self) ?? 0
        return (0..<count).compactMap { _ in
            body.readInteger(endianness: .little, as: UInt32.self).flatMap { body.readString(length: Int($0)) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        self.pending.writeBuffer(&bytes)
        while let length = self.pending.getInteger(at: self.pending.readerIndex, endianness: .little, as: UInt32.self),
            self.pending.readableBytes >= 4 + Int(length)
        {
            self.pending.moveReaderIndex(forwardBy: 4)
            guard var body = self.pending.readSlice(length: Int(length)), let kind: UInt8 = body.readInteger() else {
                return
            }
            switch kind {
            case 1:
                let tag = body.readInteger(endianness: .little, as: UInt32.self) ?? 0
                _ = Self.strings(&body)
                let environment = Self.strings(&body)
                self.started.environment.withLock { $0 = environment }
                self.started.startCame()
                self.continuation.yield(.start(tag: tag))
            case 2:
                let tag = body.readInteger(endianness: .little, as: UInt32.self) ?? 0
                let number = body.readInteger(endianness: .little, as: UInt32.self) ?? 0
                self.continuation.yield(tag > 0xFFFF ? .signalExtension(tag: tag, number: number) : .signal)
            case 3: self.continuation.yield(.killAll)
            case 5:
                let tag = body.readInteger(endianness: .little, as: UInt32.self) ?? 0
                if self.hasExtensions {
                    self.continuation.yield(.list(tag: tag))
                } else {
                    let nothing: [UInt8] = [13, 0, 0, 0, 21, UInt8(tag), 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
                    context.writeAndFlush(NIOAny(ByteBuffer(bytes: nothing)), promise: nil)
                }
            case 6:
                let tag = body.readBytes(length: 4) ?? []
                let made: [UInt8] = [9, 0, 0, 0, 22] + tag + [0, 0, 0, 0]
                context.writeAndFlush(NIOAny(ByteBuffer(bytes: made)), promise: nil)
            case 7: self.continuation.yield(.log)
            case 8:
                self.continuation.yield(
                    .startExtension(tag: body.readInteger(endianness: .little, as: UInt32.self) ?? 0))
            default:
                let answer: [UInt8] = [9, 0, 0, 0, 19, 0, 0, 0x80, 0, 0, 0, 0, 0]
                context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer)), promise: nil)
                self.continuation.yield(.memory)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Whoever still waits for a start finds nobody.
        self.started.startCame()
        self.continuation.yield(.closed)
        self.continuation.finish()
    }
}

/// A runtime that speaks to the Runtime API over one connection.
final class FakeRuntime: Sendable {
    struct Reply: Sendable {
        var status = 0
        var headers = HTTPHeaders()
        var body: [UInt8] = []
        var text: String { String(decoding: self.body, as: UTF8.self) }
    }

    let channel: any Channel
    private let replies: AsyncStream<Reply>

    private init(channel: any Channel, replies: AsyncStream<Reply>) {
        self.channel = channel
        self.replies = replies
    }

    static func connect(port: UInt16) async throws -> FakeRuntime {
        let (replies, continuation) = AsyncStream.makeStream(of: Reply.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(ReplyHandler(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: Int(port)).get()
        return FakeRuntime(channel: channel, replies: replies)
    }

    func next() async throws -> Reply { try await self.call("GET", "/2018-06-01/runtime/invocation/next") }

    func respond(_ request: String, _ body: String) async throws -> Reply {
        try await self.call("POST", "/2018-06-01/runtime/invocation/\(request)/response", body: Array(body.utf8))
    }

    func call(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> Reply {
        var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path)
        head.headers.add(name: "Host", value: "sandbox")
        for (name, value) in headers { head.headers.add(name: name, value: value) }
        head.headers.add(name: "Content-Length", value: String(body.count))
        self.channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if !body.isEmpty {
            self.channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        }
        try await self.channel.writeAndFlush(HTTPClientRequestPart.end(nil))
        return try await self.reply()
    }

    /// The next reply to a request that was sent.
    func reply() async throws -> Reply {
        for await reply in self.replies { return reply }
        throw ChannelError.eof
    }

    func close() { self.channel.close(promise: nil) }
}

private final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    private let continuation: AsyncStream<FakeRuntime.Reply>.Continuation
    private var reply = FakeRuntime.Reply()

    init(_ continuation: AsyncStream<FakeRuntime.Reply>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.reply = FakeRuntime.Reply(status: Int(head.status.code), headers: head.headers)
        case .body(let bytes): self.reply.body.append(contentsOf: bytes.readableBytesView)
        case .end: self.continuation.yield(self.reply)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { self.continuation.finish() }
}
