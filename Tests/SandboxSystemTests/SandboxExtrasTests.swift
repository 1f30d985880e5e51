import Glibc
import LambdaCore
import Sandbox
import Testing

@Suite(.serialized, .enabled(if: TestProgram.isPrivileged, "needs root, for namespaces, mounts and cgroups"))
struct `What a sandbox has beside the usual` {
    private static let naming = ["_LAMBDA_TELEMETRY_LOG_FD=4"]

    private func bytes(of descriptor: Int32?) throws -> [UInt8] {
        KernelDescriptors().readAvailable(try #require(descriptor), limit: 65_536)
    }

    @Test func `is a pipe for framed records, for the process whose environment names it`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox(executor.request(framesLog: true))
        let named = try sandbox.run(["/bin/sh", "-c", "printf frame >&4"], environment: Self.naming)
        #expect(named.exit == .status(0))
        #expect(try self.bytes(of: sandbox.descriptors.frames) == Array("frame".utf8))
        #expect(named.output.isEmpty)
    }

    @Test(arguments: [[], ["_LAMBDA_TELEMETRY_LOG_FD=3"], ["LAMBDA_TELEMETRY_LOG_FD=4"]])
    func `is no pipe for other processes`(environment: [String]) async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox(executor.request(framesLog: true))
        let other = try sandbox.run(
            ["/bin/sh", "-c", "ls -m /proc/self/fd; printf frame >&4"], environment: environment)
        #expect(other.exit != .status(0))
        // 3 is the directory that ls looks at.
        #expect(other.output.hasPrefix("0, 1, 2, 3\n"))
        #expect(try self.bytes(of: sandbox.descriptors.frames).isEmpty)
    }

    @Test func `is nothing where nothing was asked for, and what is named then leads nowhere`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(sandbox.descriptors.frames == nil && sandbox.descriptors.traceSocket == nil)
        let named = try sandbox.run(["/bin/sh", "-c", "readlink /proc/self/fd/4"], environment: Self.naming)
        #expect(named.output == "/dev/null\n")
    }

    @Test(arguments: [nil, UInt16(4_566)]) func `is a place where datagrams for the trace daemon arrive`(
        services: UInt16?
    ) async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox(executor.request(servicesPort: services, tracesOut: true))
        #expect((sandbox.descriptors.servicesListener == nil) == (services == nil))
        let sent = try sandbox.shell("printf segment >/dev/udp/169.254.100.1/2000")
        #expect(sent.exit == .status(0))
        #expect(try self.bytes(of: sandbox.descriptors.traceSocket) == Array("segment".utf8))
    }

    @Test func `is no such place where the host's network is used`() async throws {
        let executor = try ExecutorUnderTest(policy: "host_network = yes")
        let sandbox = try await executor.sandbox(executor.request(network: .host, tracesOut: true))
        #expect(sandbox.descriptors.traceSocket == nil)
    }
}
