import FoundationEssentials
import Glibc
import LambdaCore
import Sandbox
import Testing

@Suite(.serialized, .enabled(if: TestProgram.isPrivileged, "needs root, for namespaces, mounts and cgroups"))
struct `The end of a sandbox` {
    /// What an executor holds, and what there is of its sandboxes on the machine.
    private struct Census: Equatable {
        let descriptors: Int
        let mounts: Int
        let cgroups: Int
        let children: Int
    }

    private func census(_ executor: ExecutorUnderTest) async throws -> Census {
        // An answer to this comes only after the executor has put away what the last one was about.
        await executor.client.stop(.random())
        let proc = "/proc/\(executor.process)"
        let files = FileManager.default
        return Census(
            descriptors: try files.contentsOfDirectory(atPath: proc + "/fd").count,
            mounts: try String(contentsOfFile: proc + "/mountinfo", encoding: .utf8).split(separator: "\n").count,
            cgroups: self.cgroups(executor).count,
            children: try String(contentsOfFile: "\(proc)/task/\(executor.process)/children", encoding: .utf8)
                .split(separator: " ").count)
    }

    private func cgroups(_ executor: ExecutorUnderTest) -> [String] {
        for mount in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
            let path = "\(mount)\(executor.cgroup)/sandboxes"
            if let names = try? FileManager.default.contentsOfDirectory(atPath: path) {
                return names.filter { $0.hasPrefix("f.") }
            }
        }
        return []
    }

    @Test func `is confirmed by stop, with every process gone`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        let before = try await self.census(executor)
        #expect(before.children == 1)
        try sandbox.start(9, ["/bin/sh", "-c", "trap '' TERM; (setsid sleep 1000 &) ; setsid sleep 1000 & wait"])
        while case .started(9, _) = try sandbox.next() { break }
        await executor.client.stop(sandbox.environment)
        #expect(try sandbox.hasEnded())
        let after = try await self.census(executor)
        #expect(after.children == 0)
        #expect(after.cgroups == 0)
    }

    @Test func `is confirmed at once where there is no such sandbox`() async throws {
        let executor = try ExecutorUnderTest()
        _ = try await executor.sandbox()
        await executor.client.stop(.random())
    }

    @Test func `leaves nothing behind after 200 of them`() async throws {
        let executor = try ExecutorUnderTest()
        do {
            // The first one makes what is kept: the prepared root, the connection.
            let first = try await executor.sandbox()
            let held = try await self.census(executor)
            #expect(held.children == 1)
            await executor.client.stop(first.environment)
        }
        let before = try await self.census(executor)
        let own = try self.processDescriptors()
        for _ in 0..<200 {
            let sandbox = try await executor.sandbox()
            await executor.client.stop(sandbox.environment)
        }
        let after = try await self.census(executor)
        #expect(after == before)
        // Other suites of this process have sandboxes meanwhile, but never as many.
        #expect(abs(try self.processDescriptors() - own) < 100)
    }

    /// Descriptors of processes that this process holds: one comes with each sandbox, and little else opens any.
    private func processDescriptors() throws -> Int {
        let directory = "/proc/self/fd"
        let links = try FileManager.default.contentsOfDirectory(atPath: directory).map { name in
            // One that was closed meanwhile is none.
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(name)")) ?? ""
        }
        return links.count { $0.contains("pidfd") }
    }

    @Test func `comes with the client's connection`() async throws {
        let executor = try ExecutorUnderTest()
        let sandboxes = [try await executor.sandbox(), try await executor.sandbox()]
        let both = try await self.census(executor)
        #expect(both.children == 2)
        executor.client.disconnect()
        for sandbox in sandboxes { #expect(try sandbox.hasEnded()) }
        // The next launch connects again, and its answer comes after the executor has seen the others end.
        let next = try await executor.sandbox()
        await executor.client.stop(next.environment)
        #expect(self.cgroups(executor).isEmpty)
    }

    @Test func `comes with the descriptors of its client`() async throws {
        let executor = try ExecutorUnderTest()
        var sandbox: SandboxUnderTest? = try await executor.sandbox()
        let pidfd = fcntl(try #require(sandbox).descriptors.pidfd, F_DUPFD_CLOEXEC, 0)
        defer { close(pidfd) }
        sandbox = nil
        #expect(try InitSandbox.isReadable(pidfd))
    }

    @Test func `comes with SIGTERM to the executor, which leaves no cgroup`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(try executor.terminate() == 0)
        #expect(try sandbox.hasEnded())
        for mount in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
            #expect(!FileManager.default.fileExists(atPath: mount + executor.cgroup))
        }
    }

    @Test func `comes with SIGKILL to the executor`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(try executor.terminate(SIGKILL) == 128 + SIGKILL)
        #expect(try sandbox.hasEnded())
        await #expect(throws: LaunchError.self) { try await executor.client.launch(executor.request()) }
    }

    @Test func `leaves cgroups to the next executor where the first was killed, which removes them`() async throws {
        let first = try ExecutorUnderTest()
        let sandbox = try await first.sandbox()
        _ = try first.terminate(SIGKILL)
        #expect(try sandbox.hasEnded())
        #expect(self.cgroups(first).count == 1)
        let second = try ExecutorUnderTest(cgroup: first.cgroup)
        #expect(self.cgroups(second).isEmpty)
        #expect(try second.terminate() == 0)
    }

    @Test func `is not brought about by a second executor on the same cgroup, which does not start`() async throws {
        let first = try ExecutorUnderTest()
        let sandbox = try await first.sandbox()
        #expect {
            _ = try ExecutorUnderTest(cgroup: first.cgroup)
        } throws: { error in
            "\(error)".contains("another executor")
        }
        #expect(try sandbox.run(["/bin/true"]).exit == .status(0))
    }
}
