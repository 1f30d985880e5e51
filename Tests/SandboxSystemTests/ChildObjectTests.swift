import FoundationEssentials
import Testing

/// Between clone and exec the child has one thread and every lock as it stood, malloc's included.
@Suite struct `The code between clone and exec` {
    /// System calls with a plain wrapper, and functions that touch only their arguments.
    private static let allowed: Set<String> = [
        "__errno_location", "_exit", "bind", "chdir", "close", "close_range", "dup2", "dup3", "fcntl", "fsconfig",
        "fsmount", "fsopen", "getrlimit", "htonl", "htons", "ioctl", "listen", "memcpy", "memset", "mount",
        "move_mount",
        "prctl", "recv", "send", "sendmsg", "sethostname", "setrlimit", "setsid", "sigemptyset", "sigprocmask",
        "socket",
        "syscall", "umask", "umount2", "unshare", "write",
    ]
    /// What a compiler may add of its own accord.
    private static let compilers: Set<String> = ["__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"]

    private func undefined(_ source: String) throws -> Set<String> {
        let program = try TestProgram.path("lambda-executor")
        let object =
            program.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/CSandbox.build/\(source).o"
        let listed = try TestProgram.run(["nm", "-u", object])
        guard listed.status == 0 else { throw TestFailure("nm: \(listed.output)") }
        return Set(listed.output.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) })
    }

    @Test func `calls nothing but what is on the list`() throws {
        let own: Set<String> = ["lsb_child_confine"]
        let called = try self.undefined("child.c").union(self.undefined("confine.c")).subtracting(own)
        #expect(called.contains("syscall"))
        #expect(called.subtracting(Self.allowed).subtracting(Self.compilers) == [])
        #expect(Self.allowed.subtracting(called) == [])
    }

    @Test func `is told apart from code that allocates`() throws {
        #expect(!(try self.undefined("files.c").subtracting(Self.allowed).isEmpty))
    }
}
