import FoundationEssentials
import Glibc
import Sandbox
import Testing

/// The default policy, loaded into the kernel. Needs no privilege: it is loaded with no_new_privs.
@Suite(.serialized) struct `A process under the default filter` {
    /// What the kernel answered each call, which the probe makes in a child of its own.
    private static func answers(to calls: [String], filtered: Bool = true) throws -> [String] {
        let probe = try TestProgram.path("sandbox-probe")
        let input = calls.map { $0 + "\n" }.joined()
        let result = try TestFilter.withFile(of: TestFilter.defaultPolicy()) { filter in
            try TestProgram.run([probe, filtered ? filter : "-", "calls"], input: input)
        }
        try #require(result.status == 0, "\(result.output)")
        return result.output.split(separator: "\n").map(String.init)
    }

    private static func line(_ call: String, _ arguments: [UInt64] = []) throws -> String {
        let number = try #require(FilterProgram.number(ofCall: call))
        return ([UInt64(number)] + arguments).map { "\($0)" }.joined(separator: " ")
    }

    @Test func `is refused what the policy denies, and the probe sees the difference`() throws {
        // Calls that succeed, or fail otherwise, for whoever may run the tests without a filter.
        let calls = try [
            Self.line("personality", [0x0004_0000]), Self.line("socket", [16, 3, 0]),
            Self.line("userfaultfd", [1]), Self.line("process_madvise"), Self.line("vmsplice", [0]),
            Self.line("clone3"), Self.line("set_mempolicy"),
        ]
        let free = try Self.answers(to: calls, filtered: false)
        let filtered = try Self.answers(to: calls)
        #expect(
            filtered == [
                "errno 38", "errno 97", "errno 1", "errno 1", "errno 1", "errno 38", "errno 1",
            ])
        #expect(zip(free, filtered).allSatisfy { $0 != $1 }, "\(free)")
    }

    @Test(arguments: [
        "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "fsopen", "open_tree", "move_mount", "ptrace",
        "process_vm_readv", "kcmp", "pidfd_getfd", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
        "add_key", "request_key", "keyctl", "open_by_handle_at", "init_module", "kexec_load", "swapon", "quotactl",
        "syslog", "iopl", "settimeofday", "sethostname",
    ])
    func `is not permitted`(call: String) throws {
        #expect(try Self.answers(to: [Self.line(call)]) == ["errno 1"])
    }

    @Test func `cannot make a namespace by any flag, but threads and forks`() throws {
        for flag: UInt64 in [
            0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ] {
            #expect(try Self.answers(to: [Self.line("clone", [flag | 17])]) == ["errno 1"])
        }
        let fork = try Self.answers(to: [Self.line("clone", [17])])
        #expect(fork.first?.hasPrefix("returned ") == true)
    }

    @Test func `cannot type into a terminal, with high bits neither`() throws {
        let requests: [UInt64] = [0x5412, 0x541C, 0xFFFF_FFFF_0000_5412, 0x1_0000_541C]
        let calls = try requests.map { try Self.line("ioctl", [0, $0]) }
        #expect(try Self.answers(to: calls) == ["errno 1", "errno 1", "errno 1", "errno 1"])
        // Standard input is a pipe, which has bytes to count, but is no terminal.
        #expect(try Self.answers(to: [Self.line("ioctl", [0, 0x5401])]) == ["errno 25"])
    }

    @Test func `has Unix and Internet sockets only`() throws {
        let families = (0...46).map { UInt64($0) } + [0x1_0000_0010]
        let answers = try Self.answers(to: families.map { try Self.line("socket", [$0, 2]) })
        for (family, answer) in zip(families, answers) {
            let isAllowed = [1, 2, 10].contains(family)
            // A kernel without IPv6 says so itself.
            let isMade = answer.hasPrefix("returned ") || (family == 10 && answer == "errno 97")
            #expect(isAllowed ? isMade : answer == "errno 97", "family \(family): \(answer)")
        }
        #expect(
            try Self.answers(to: [Self.line("socket", [2, 3, 1]), Self.line("socket", [10, 3, 58])]) == [
                "errno 1", "errno 1",
            ])
    }

    @Test func `ends when it makes a call of another architecture`() throws {
        // 20 is getpid of the 32-bit table, 39 the one of x86-64; SIGSYS is 31.
        #expect(try Self.answers(to: ["int80:20", "\(0x4000_0000 + 39)"]) == ["signal 31", "signal 31"])
        #expect(try Self.answers(to: [Self.line("getpid")])[0].hasPrefix("returned "))
    }

    @Test func `gets the policy's answer for each number that no rule allows`() throws {
        let rules = try TestFilter.policy().rules
        let allowed = Set(rules.filter { $0.decision == .allow }.compactMap { FilterProgram.number(ofCall: $0.call) })
        let denied = Set(
            rules.filter { $0.decision == .deny(.notPermitted) && $0.conditions.isEmpty }
                .compactMap { FilterProgram.number(ofCall: $0.call) })
        // The kernel passes uretprobe and uprobe by every filter, and kills who makes them outside of a probe.
        let unfiltered: Set<Int32> = [335, 336]
        let refused = (Int32(0)...511).filter { !allowed.contains($0) && !unfiltered.contains($0) }
        #expect(refused.count > 150)
        let answers = try Self.answers(to: refused.map { "\($0)" })
        for (number, answer) in zip(refused, answers) {
            #expect(answer == (denied.contains(number) ? "errno 1" : "errno 38"), "number \(number)")
        }
    }

    @Test(arguments: [
        [
            "bash", "-c", "set -e; x=$(echo sub | cat); mkfifo $0.f; rm $0.f; [[ $x == sub ]]; echo ok",
            "/tmp/lambdad-$$",
        ],
        ["curl", "--silent", "--fail", "file:///etc/hostname", "--output", "/dev/null", "--write-out", "ok"],
        [
            "python3", "-c",
            """
            import asyncio, mmap, multiprocessing, os, socket, ssl, subprocess, tempfile, threading
            ran = []
            threads = [threading.Thread(target=ran.append, args=(1,)) for _ in range(8)]
            [t.start() for t in threads]
            [t.join() for t in threads]
            assert len(ran) == 8
            assert subprocess.run(["sh", "-c", "exit 7"]).returncode == 7
            assert multiprocessing.get_context("spawn")
            lock = multiprocessing.Lock()
            with lock: pass
            server = socket.create_server(("127.0.0.1", 0))
            client = socket.create_connection(server.getsockname())
            client.sendall(b"x")
            assert server.accept()[0].recv(1) == b"x"
            socket.getaddrinfo("localhost", 80)
            async def main():
                process = await asyncio.create_subprocess_exec("true")
                assert await process.wait() == 0
                rang = asyncio.Event()
                asyncio.get_running_loop().call_later(0.001, rang.set)
                await rang.wait()
            asyncio.run(main())
            page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            page.write(b"x")
            ssl.create_default_context()
            with tempfile.TemporaryDirectory() as d:
                os.mkfifo(d + "/f")
            print("ok", end="")
            """,
        ],
        [
            "node", "-e",
            """
            const { Worker } = require('worker_threads');
            require('child_process').execFileSync('true');
            require('net').createServer().listen(0, '127.0.0.1', function () {
              this.close();
              let f = (n) => n < 2 ? n : f(n - 1) + f(n - 2);
              f(25);
              new Worker('0', { eval: true }).on('exit', () => process.stdout.write('ok'));
            });
            """,
        ],
    ])
    func `can do the work of a runtime`(arguments: [String]) throws {
        let probe = try TestProgram.path("sandbox-probe")
        let result = try TestFilter.withFile(of: TestFilter.defaultPolicy()) { filter in
            try TestProgram.run([probe, filter, "exec"] + arguments)
        }
        #expect(result.status == 0)
        #expect(result.output.split(separator: "\n") == ["ok"])
    }
}
