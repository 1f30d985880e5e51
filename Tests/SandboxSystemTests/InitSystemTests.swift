import FoundationEssentials
import Glibc
import LambdaCore
import Sandbox
import Testing

/// The real lambda-init, in a user namespace as the executor makes it, under the default filter.
@Suite(
    .serialized,
    .enabled(if: TestProgram.isPrivileged, "needs root, for pid namespaces and the map of a user namespace"))
struct `The init of a sandbox` {
    private static let path = ["PATH=/usr/bin:/bin"]

    private static func start(_ arguments: [String], in directory: String = "/") -> InitRequest {
        .start(tag: 1, arguments: arguments, environment: self.path, workingDirectory: directory)
    }

    // MARK: Starting

    @Test func `starts a process as the function's user, without any right`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.startShell("id -u; id -g; id -G; umask; pwd; echo /proc/self/fd/*; readlink /proc/self/fd/0")
        #expect(try sandbox.logLines(5) == ["993", "990", "990", "0022", "/"])
        // 3 is the directory itself, which the shell reads for the pattern.
        #expect(
            try sandbox.logLines(2) == [
                "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3", "/dev/null",
            ])
        #expect(try sandbox.next() == .exited(tag: 1, .status(0)))
        // Not by a shell, which sets its children's signals itself.
        try sandbox.send(
            Self.start(["grep", "-E", "^(Cap|NoNewPrivs|Seccomp:|SigBlk|SigIgn)", "/proc/self/status"]))
        #expect(
            try sandbox.logLines(9).map { $0.replacing("\t", with: " ") } == [
                "SigBlk: 0000000000000000", "SigIgn: 0000000000000000", "CapInh: 0000000000000000",
                "CapPrm: 0000000000000000", "CapEff: 0000000000000000", "CapBnd: 0000000000000000",
                "CapAmb: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2",
            ])
    }

    @Test func `starts it in the directory and with the environment that were asked for, in a group of its own`() throws
    {
        let sandbox = try InitSandbox.start()
        try sandbox.send(
            .start(
                tag: 9, arguments: ["env"], environment: ["PATH=/nowhere:/usr/bin", "A=b=c", "EMPTY="],
                workingDirectory: "/usr"))
        guard case .started(9, let pid) = try sandbox.next() else { throw TestFailure("not started") }
        #expect(pid > 1)
        #expect(try sandbox.next() == .exited(tag: 9, .status(0)))
        #expect(try sandbox.logLines(3) == ["PATH=/nowhere:/usr/bin", "A=b=c", "EMPTY="])

        try sandbox.startShell("cut -d' ' -f5 /proc/$$/stat; echo $$; pwd")
        let lines = try sandbox.logLines(3)
        #expect(lines[0] == lines[1])
        #expect(lines[2] == "/")
    }

    @Test(arguments: [
        (start(["/nonesuch"]), ENOENT), (start(["nonesuch"]), ENOENT), (start([""]), ENOENT), (start([]), EINVAL),
        (start(["/etc/passwd"]), EACCES), (start(["/usr"]), EACCES), (start(["true"], in: "/nonesuch"), ENOENT),
        (start(["true"], in: "/root"), EACCES), (start(["true", "a\0b"]), EINVAL), (start(["/etc/passwd/x"]), ENOTDIR),
    ])
    func `says with which errno a start failed, and goes on`(request: InitRequest, errno: Int32) throws {
        let sandbox = try InitSandbox.start()
        try sandbox.send(request)
        #expect(try sandbox.next() == .startFailed(tag: 1, errno: errno))
        try sandbox.startShell("exit 4")
        #expect(try sandbox.next() == .exited(tag: 1, .status(4)))
    }

    @Test func `reports a file of no known format instead of giving it to a shell`() throws {
        let path = "/tmp/lambdad-format-\(UUID().uuidString)"
        try Data("exit 0\n".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }  // one byte in /tmp is all that is lost
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        let sandbox = try InitSandbox.start()
        try sandbox.send(Self.start([path]))
        #expect(try sandbox.next() == .startFailed(tag: 1, errno: ENOEXEC))
        let name = String(path.dropFirst("/tmp/".count))
        try sandbox.send(
            .start(tag: 1, arguments: [name], environment: ["PATH=/tmp:/usr/bin"], workingDirectory: "/"))
        #expect(try sandbox.next() == .startFailed(tag: 1, errno: ENOEXEC))
    }

    @Test func `refuses more arguments than anybody means, and goes on`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.send(Self.start(Array(repeating: "", count: 9_000)))
        #expect(try sandbox.next() == .startFailed(tag: 1, errno: E2BIG))
        try sandbox.startShell("exit 4")
        #expect(try sandbox.next() == .exited(tag: 1, .status(4)))
    }

    @Test func `refuses a tag that is in use, and takes it again after the end`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.startShell("sleep 1000")
        try sandbox.send(Self.start(["true"]))
        #expect(try sandbox.next() == .startFailed(tag: 1, errno: EEXIST))
        try sandbox.send(.signal(tag: 1, number: SIGKILL))
        #expect(try sandbox.next() == .exited(tag: 1, .signal(SIGKILL)))
        try sandbox.startShell("exit 0")
        #expect(try sandbox.next() == .exited(tag: 1, .status(0)))
    }

    // MARK: Ends

    @Test(arguments: [
        ("exit 0", InitEvent.Exit.status(0)), ("exit 3", .status(3)), ("exit 255", .status(255)),
        ("kill -TERM $$", .signal(SIGTERM)), ("kill -SEGV $$", .signal(SIGSEGV)), ("kill -KILL $$", .signal(SIGKILL)),
    ])
    func `reports how a process ended`(command: String, exit: InitEvent.Exit) throws {
        let sandbox = try InitSandbox.start()
        try sandbox.startShell(tag: 77, command)
        #expect(try sandbox.next() == .exited(tag: 77, exit))
    }

    @Test func `reaps orphans, and reports nothing about them`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.startShell("(exec 3<&1; sleep 1000 & echo $!; exit 0) ; exit 0")
        #expect(try sandbox.next() == .exited(tag: 1, .status(0)))
        #expect(try sandbox.children().count == 1)
        let orphan = try #require(try sandbox.logLines(1).first)
        try sandbox.startShell(tag: 2, "kill -KILL \(orphan)")
        #expect(try sandbox.next() == .exited(tag: 2, .status(0)))
        // The signal was sent before the shell ended, but death takes its time. Each of these rounds is one more reap.
        var rounds = 0
        while try !sandbox.children().isEmpty, rounds < 1_000 {
            rounds += 1
            try sandbox.startShell(tag: 3, "exit 0")
            #expect(try sandbox.next() == .exited(tag: 3, .status(0)))
        }
        #expect(try sandbox.children() == [])
    }

    @Test func `sends a signal to the whole group, and none for an unknown tag`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.startShell(

            """
            (exec 2>/dev/null; trap 'echo told; exit' TERM; echo ready; while :; do sleep 0.01; done) &
            wait
            """)
        #expect(try sandbox.logLines(1) == ["ready"])
        try sandbox.send(.signal(tag: 5, number: SIGTERM))
        try sandbox.send(.signal(tag: 1, number: SIGTERM))
        #expect(try sandbox.next() == .exited(tag: 1, .signal(SIGTERM)))
        #expect(try sandbox.logLines(1) == ["told"])
        try sandbox.send(.killAll)
        #expect(try sandbox.next() == .allKilled)
        #expect(try sandbox.children() == [])
    }

    @Test func `kills a tree that forks as quickly as it can, and serves on`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.startShell(
            """
            ulimit -p 200
            trap '' TERM INT HUP
            bomb() { while :; do (setsid sleep 1000 &) 2>/dev/null; done; }
            bomb & bomb & bomb & (setsid sh -c 'while :; do sleep 1000 & done' 2>/dev/null &)
            echo ready; wait
            """)
        #expect(try sandbox.logLines(1) == ["ready"])
        try sandbox.send(.killAll)
        #expect(try sandbox.next() == .exited(tag: 1, .signal(SIGKILL)))
        #expect(try sandbox.next() == .allKilled)
        #expect(try sandbox.children() == [])
        try sandbox.startShell(tag: 2, "exit 6")
        #expect(try sandbox.next() == .exited(tag: 2, .status(6)))
    }

    @Test func `answers at once when there is nothing to kill`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.send(.killAll)
        #expect(try sandbox.next() == .allKilled)
    }

    @Test func `ends everything when lambdad's end of the socket closes`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.startShell("setsid sleep 1000 & trap '' TERM HUP; echo ready; wait")
        #expect(try sandbox.logLines(1) == ["ready"])
        let children = try sandbox.children()
        #expect(!children.isEmpty)
        sandbox.closeControl()
        #expect(try sandbox.wait() == 0)
        for child in children { #expect(kill(child, 0) == -1 && errno == ESRCH) }
    }

    // MARK: Memory

    @Test func `tells the peak of what runs, and nothing of itself`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.send(.memory)
        #expect(try sandbox.next() == .memory(peakBytes: 0))
        // 40 MB for a moment: the peak has to stay.
        try sandbox.startShell(
            """
            exec python3 -S -c '
            import signal
            block = b"x" * 40_000_000
            block = None
            print(1, flush=True)
            signal.pause()'
            """)
        #expect(try sandbox.logLines(1) == ["1"])
        try sandbox.send(.memory)
        guard case .memory(let peak) = try sandbox.next() else { throw TestFailure("no memory figure") }
        #expect((40_000_000...100_000_000).contains(peak))
    }

    // MARK: Long life and bad input

    @Test func `holds no more after hundreds of starts than before`() throws {
        let sandbox = try InitSandbox.start()
        func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(sandbox.process)/fd").count
        }
        func memory() throws -> String? {
            try String(contentsOfFile: "/proc/\(sandbox.process)/status", encoding: .utf8)
                .split(separator: "\n").first { $0.hasPrefix("VmSize") }.map(String.init)
        }
        try sandbox.send(.memory)
        _ = try sandbox.next()
        let descriptorsBefore = try descriptors()
        let memoryBefore = try memory()
        for round: UInt32 in 1...300 {
            try sandbox.startShell(tag: round, "exit 0")
            #expect(try sandbox.next() == .exited(tag: round, .status(0)))
            try sandbox.send(.start(tag: round, arguments: ["/none"], environment: [], workingDirectory: "/"))
            #expect(try sandbox.next() == .startFailed(tag: round, errno: ENOENT))
        }
        try sandbox.send(.memory)
        #expect(try sandbox.next() == .memory(peakBytes: 0))
        // At least 0, 1, 2, the control socket and the children's signals.
        #expect(descriptorsBefore >= 5)
        #expect(try descriptors() == descriptorsBefore)
        #expect(memoryBefore != nil)
        #expect(try memory() == memoryBefore)
    }

    @Test func `puts a frame together that comes in pieces`() throws {
        let sandbox = try InitSandbox.start()
        let memory = InitRequest.memory.frame
        let start = Self.start(["true"]).frame
        for cut in [1, 4, 5, start.count - 1] {
            // The answer to the first shows that init has read the piece of the second.
            try sandbox.send(bytes: memory + start[..<cut])
            #expect(try sandbox.next() == .memory(peakBytes: 0))
            try sandbox.send(bytes: Array(start[cut...]))
            guard case .started(1, _) = try sandbox.next() else { throw TestFailure("not started") }
            #expect(try sandbox.next() == .exited(tag: 1, .status(0)))
        }
    }

    @Test func `takes a frame of the greatest size, and several in one piece`() throws {
        let sandbox = try InitSandbox.start()
        let overhead = InitRequest.start(
            tag: 1, arguments: ["true", ""], environment: Self.path, workingDirectory: "/"
        )
        .frame.count
        // One argument of more than 128 KiB is too long for exec, so there are two.
        let half = (InitRequest.frameLimit - overhead - 4) / 2
        let filler = [String(repeating: "x", count: half), String(repeating: "y", count: half)]
        let large = InitRequest.start(
            tag: 1, arguments: ["true"] + filler, environment: Self.path, workingDirectory: "/")
        #expect(large.frame.count > InitRequest.frameLimit - 4)
        try sandbox.send(bytes: large.frame + InitRequest.memory.frame + InitRequest.killAll.frame)
        var events: [InitEvent] = []
        while let event = try sandbox.next() {
            events.append(event)
            if event == .allKilled { break }
        }
        #expect(events.count == 4)
        guard case .started(1, _)? = events.first else { throw TestFailure("not started: \(events)") }
    }

    @Test(
        arguments: [
            ([0, 0, 0, 0], "a frame has an impossible length"),
            ([0xFF, 0xFF, 0xFF, 0xFF], "a frame has an impossible length"),
            ([0xFD, 0xFF, 3, 0], "a frame has an impossible length"), ([1, 0, 0, 0, 99], "unknown kind of request"),
            ([2, 0, 0, 0, 3, 0], "malformed request to kill"), ([2, 0, 0, 0, 4, 0], "malformed request for memory"),
            ([5, 0, 0, 0, 2, 1, 0, 0, 0], "malformed signal request"), ([1, 0, 0, 0, 1], "malformed start request"),
            // One argument that says it is longer than the frame.
            ([13, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], "malformed start request"),
            // More arguments than bytes.
            ([9, 0, 0, 0, 1, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], "malformed start request"),
            // A byte behind the working directory.
            ([18, 0, 0, 0, 1, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 13), "malformed start request"),
        ] as [([UInt8], String)])
    func `gives up on what is not of its protocol, with a line that says so`(bytes: [UInt8], reason: String) throws {
        let sandbox = try InitSandbox.start()
        try sandbox.send(bytes: bytes)
        #expect(try sandbox.next() == nil)
        #expect(try sandbox.wait() == 1)
        #expect(try TestProgram.readAll(sandbox.log) == "lambda-init: \(reason)\n")
    }

    // MARK: Extensions

    @Test func `lists files and no directories`() throws {
        let directory = "/tmp/lambdad-list-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: "\(directory)/inner", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }  // a few empty files are all that is lost
        for name in ["a", "é b"] { try Data().write(to: URL(filePath: "\(directory)/\(name)")) }
        let sandbox = try InitSandbox.start()
        try sandbox.send(.list(tag: 5, directory: directory))
        guard case .listed(5, 0, let files)? = try sandbox.next() else { throw TestFailure("not listed") }
        #expect(files.sorted() == ["a", "é b"])
        try sandbox.send(.list(tag: 6, directory: "\(directory)/none"))
        #expect(try sandbox.next() == .listed(tag: 6, errno: ENOENT, files: []))
        try sandbox.send(.list(tag: 7, directory: "\(directory)/a"))
        #expect(try sandbox.next() == .listed(tag: 7, errno: ENOTDIR, files: []))
    }

    @Test func `makes sockets and hands them out, one for each carrier`() throws {
        let sandbox = try InitSandbox.start()
        let passing = KernelPassing()
        for tag in UInt32(1)...3 {
            let (ours, theirs) = try #require(passing.carrier())
            defer { close(ours) }
            try sandbox.send(.socket(tag: tag), with: theirs)
            close(theirs)
            #expect(try sandbox.next() == .socket(tag: tag, errno: 0))
            let socket = try #require(passing.receive(from: ours))
            defer { close(socket) }
            var type = Int32(0)
            var length = socklen_t(MemoryLayout<Int32>.size)
            // Safety: both live for the call, and the length is the value's.
            #expect(unsafe getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) == 0)
            #expect(type == Int32(SOCK_STREAM.rawValue))
            // Nobody listens on this port.
            #expect(passing.connect(socket, toLoopbackPort: 1) == false || passing.receive(from: ours) == nil)
        }
    }

    @Test func `gives extensions a log of their own`() throws {
        let sandbox = try InitSandbox.start()
        let pipe = try #require(KernelPassing().logPipe())
        defer { close(pipe.read) }
        try sandbox.send(.log, with: pipe.write)
        close(pipe.write)
        try sandbox.send(
            .startLogged(
                tag: 1, arguments: ["sh", "-c", "echo out; echo err >&2; echo /proc/self/fd/*"],
                environment: ["PATH=/usr/bin:/bin"], workingDirectory: "/"))
        guard case .started(1, _) = try sandbox.next() else { throw TestFailure("not started") }
        #expect(try sandbox.next() == .exited(tag: 1, .status(0)))
        // 3 is the directory itself, which the shell reads for the pattern.
        let text = String(decoding: KernelDescriptors().readAvailable(pipe.read, limit: 4_096), as: UTF8.self)
        #expect(text == "out\nerr\n/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n")
        try sandbox.startShell("echo plain")
        #expect(try sandbox.logLines(1) == ["plain"])
    }

    @Test func `gives up where a descriptor is missing`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.send(.socket(tag: 1))
        #expect(try sandbox.wait() == 1)
        #expect(try TestProgram.readAll(sandbox.log) == "lambda-init: a request came without its descriptor\n")
    }

    @Test func `cannot be looked into or signalled by the function`() throws {
        let sandbox = try InitSandbox.start()
        try sandbox.send(.memory)
        _ = try sandbox.next()
        // Files of a process that may be looked into belong to its user.
        let attributes = try FileManager.default.attributesOfItem(atPath: "/proc/\(sandbox.process)/environ")
        #expect(attributes[.ownerAccountID] as? UInt != UInt(InitSandbox.initUser))
        try sandbox.startShell("kill -KILL 1 2>/dev/null; echo $?; cat /proc/1/status 2>/dev/null; echo $?")
        #expect(try sandbox.logLines(2) == ["1", "1"])
        try sandbox.send(.killAll)
    }

    @Test func `does not run anywhere but as pid 1`() throws {
        let result = try TestProgram.run([TestProgram.path("lambda-init")])
        #expect(result.status == 1)
        #expect(result.output == "lambda-init: runs only as pid 1 of a sandbox\n")
    }
}
