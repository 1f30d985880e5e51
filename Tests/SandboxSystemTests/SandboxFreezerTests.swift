import FoundationEssentials
import Glibc
import LambdaCore
import Sandbox
import Testing

/// The real `cgroup.freeze` of a sandbox, written through the descriptor that the executor hands out.
@Suite(.serialized, .enabled(if: TestProgram.isPrivileged, "needs root, for namespaces, mounts and cgroups"))
struct `The freezer of a sandbox` {
    private let kernel = KernelDescriptors()

    private static func directory(of sandbox: SandboxUnderTest, _ executor: ExecutorUnderTest) throws -> String {
        let places = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map {
            "\($0)\(executor.cgroup)/sandboxes/f.\(sandbox.environment)"
        }
        return try #require(places.first { FileManager.default.fileExists(atPath: $0) })
    }

    private static func value(_ key: String, in file: String) throws -> Int {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(key + " ") })
        return try #require(Int(line.dropFirst(key.count + 1)))
    }

    /// Waits until the kernel says that everything inside stands still, or runs; it tells by POLLPRI.
    private static func wait(until frozen: Int, _ directory: String) throws {
        // Safety: the string lives for the call.
        let file = unsafe open(directory + "/cgroup.events", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw TestFailure("cgroup.events") }
        defer { close(file) }
        while try Self.value("frozen", in: directory + "/cgroup.events") != frozen {
            var poller = pollfd(fd: file, events: Int16(POLLPRI), revents: 0)
            _ = KernelDescriptors().readFile(file)
            guard try Self.value("frozen", in: directory + "/cgroup.events") != frozen else { return }
            // Safety: one element, as the count says.
            guard unsafe poll(&poller, 1, InitSandbox.patience) == 1 else { throw TestFailure("not frozen: \(frozen)") }
        }
    }

    /// A sandbox with two loops that never rest.
    private func busy(_ executor: ExecutorUnderTest) async throws -> (
        SandboxUnderTest, directory: String, freezer: Int32
    ) {
        let sandbox = try await executor.sandbox()
        try sandbox.start(7, ["/bin/sh", "-c", "(while :; do :; done) & while :; do :; done"])
        guard case .started(7, _) = try sandbox.next() else { throw TestFailure("not started") }
        return (sandbox, try Self.directory(of: sandbox, executor), try #require(sandbox.descriptors.freezer))
    }

    private static func usage(_ directory: String) throws -> Int {
        try Self.value("usage_usec", in: directory + "/cpu.stat")
    }

    @Test func `stops everything inside, and what is thawed goes on`() async throws {
        let executor = try ExecutorUnderTest()
        let (sandbox, directory, freezer) = try await self.busy(executor)
        // The probe sees work where there is some.
        let begin = try Self.usage(directory)
        while try Self.usage(directory) < begin + 20_000 {}
        #expect(self.kernel.writeFile(freezer, "1") == 0)
        try Self.wait(until: 1, directory)
        let before = try Self.usage(directory)
        // Time passes for everybody else: another sandbox is made, works and ends.
        let other = try await executor.sandbox()
        #expect(try other.output(of: "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $i") == "20000\n")
        await executor.client.stop(other.environment)
        #expect(try Self.usage(directory) == before)

        #expect(self.kernel.writeFile(freezer, "0") == 0)
        try Self.wait(until: 0, directory)
        while try Self.usage(directory) < before + 20_000 {}
        #expect(try sandbox.output(of: "echo there") == "there\n")
    }

    @Test func `keeps no connection from being answered after the thaw`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        let freezer = try #require(sandbox.descriptors.freezer)
        let directory = try Self.directory(of: sandbox, executor)
        // Init is asked while it is frozen, and answers once it is not.
        #expect(self.kernel.writeFile(freezer, "1") == 0)
        try Self.wait(until: 1, directory)
        try sandbox.start(5, ["/bin/echo", "later"])
        #expect(self.kernel.writeFile(freezer, "0") == 0)
        guard case .started(5, _) = try sandbox.next() else { throw TestFailure("not started") }
        #expect(try sandbox.next() == .exited(tag: 5, .status(0)))
        #expect(try sandbox.logText() == "later\n")
    }

    @Test func `does not keep a frozen sandbox from being ended`() async throws {
        let executor = try ExecutorUnderTest()
        let (sandbox, directory, freezer) = try await self.busy(executor)
        #expect(self.kernel.writeFile(freezer, "1") == 0)
        try Self.wait(until: 1, directory)
        await executor.client.stop(sandbox.environment)
        #expect(try sandbox.hasEnded())
        #expect(!FileManager.default.fileExists(atPath: directory))
        // The switch of a cgroup that is gone says so.
        #expect(self.kernel.writeFile(freezer, "0") == ENODEV)
    }

    @Test func `does not keep frozen sandboxes alive when their client is lost`() async throws {
        let executor = try ExecutorUnderTest()
        let (sandbox, directory, freezer) = try await self.busy(executor)
        #expect(self.kernel.writeFile(freezer, "1") == 0)
        try Self.wait(until: 1, directory)
        executor.client.disconnect()
        #expect(try sandbox.hasEnded())
    }
}
