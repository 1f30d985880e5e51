import FoundationEssentials
import Glibc
import LambdaCore
import Sandbox
import Testing

/// lambda-executor as a process of its own, with a policy, a cgroup and directories of the test's own.
final class ExecutorUnderTest {
    /// Seconds. Nothing here takes longer than a few milliseconds; this is for a loaded machine.
    static let patience: Int32 = 30

    let directory: String
    let process: pid_t
    let cgroup: String
    let client: ExecutorClient
    /// What it wrote to standard error until it was ready.
    let firstLines: String
    private let standardError: Int32
    private var ended = false

    var socket: String { self.directory + "/socket" }
    var code: String { self.directory + "/code" }
    var runtime: String { self.directory + "/runtime" }

    init(
        policy extra: String = "", filter: String? = nil, initProgram: String? = nil, cgroup: String? = nil,
        launchDeadline: Duration = .seconds(20)
    ) throws {
        let name = "lambdad-test-\(UUID().uuidString)"
        self.directory = "/tmp/\(name)"
        self.cgroup = cgroup ?? "/\(name)"
        try Self.makeDirectories(self.directory)
        try Self.write(
            """
            [executor]
            group = nogroup
            host_etc = \(self.directory)/etc
            root_directories = \(self.directory)/roots
            code_directories = \(self.directory)/code
            runtime_directories = \(self.directory)/runtime
            cgroup = \(self.cgroup)
            \(extra)

            """, to: self.directory + "/policy")
        let (reader, writer) = try TestProgram.pipe()
        self.standardError = reader
        self.process = try TestProgram.spawn(
            [
                try TestProgram.path("lambda-executor"), "--socket", self.directory + "/socket",
                "--policy", self.directory + "/policy", "--init", try initProgram ?? StaticInit.path.get(),
                "--filter", filter ?? Self.repository + "/packaging/seccomp/default.policy", "--log", "stderr",
            ], descriptors: [nil, writer, writer])
        close(writer)
        do {
            self.firstLines = try Self.untilReady(reader)
        } catch {
            _ = try? TestProgram.wait(self.process)  // it has ended, which is what the error says
            try? FileManager.default.removeItem(atPath: self.directory)  // as at the end
            throw error
        }
        self.client = ExecutorClient(socketPath: self.directory + "/socket", launchDeadline: launchDeadline)
    }

    deinit {
        if !self.ended {
            kill(self.process, SIGTERM)
            _ = try? TestProgram.wait(self.process)  // reaped, or never ours
        }
        close(self.standardError)
        self.client.disconnect()
        try? FileManager.default.removeItem(atPath: self.directory)  // what is left lies in /tmp
        self.removeCgroups()
    }

    /// What an executor that a test has killed could not remove. Nothing is there otherwise.
    private func removeCgroups() {
        for mount in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
            let base = mount + self.cgroup
            let left = (try? FileManager.default.contentsOfDirectory(atPath: base + "/sandboxes")) ?? []
            for name in left.filter({ $0.hasPrefix("f.") }).map({ "/sandboxes/" + $0 }) + [
                "/sandboxes", "/executor", "",
            ] {
                // Safety: the string lives for the call.
                _ = unsafe rmdir(base + name)
            }
        }
    }

    static var repository: String {
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    }

    /// Asks it to stop. Returns its exit status.
    func terminate(_ signal: Int32 = SIGTERM) throws -> Int32 {
        kill(self.process, signal)
        self.ended = true
        return try TestProgram.wait(self.process)
    }

    /// A request that the policy allows; each call is another environment.
    func request(
        name: String = "f", userSlot: Int = 0, root: String = "host", code: String? = nil, runtime: String? = nil,
        layers: [String] = [], fileSystem: SandboxRequest.FileSystem? = nil, memorySize: Int = 128,
        ephemeralStorage: Int = 2, network: SandboxRequest.Network = .loopback,
        servicesPort: UInt16? = nil, framesLog: Bool = false, tracesOut: Bool = false
    ) throws -> SandboxRequest {
        SandboxRequest(
            environment: .random(), functionName: try #require(FunctionName(name)), userSlot: userSlot, root: root,
            codeDirectory: code ?? self.code + "/f", runtimeDirectory: runtime, layerDirectories: layers,
            fileSystem: fileSystem, memorySize: memorySize, ephemeralStorage: ephemeralStorage, network: network,
            servicesPort: servicesPort, framesLog: framesLog, tracesOut: tracesOut)
    }

    /// A sandbox that runs.
    func sandbox(_ request: SandboxRequest? = nil) async throws -> SandboxUnderTest {
        let request = try request ?? self.request()
        return SandboxUnderTest(request, try await self.client.launch(request))
    }

    private static func makeDirectories(_ directory: String) throws {
        let manager = FileManager.default
        for name in ["etc", "code/f", "runtime/r", "roots"] {
            try manager.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
        }
        try self.write(
            "root:x:0:0::/root:/bin/sh\nsbx_user1051:x:993:990::/home/sbx_user1051:/bin/sh\n",
            to: directory + "/etc/passwd")
        try self.write("", to: directory + "/etc/resolv.conf")
        try self.write("root:x:0:\nsbx_user1051:x:990:\n", to: directory + "/etc/group")
        try self.write("code\n", to: directory + "/code/f/handler")
        try self.write("runtime\n", to: directory + "/runtime/r/bootstrap")
    }

    static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// Reads standard error up to the line that says so.
    private static func untilReady(_ reader: Int32) throws -> String {
        var text = ""
        while !text.contains("ready\n") {
            guard try InitSandbox.isReadable(reader) else {
                throw TestFailure("the executor says nothing after \(text)")
            }
            let part = KernelDescriptors().readAvailable(reader, limit: 4_096)
            guard !part.isEmpty else { throw TestFailure("the executor ended with \(text)") }
            text += String(decoding: part, as: UTF8.self)
        }
        return text
    }
}

/// lambda-init as it is packaged: linked statically, for the root of a sandbox has not every library that SwiftPM's
/// link wants.
enum StaticInit {
    static let path = Result<String, any Error> {
        if let given = ProcessInfo.processInfo.environment["LAMBDAD_INIT"] { return given }
        let sources = ExecutorUnderTest.repository + "/Sources/lambda-init"
        let files = try FileManager.default.contentsOfDirectory(atPath: sources).filter { $0.hasSuffix(".c") }
        let product = try TestProgram.path("lambda-executor") + "-test-init"
        let made = try TestProgram.run(
            ["cc", "-static", "-O2", "-o", product] + files.sorted().map { "\(sources)/\($0)" })
        guard made.status == 0 else { throw TestFailure("cc: \(made.output)") }
        return product
    }
}
