import Engine
import Glibc
import LambdaCore
import Lifecycle
import Logging
import NIOPosix
import RuntimeAPI
import Synchronization
import Testing

/// An invocation plane whose sandboxes are played by the test.
final class EngineFixture: Sendable {
    let plane: InvocationPlane
    let launcher = FakeLauncher()
    let log = RecordingLog()
    let settings: CurrentSettings
    let events = EnvironmentEvents()
    let passing = FakePassing()
    let stopped: AsyncStream<EnvironmentID>
    private let states = Mutex<[EnvironmentEvent]>([])
    private let changes: AsyncStream<Void>

    /// - Parameter time: With a clock that stands still nothing takes too long, however slow the machine is; timers fire and
    ///   find that it is not time yet.
    init(
        _ settings: EngineSettings = EngineSettings(), directories: (any HostDirectoryWatching)? = nil,
        versions: (any VersionLookup)? = nil, time: any TimeSource = WallClock(), loops: Int = 1,
        isManaged: Bool = false, traceDaemon: (any TraceForwarding)? = nil, runtimes: (any RuntimeDirectory)? = nil
    ) {
        self.settings = CurrentSettings(settings)
        let (stopped, continuation) = AsyncStream.makeStream(of: EnvironmentID.self)
        self.stopped = stopped
        let (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.changes = changes
        self.events.listen { if $0.to == .stopped { continuation.yield($0.environment) } }
        self.plane = InvocationPlane(
            parts: EngineParts(
                launcher: self.launcher, credentials: FixedCredentials(),
                runtimes: runtimes ?? OneRuntime(isManaged: isManaged),
                codeDirectory: { "/code/\($0.digest)" }, sessionName: { "\($0)" }, log: self.log, time: time,
                reader: PlainReader(), runtimeServer: RuntimeAPIServer(), servicesRelay: nil,
                directories: directories, passing: self.passing, versions: versions, traceDaemon: traceDaemon,
                settings: self.settings,
                events: self.events,
                logger: Logger(label: "test") { _ in
                    SwiftLogNoOpLogHandler()
                }),
            loops: (0..<loops).map { _ in MultiThreadedEventLoopGroup.singleton.next() })
        self.events.listen { [weak self] event in
            self?.states.withLock { $0.append(event) }
            change.yield()
        }
    }

    func function(
        timeout: Int = 30, generation: Int = 1, version: String = FunctionRecord.latest
    ) throws -> FunctionRecord {
        let name = try #require(FunctionName("hello"))
        var record = FunctionRecord(
            key: FunctionKey(account: .standard, region: .standard, name: name),
            role: "arn:aws:iam::000000000000:role/r", runtime: "test", handler: "app.handler",
            code: CodeReference(digest: "d\(generation)", base64: "", size: 1), lastModified: WallTime(milliseconds: 0))
        record.timeout = timeout
        record.generation = generation
        record.version = version
        record.state = .active
        return record
    }

    /// Begins an invocation; the answer is awaited through the task. What the test tells the plane after this comes after it.
    func invoke(
        _ function: FunctionRecord, payload: String = "{}", tail: Bool = false, tenant: String? = nil,
        trace: String? = nil
    ) -> Task<Result<InvocationAnswer, InvocationFailure>, Never> {
        let invocation = Invocation(
            requestID: .random(), function: function, invokedARN: function.key.arn, payload: Array(payload.utf8),
            traceHeader: trace ?? "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
            wantsLogTail: tail, tenantID: tenant, receivedAt: WallClock().now)
        let (answers, answer) = AsyncStream.makeStream(of: Result<InvocationAnswer, InvocationFailure>.self)
        self.plane.submit(invocation) { result in
            answer.yield(result)
            answer.finish()
        }
        return Task {
            for await result in answers { return result }
            return .failure(.startFailed("the invocation was forgotten"))
        }
    }

    /// Returns once an environment has come to a state so many times; one test waits at a time.
    func reached(_ state: EnvironmentMachine.State, _ environment: EnvironmentID, times: Int = 1) async {
        func isReached() -> Bool {
            self.states.withLock { $0.count { $0.environment == environment && $0.to == state } >= times }
        }
        if !isReached() { for await _ in self.changes where isReached() { break } }
        // The event comes first; this is answered when all that follows from it is done.
        _ = await self.plane.codeInUse()
    }

    func nextStopped() async -> EnvironmentID? {
        for await environment in self.stopped { return environment }
        return nil
    }
}

/// Hands every sandbox that it makes to the test.
final class FakeLauncher: SandboxLauncher {
    private let stream: AsyncStream<FakeSandbox>
    private let continuation: AsyncStream<FakeSandbox>.Continuation
    private let failure = Mutex<LaunchError?>(nil)
    private let extensions = Mutex(false)
    /// Launches that were asked for, less those that the test has taken.
    private let untaken = Mutex(0)

