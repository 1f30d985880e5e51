import FoundationEssentials
import Glibc
import LambdaCore
import Sandbox
import Testing

@Suite(.serialized, .enabled(if: TestProgram.isPrivileged, "needs root, for namespaces, mounts and cgroups"))
struct `A file system of the host in a sandbox` {
    private static let owner: uid_t = 23_456

    /// A directory, an executor that allows it, and what to ask for.
    private struct Shared {
        let directory: String
        let executor: ExecutorUnderTest
        var wanted: SandboxRequest.FileSystem { .init(directory: self.directory, mountPath: "/mnt/data") }

        init(owner: uid_t, mode: mode_t = 0o755) throws {
            self.directory = "/tmp/lambdad-test-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: self.directory, withIntermediateDirectories: true)
            // Safety: the strings live for the calls.
            try #require(
                unsafe chown(self.directory, owner, owner) == 0 && chmod(self.directory, mode) == 0)
            self.executor = try ExecutorUnderTest(policy: "file_system_directories = \(self.directory)")
        }

        func remove() { try? FileManager.default.removeItem(atPath: self.directory) }  // what is left lies in /tmp

        func owner(of name: String) throws -> String {
            try TestProgram.run(["stat", "-c", "%u:%g", "\(self.directory)/\(name)"]).output
        }
    }

    @Test func `is written to as the owner of the directory, by every function`() async throws {
        let shared = try Shared(owner: Self.owner)
        defer { shared.remove() }
        for (slot, name) in [(3, "one"), (4, "two")] {
            let sandbox = try await shared.executor.sandbox(
                shared.executor.request(userSlot: slot, fileSystem: shared.wanted))
            #expect(
                try sandbox.output(of: "cd /mnt/data; echo \(name) >\(name); mkdir d-\(name); cat \(name)")
                    == "\(name)\n")
            #expect(
                try sandbox.output(of: "stat -c %U:%G /mnt/data /mnt/data/one")
                    == "sbx_user1051:sbx_user1051\nsbx_user1051:sbx_user1051\n")
            #expect(try shared.owner(of: name) == "\(Self.owner):\(Self.owner)\n")
            #expect(try shared.owner(of: "d-\(name)") == "\(Self.owner):\(Self.owner)\n")
        }
        let third = try await shared.executor.sandbox(shared.executor.request(fileSystem: shared.wanted))
        #expect(
            try third.output(of: "cat /mnt/data/one /mnt/data/two; rm /mnt/data/one; ls /mnt/data")
                == "one\ntwo\nd-one\nd-two\ntwo\n")
    }

    @Test(arguments: ["/mnt/data", "/tmp"])
    func `takes, as /tmp does, every change that a program makes to files`(directory: String) async throws {
        let shared = try Shared(owner: Self.owner)
        defer { shared.remove() }
        let sandbox = try await shared.executor.sandbox(shared.executor.request(fileSystem: shared.wanted))
        let changes = """
            cd \(directory) && mkdir a b && echo 1 >a/f && mv a/f b/g && ln -s g b/l && ln b/g b/h && mkfifo p && : >b/g \
            && rm -r a b p && echo done
            """
        #expect(try sandbox.output(of: changes) == "done\n")
    }

    @Test func `is nosuid and nodev, and the only thing at /mnt, where nothing can be added`() async throws {
        let shared = try Shared(owner: Self.owner)
        defer { shared.remove() }
        let sandbox = try await shared.executor.sandbox(shared.executor.request(fileSystem: shared.wanted))
        let options = try sandbox.output(of: "grep ' /mnt/data ' /proc/self/mountinfo").split(separator: " ")[5]
        #expect(options.hasPrefix("rw,nosuid,nodev"))
        #expect(try sandbox.output(of: "ls /mnt; stat -c %a:%u /mnt") == "data\n755:0\n")
        #expect(try sandbox.shell("mkdir /mnt/x").output.contains("Read-only file system"))
    }

    @Test func `that root owns is not written to as root: the function is one of the others there`() async throws {
        let closed = try Shared(owner: 0)
        defer { closed.remove() }
        let reader = try await closed.executor.sandbox(closed.executor.request(fileSystem: closed.wanted))
        #expect(try reader.shell("echo >/mnt/data/x").output.contains("Permission denied"))
        let open = try Shared(owner: 0, mode: 0o777)
        defer { open.remove() }
        let writer = try await open.executor.sandbox(open.executor.request(userSlot: 2, fileSystem: open.wanted))
        #expect(try writer.output(of: "echo x >/mnt/data/x; cat /mnt/data/x") == "x\n")
        #expect(try open.owner(of: "x") == "1879048196:1879048196\n")
    }

    @Test func `is writable though the mount that the executor sees is not, as under ProtectSystem=strict`()
        async throws
    {
        let shared = try Shared(owner: Self.owner)
        defer { shared.remove() }
        let bound = try TestProgram.run([
            "sh", "-c", "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && ! touch \"$0/x\" 2>&1",
            shared.directory,
        ])
        try #require(bound.status == 0, "\(bound.output)")
        defer { _ = try? TestProgram.run(["umount", shared.directory]) }  // it is in /tmp, whatever happens
        let sandbox = try await shared.executor.sandbox(shared.executor.request(fileSystem: shared.wanted))
        #expect(try sandbox.output(of: "echo x >/mnt/data/x; cat /mnt/data/x") == "x\n")
    }

    @Test func `is refused where the policy does not name it, and fails by name where it is missing`() async throws {
        let shared = try Shared(owner: Self.owner)
        defer { shared.remove() }
        let executor = shared.executor
        await #expect(throws: LaunchError.refused("'/srv' is not below file_system_directories")) {
            try await executor.client.launch(
                executor.request(fileSystem: .init(directory: "/srv", mountPath: "/mnt/data")))
        }
        await #expect(throws: LaunchError.refused("'/opt/data' is no name below /mnt")) {
            try await executor.client.launch(
                executor.request(fileSystem: .init(directory: shared.directory, mountPath: "/opt/data")))
        }
        await #expect(throws: LaunchError.setupFailed(step: "open missing", errno: ENOENT)) {
            try await executor.client.launch(
                executor.request(fileSystem: .init(directory: shared.directory + "/missing", mountPath: "/mnt/data")))
        }
    }
}
