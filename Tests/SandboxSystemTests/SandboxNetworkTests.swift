import Foundation
import Glibc
import LambdaCore
import Sandbox
import Testing

@Suite(.serialized, .enabled(if: TestProgram.isPrivileged, "needs root, for namespaces, mounts and cgroups"))
struct `The network of a sandbox` {
    /// Bash's own sockets, so that the test needs no program; prints the reason where there is no connection.
    private func connect(_ address: String, _ port: UInt16) -> String { "exec 9<>/dev/tcp/\(address)/\(port)" }

    @Test func `reaches the Runtime API's listener, which is served from outside`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(sandbox.descriptors.runtimePort == 9_001)
        try sandbox.start(50, ["/bin/sh", "-c", self.connect("169.254.100.1", 9_001) + "; cat <&9"])
        #expect(try self.serve(sandbox.descriptors.runtimeListener))
        #expect(try self.ends(sandbox, 50))
        #expect(try sandbox.logText() == "hello")
    }

    @Test func `reaches the services listener where one was asked for`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox(executor.request(servicesPort: 4_566))
        let listener = try #require(sandbox.descriptors.servicesListener)
        try sandbox.start(51, ["/bin/sh", "-c", self.connect("169.254.100.2", 4_566) + "; cat <&9"])
        #expect(try self.serve(listener))
        #expect(try self.ends(sandbox, 51))
        #expect(try sandbox.logText() == "hello")
        #expect(try await executor.sandbox().descriptors.servicesListener == nil)
    }

    @Test(arguments: ["169.254.169.254", "192.0.2.1", "8.8.8.8", "169.254.100.3"])
    func `reaches nothing else`(address: String) async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        let finished = try sandbox.shell(self.connect(address, 80))
        #expect(finished.exit == .status(1))
        #expect(finished.output.contains("Network is unreachable"))
    }

    @Test func `does not reach what listens on the host's loopback`() async throws {
        let executor = try ExecutorUnderTest(policy: "host_network = yes")
        let open = try await executor.sandbox(executor.request(network: .host))
        let closed = try await executor.sandbox()
        let port = open.descriptors.runtimePort
        // The probe sees the listener where it may.
        #expect(try open.shell(self.connect("127.0.0.1", port)).exit == .status(0))
        #expect(try closed.shell(self.connect("127.0.0.1", port)).output.contains("Connection refused"))
    }

    @Test func `is the host's where the policy allows it, on a port that was free`() async throws {
        let executor = try ExecutorUnderTest(policy: "host_network = yes")
        let first = try await executor.sandbox(executor.request(network: .host))
        let second = try await executor.sandbox(executor.request(network: .host))
        #expect(first.descriptors.runtimePort != second.descriptors.runtimePort)
        #expect(first.descriptors.runtimePort >= 1_024)
    }

    @Test func `has the machine's name servers where it is the host's`() async throws {
        let executor = try ExecutorUnderTest(policy: "host_network = yes")
        let sandbox = try await executor.sandbox(executor.request(network: .host))
        let own = try String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8)
        #expect(try sandbox.shell("cat /etc/resolv.conf").output == own)
    }

    /// Takes one connection and greets it.
    private func serve(_ listener: Int32) throws -> Bool {
        guard try InitSandbox.isReadable(listener) else { return false }
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        let greeting = Array("hello".utf8)
        // Safety: the array lives for the call.
        return unsafe write(connection, greeting, greeting.count) == greeting.count
    }

    private func ends(_ sandbox: SandboxUnderTest, _ tag: UInt32) throws -> Bool {
        while true {
            switch try sandbox.next() {
            case .exited(tag, let exit): return exit == .status(0)
            case .startFailed: return false
            default: continue
            }
        }
    }
}
