import FoundationEssentials
import Glibc
import LambdaCore
import Sandbox
import Testing

@Suite(.serialized, .enabled(if: TestProgram.isPrivileged, "needs root, for namespaces, mounts and cgroups"))
struct `What a function sees` {
    @Test func `is a program that runs and ends`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(try sandbox.run(["/bin/true"]).exit == .status(0))
        #expect(try sandbox.run(["/bin/false"]).exit == .status(1))
    }

    @Test func `is its own users, with no capability, no new privileges and the filter`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(
            try sandbox.output(of: "id") == "uid=993(sbx_user1051) gid=990(sbx_user1051) groups=990(sbx_user1051)\n")
        let status = try sandbox.output(of: "cat /proc/self/status")
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(status.contains("\(set):\t0000000000000000\n"))
        }
        #expect(status.contains("NoNewPrivs:\t1\n"))
        #expect(status.contains("Seccomp:\t2\n"))
    }

    /// A whiteout needs no privilege, so nothing but Landlock refuses one.
    @Test func `is held by Landlock to what may be made`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(try sandbox.output(of: "echo name >/proc/self/comm; echo 1 >/dev/null; echo done") == "done\n")
        guard ExecutorHost.landlockVersion >= ExecutorHost.oldestLandlockVersion else { return }
        #expect(try sandbox.output(of: "mknod /tmp/whiteout c 0 0 2>&1; true").contains("Permission denied"))
    }

    @Test func `is run under uids that differ between functions and from init's`() async throws {
        let executor = try ExecutorUnderTest()
        let first = try await executor.sandbox(executor.request(userSlot: 3))
        let second = try await executor.sandbox(executor.request(userSlot: 4))
        #expect(
            try first.output(of: "cat /proc/self/uid_map").split(separator: "\n").map { $0.split(separator: " ") }
                == [["0", "0", "1"], ["993", "1879048198", "1"], ["994", "1879048199", "1"]])
        #expect(
            try second.output(of: "cat /proc/self/gid_map").split(separator: "\n").map { $0.split(separator: " ") }
                == [["0", "0", "1"], ["990", "1879048200", "1"], ["989", "1879048201", "1"]])
    }

    @Test func `is a fixed list of mounts, each nosuid and all but the devices nodev`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox(executor.request(runtime: executor.runtime + "/r"))
        let mounts = try sandbox.output(of: "cat /proc/self/mountinfo").split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        let points = Set(mounts.map { $0[4] })
        #expect(points.isSuperset(of: ["/", "/dev", "/etc", "/proc", "/tmp", "/usr", "/var/runtime", "/var/task"]))
        let extra = points.subtracting(["/", "/dev", "/etc", "/proc", "/tmp", "/usr", "/var/runtime", "/var/task"])
        // What covers the shell, and the machine's own nodes where none could be made.
        #expect(extra.allSatisfy { $0.hasPrefix("/usr/") || $0.hasPrefix("/dev/") })
        for mount in mounts {
            let options = mount[5].split(separator: ",")
            #expect(options.contains("nosuid"), "\(mount)")
            #expect(options.contains("nodev") || mount[4].hasPrefix("/dev"), "\(mount)")
            #expect(options.contains("ro") || ["/tmp", "/proc"].contains(mount[4]), "\(mount)")
        }
    }

    @Test func `is three descriptors and nothing else`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        // The shell lists with a descriptor of its own, which is closed by the time that it is looked at.
        #expect(
            try sandbox.output(of: "for f in /proc/$$/fd/*; do readlink $f; done; true").split(separator: "\n").map {
                $0.hasPrefix("pipe:") ? "pipe" : String($0)
            } == ["/dev/null", "pipe", "pipe"])
        #expect(try sandbox.output(of: "pwd; cd /proc/self/cwd; pwd -P") == "/var/task\n/var/task\n")
    }

    @Test func `is a /proc of its own processes without init`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(try sandbox.output(of: "ls -d /proc/1 2>/dev/null; echo $?").hasSuffix("2\n"))
        #expect(try sandbox.output(of: "ls /proc/self/status") == "/proc/self/status\n")
        for name in ["kcore", "kmsg", "kallsyms", "sysrq-trigger", "sys", "keys", "timer_list"] {
            #expect(try sandbox.shell("test -e /proc/\(name)").exit == .status(1), "\(name)")
        }
        #expect(try sandbox.shell("test -e /sys").exit == .status(1))
    }

    @Test func `is a cgroup that shows as the root`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(try sandbox.output(of: "grep ^0:: /proc/self/cgroup") == "0::/\n")
    }

    @Test func `is a host name, bash as sh, and curl`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(try sandbox.output(of: "uname -n") == "sandbox\n")
        #expect(try sandbox.output(of: "test -n \"$BASH_VERSION\" && echo yes") == "yes\n")
        #expect(try sandbox.output(of: "curl --version | head -c 5") == "curl ")
    }

    @Test func `is code and runtime that root owns`() async throws {
        let executor = try ExecutorUnderTest()
        for path in [executor.code + "/f", executor.code + "/f/handler"] {
            // Safety: the string lives for the call.
            #expect(unsafe chown(path, 12_345, 12_346) == 0)
        }
        let sandbox = try await executor.sandbox(executor.request(runtime: executor.runtime + "/r"))
        #expect(try sandbox.output(of: "cat handler /var/runtime/bootstrap") == "code\nruntime\n")
        #expect(try sandbox.output(of: "stat -c %u:%g /var/task /var/task/handler /usr/bin/env") == "0:0\n0:0\n0:0\n")
    }

    @Test(arguments: ["/x", "/var/task/x", "/var/runtime/x", "/usr/x", "/etc/x", "/dev/x", "/opt/x", "/home/x"])
    func `is read-only everywhere`(path: String) async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox(executor.request(runtime: executor.runtime + "/r"))
        let finished = try sandbox.shell("echo >\(path)")
        #expect(finished.exit == .status(1))
        #expect(finished.output.contains("Read-only file system"))
    }

    @Test func `is a /tmp of the size asked for, that can be written to and executed from`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox(executor.request(ephemeralStorage: 3))
        #expect(try sandbox.output(of: "stat -c %a:%u /tmp") == "1777:0\n")
        #expect(try sandbox.output(of: "cp /bin/true /tmp/t && /tmp/t && rm /tmp/t && echo done") == "done\n")
        let full = try sandbox.shell("dd if=/dev/zero of=/tmp/f bs=1M count=5 2>&1; stat -c %s /tmp/f")
        #expect(full.output.contains("No space left on device"))
        #expect(full.output.hasSuffix("\n\(3 << 20)\n"))
    }

    @Test func `is devices that work`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(
            try sandbox.output(of: "head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; echo x >/dev/null")
                == "4\n4\n")
        #expect(try sandbox.shell("echo x >/dev/full").output.contains("No space left"))
        #expect(
            try sandbox.output(of: "ls /dev | tr '\\n' ' '")
                == "fd full null random stderr stdin stdout urandom zero ")
    }

    @Test func `is limits on files, processes and cores`() async throws {
        let executor = try ExecutorUnderTest()
        let sandbox = try await executor.sandbox()
        #expect(
            try sandbox.output(of: "ulimit -n; ulimit -u; ulimit -c; ulimit -q; ulimit -l") == "1024\n1024\n0\n0\n64\n")
    }
}
