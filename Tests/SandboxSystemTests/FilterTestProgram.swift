import FoundationEssentials
import Glibc
import Sandbox
import Testing

struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) { self.description = "\(what): errno \(errno)" }
}

/// Programs beside the test, and how to run them with descriptors of the test's choice.
enum TestProgram {
    /// Whether namespaces and other users' processes can be made. Where they must be, the tests run and fail.
    static var isPrivileged: Bool {
        geteuid() == 0 || ProcessInfo.processInfo.environment["LAMBDAD_REQUIRE_PRIVILEGED"] == "1"
    }

    /// A product of the package. The test's own program lies in the same directory.
    static func path(_ name: String) throws -> String {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = program.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/\(name)"
        // Safety: the path is only read, during the call.
        guard unsafe access(path, X_OK) == 0 else { throw TestFailure(path) }
        return path
    }

    /// Starts a program found along the PATH. Descriptor N of it is `descriptors[N]`, or /dev/null for `nil`.
    static func spawn(_ arguments: [String], descriptors: [Int32?]) throws -> pid_t {
        // Safety: the C arrays and the actions live until the end of this function, spawn copies what it keeps.
        try unsafe Self.withCStrings(arguments) { words in
            var actions = unsafe posix_spawn_file_actions_t()
            unsafe posix_spawn_file_actions_init(&actions)
            defer { unsafe posix_spawn_file_actions_destroy(&actions) }
            // Out of the way first: a source may have the number of another's target.
            let sources = descriptors.map { $0.map { fcntl($0, F_DUPFD_CLOEXEC, 100) } }
            defer { for case .some(let source) in sources { close(source) } }
            for (target, source) in sources.enumerated() {
                if let source {
                    unsafe posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
                } else {
                    unsafe posix_spawn_file_actions_addopen(&actions, Int32(target), "/dev/null", O_RDWR, 0)
                }
            }
            var process: pid_t = 0
            guard let program = unsafe words[0] else { throw TestFailure("no program") }
            let result = unsafe posix_spawnp(&process, program, &actions, nil, words, environ)
            guard result == 0 else { throw TestFailure("spawn of \(arguments[0]) gave \(result)") }
            return process
        }
    }

    /// Runs a program to its end. Its standard output and error come back as one text.
    static func run(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
        let (outputEnd, outputWriter) = try Self.pipe()
        let (inputReader, inputEnd) = try Self.pipe()
        let process = try Self.spawn(arguments, descriptors: [inputReader, outputWriter, outputWriter])
        close(inputReader)
        close(outputWriter)
        // Short enough for the pipe, so that nobody waits for the other.
        var bytes = Array(input.utf8)
        precondition(bytes.count <= 65_536)
        // Safety: the buffer is as long as the count. A program that does not read its input may be gone already.
        if !bytes.isEmpty { _ = unsafe send(inputEnd, &bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
        close(inputEnd)
        defer { close(outputEnd) }
        // Read first: a program whose output does not fit into the pipe waits for its reader.
        let output = try Self.readAll(outputEnd)
        return (try Self.wait(process), output)
    }

    /// The exit status, or 128 and the signal's number.
    static func wait(_ process: pid_t) throws -> Int32 {
        var status: Int32 = 0
        // Safety: the status is written during the call.
        guard unsafe waitpid(process, &status, 0) == process else { throw TestFailure("waitpid") }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    static func readAll(_ descriptor: Int32) throws -> String {
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            // Safety: the buffer is as long as the count.
            let count = unsafe read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw TestFailure("read") }
            guard count > 0 else { return String(decoding: output, as: UTF8.self) }
            output += buffer[..<count]
        }
    }

    /// Close-on-exec from birth, since other tests start programs at the same time; pipe(2) could not promise that.
    static func pipe() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        // Safety: two descriptors are written into an array of two.
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestFailure("socketpair")
        }
        return (ends[0], ends[1])
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
    ) throws -> Result {
        // Safety: freed after the body, which may not keep them.
        var words = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        return try unsafe words.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { throw TestFailure("no words") }
            return try unsafe body(start)
        }
    }
}

/// The packaged policy, compiled, and as a file for the probe.
enum TestFilter {
    static func policy() throws -> FilterPolicy {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return try FilterPolicy(
            parsing: String(contentsOfFile: "\(root)/packaging/seccomp/default.policy", encoding: .utf8))
    }

    static func defaultPolicy() throws -> FilterProgram {
        try FilterProgram(self.policy())
    }

    static func file(of program: FilterProgram) throws -> String {
        let path = "/tmp/lambdad-filter-\(UUID().uuidString)"
        try Data(program.instructions).write(to: URL(filePath: path))
        return path
    }

    static func remove(_ file: String) {
        try? FileManager.default.removeItem(atPath: file)  // a small file in /tmp is all that is lost
    }

    /// Calls `body` with the path of the program's instructions.
    static func withFile<Result>(
        of program: FilterProgram, _ body: (String) throws -> Result
    ) throws -> Result {
        let path = try self.file(of: program)
        defer { self.remove(path) }
        return try body(path)
    }
}