    var isIdle: Bool { self.untaken.withLock { $0 == 0 } }

    init() { (self.stream, self.continuation) = AsyncStream.makeStream(of: FakeSandbox.self) }

    /// From now on the test says which extensions there are.
    func hasExtensions() { self.extensions.withLock { $0 = true } }

    func failNext(with error: LaunchError) { self.failure.withLock { $0 = error } }

    func launch(_ request: SandboxRequest) async throws(LaunchError) -> SandboxDescriptors {
        let failure = self.failure.withLock { failure in
            defer { failure = nil }
            return failure
        }
        if let failure { throw failure }
        self.untaken.withLock { $0 += 1 }
        do {
            let (sandbox, descriptors) = try await FakeSandbox.make(
                for: request, hasExtensions: self.extensions.withLock { $0 })
            self.continuation.yield(sandbox)
            return descriptors
        } catch { throw .vanished }
    }

    func stop(_ environment: EnvironmentID) async {}

    func nextSandbox() async -> FakeSandbox? {
        for await sandbox in self.stream {
            self.untaken.withLock { $0 -= 1 }
            return sandbox
        }
        return nil
    }
}

final class RecordingLog: FunctionLogSink {
    private let entries = Mutex<[FunctionLogEntry]>([])

    var all: [FunctionLogEntry] { self.entries.withLock { $0 } }
    var lines: [String] { self.entries.withLock { $0.map { String(decoding: $0.message, as: UTF8.self) } } }

    func append(_ entries: [FunctionLogEntry]) -> Bool {
        self.entries.withLock { $0 += entries }
        return true
    }

    func whenDrained(_ resume: @escaping @Sendable () -> Void) { resume() }
}

struct FixedCredentials: RoleCredentialsProvider {
    func credentials(
        role: String, account: AccountID, region: Region, sessionName: String, duration: Duration
    ) async throws(RoleCredentialsError) -> Credentials {
        Credentials(accessKeyID: "AKIDTEST", secretAccessKey: "secret", sessionToken: "token", expiration: nil)
    }
}

struct OneRuntime: RuntimeDirectory {
    var isManaged = false

    func manifest(for id: String) -> RuntimeManifest? {
        try? RuntimeManifest(
            parsing: "[runtime]\nid = test\ncommand = /usr/bin/runtime {handler}\nversion = test:1\n"
                + "managed = \(self.isManaged ? "yes" : "no")\n")
    }
    func refusal(of id: String) -> String? { nil }
}

struct WallClock: TimeSource {
    private static let start = ContinuousClock().now
    var now: Instant { Instant(nanoseconds: UInt64(max(0, (ContinuousClock().now - Self.start).nanoseconds)) + 1) }
    var wallTime: WallTime { WallTime(milliseconds: Int64(time(nil)) * 1000) }
}

struct PlainReader: DescriptorReader {
    func readAvailable(_ descriptor: Int32, limit: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, unsafe Glibc.read(descriptor, buffer.baseAddress, limit))
        }
    }
    func readFile(_ descriptor: Int32) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, count in
            count = max(0, unsafe Glibc.pread(descriptor, buffer.baseAddress, 4_096, 0))
        }
    }
    func writeFile(_ descriptor: Int32, _ text: StaticString) -> Int32 {
        unsafe Glibc.write(descriptor, text.utf8Start, text.utf8CodeUnitCount) < 0 ? errno : 0
    }
    func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
