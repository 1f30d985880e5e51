import FoundationEssentials
import Glibc
import LambdaCore
import Sandbox
import Testing

@Suite(.serialized, .enabled(if: TestProgram.isPrivileged, "needs root, for namespaces, mounts and cgroups"))
struct `A request that cannot be met` {
    @Test func `is refused by the rule it breaks`() async throws {
        let executor = try ExecutorUnderTest()
        let slot = try executor.request(userSlot: 1_000_000)
        await #expect(throws: LaunchError.refused("the user slot 1000000 is outside uid_count (65536 slots)")) {
            try await executor.client.launch(slot)
        }
        let path = try executor.request(code: "/etc")
        await #expect(throws: LaunchError.refused("'/etc' is not below code_directories")) {
            try await executor.client.launch(path)
        }
    }

    @Test func `is refused where a symlink leads out of the allowed directories`() async throws {
        let executor = try ExecutorUnderTest()
        try FileManager.default.createSymbolicLink(atPath: executor.code + "/link", withDestinationPath: "/etc")
        for name in ["link", "link/ssl"] {
            let path = "\(executor.code)/\(name)"
            await #expect(throws: LaunchError.refused("'\(path)' goes through a symlink")) {
                try await executor.client.launch(executor.request(code: path))
            }
        }
    }

    @Test func `fails by the name of the step and the errno where the code is missing`() async throws {
        let executor = try ExecutorUnderTest()
        await #expect(throws: LaunchError.setupFailed(step: "open missing", errno: ENOENT)) {
            try await executor.client.launch(executor.request(code: executor.code + "/missing"))
        }
    }

    @Test func `fails where the code is no directory`() async throws {
        let executor = try ExecutorUnderTest()
        try ExecutorUnderTest.write("x", to: executor.code + "/file")
        await #expect(throws: LaunchError.setupFailed(step: "open file", errno: ENOTDIR)) {
            try await executor.client.launch(executor.request(code: executor.code + "/file"))
        }
        #expect(try await executor.sandbox().run(["/bin/true"]).exit == .status(0))
    }

    @Test func `fails by the name of the child's step and the errno, which the probe tells at start`() throws {
        #expect {
            _ = try ExecutorUnderTest(initProgram: "/etc/passwd")
        } throws: { error in
            "\(error)".contains("exec of init") && "\(error)".contains("errno: \(ENOEXEC)")
        }
    }

    @Test func `is refused past the limit of sandboxes`() async throws {
        let executor = try ExecutorUnderTest(policy: "sandboxes_max = 1")
        let first = try await executor.sandbox()
        await #expect(throws: LaunchError.refused("sandboxes_max (1) is reached")) {
            try await executor.client.launch(executor.request())
        }
        await executor.client.stop(first.environment)
        _ = try await executor.sandbox()
    }

    @Test func `is answered as malformed, and the connection goes on`() async throws {
        let executor = try ExecutorUnderTest()
        let socket = try RawClient(executor.socket)
        for bytes in [[], [9], [3, 1], [3, 1, 32, 0], Array(repeating: 3, count: 50_000)] as [[UInt8]]
        where !bytes.isEmpty {
            try socket.send(bytes)
            guard case .malformed = try socket.reply() else {
                Issue.record("\(bytes.count) bytes were not malformed")
                return
            }
        }
        let request = try executor.request()
        try socket.send(ExecutorRequest.create(request).packet)
        guard case .created(request.environment, 9_001, _) = try socket.reply() else {
            Issue.record("the connection did not go on")
            return
        }
        try socket.send(ExecutorRequest.stop(request.environment).packet)
        var last = try socket.reply()
        // Its control socket was closed with the other descriptors, by which init ends: that may be told first.
        if last == .vanished(request.environment) { last = try socket.reply() }
        #expect(last == .stopped(request.environment))
    }

    @Test func `cannot stop another client's sandbox`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        let other = try RawClient(executor.socket)
        try other.send(ExecutorRequest.stop(sandbox.environment).packet)
        #expect(try other.reply() == .stopped(sandbox.environment))
        #expect(try sandbox.run(["/bin/true"]).exit == .status(0))
    }

    @Test func `is not taken from a user outside the group`() throws {
        let executor = try ExecutorUnderTest()
        // Even where the socket's own mode would let it in.
        // Safety: the strings live for the calls.
        #expect(unsafe chmod(executor.socket, 0o666) == 0 && chmod(executor.directory, 0o755) == 0)
        let script = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.settimeout(20)
            s.connect(sys.argv[1])
            try: s.send(b"\\x01\\x01")
            except OSError: pass
            try: answered = len(s.recv(100)) > 0
            except OSError: answered = False
            print("answered" if answered else "turned away")
            """
        func ask(_ group: String) throws -> String {
            try TestProgram.run(
                [
                    "setpriv", "--reuid", "65534", "--regid", group, "--clear-groups", "/usr/bin/python3", "-c", script,
                    executor.socket,
                ]
            ).output
        }
        let (insider, outsider) = (try ask("65534"), try ask("12345"))
        #expect(insider == "answered\n")  // nogroup, which this executor's policy names
        #expect(outsider == "turned away\n")
    }
}

/// A client that sends what it likes.
final class RawClient {
    private let socket: Int32

    init(_ path: String) throws {
        self.socket = try RawSocket.connect(path)
    }

    deinit { close(self.socket) }

    func send(_ bytes: [UInt8]) throws {
        // Safety: the array lives for the call.
        guard unsafe Glibc.send(self.socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw TestFailure("send")
        }
    }

    /// The next answer; descriptors that come with it are closed by the kernel, for there is no room for them.
    func reply() throws -> ExecutorReply {
        guard try InitSandbox.isReadable(self.socket) else { throw TestFailure("no answer") }
        return try ExecutorReply(packet: KernelDescriptors().readAvailable(self.socket, limit: 65_536))
    }
}

private enum RawSocket {
    static func connect(_ path: String) throws -> Int32 {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        // Safety: the path is shorter than the field, which is zero behind it.
        let result = unsafe withUnsafeMutableBytes(of: &name) { bytes in
            unsafe bytes[2...].copyBytes(from: Array(path.utf8.prefix(107)))
            return unsafe Glibc.connect(
                socket, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard result == 0 else { throw TestFailure("connect to \(path)") }
        return socket
    }
}
