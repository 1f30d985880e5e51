import FoundationEssentials
import Glibc
import LambdaCore
import Sandbox
import Testing

/// lambda-init as pid 1 of a pid namespace, with the rights, the users and the filter that it has in a sandbox.
///
/// Made by the tools of util-linux instead of the executor, so that a fault of the executor does not fail these tests.
final class InitSandbox {
    /// What the users of a sandbox are outside.
    static let functionUser: UInt32 = 1_879_048_000
    static let initUser: UInt32 = 1_879_048_001
    /// Milliseconds. Nothing here takes longer than a few; this is for a loaded machine.
    static let patience: Int32 = 20_000

    /// Of pid 1, as seen from here.
    let process: pid_t
    /// Read end of standard output and error of everything inside.
    let log: Int32
    private let namespaceProcess: pid_t
    private let filter: String
    private var control: Int32
    private var received: [UInt8] = []
    private var status: Int32?

    /// `$0` probe, `$1` filter, `$2` init. The user namespace comes last, as in the executor's sandboxes, so that /proc
    /// can be mounted before. The group and the umask are there for init to get rid of.
    private static let script = """
        mount -t proc -o hidepid=invisible,subset=pid,gid=\(initUser) proc /proc &&
        exec unshare --user sh -c '
            echo >&5
            read -r line <&4
            umask 077
            caps=-all,+setuid,+setgid,+kill,+setpcap
            exec setpriv --reuid 994 --regid 989 --groups 0 --no-new-privs \
                --bounding-set $caps --inh-caps $caps --ambient-caps $caps \
                "$0" "$1" exec "$2" 4<&- 5>&-' "$0" "$1" "$2"
        """

    private init(process: pid_t, namespaceProcess: pid_t, control: Int32, log: Int32, filter: String) {
        self.process = process
        self.namespaceProcess = namespaceProcess
        self.control = control
        self.log = log
        self.filter = filter
    }

    deinit {
        // Its death takes the pid namespace with it (--kill-child).
        if self.status == nil {
            kill(self.namespaceProcess, SIGKILL)
            _ = try? TestProgram.wait(self.namespaceProcess)  // reaped, or never ours
        }
        if self.control >= 0 { close(self.control) }
        close(self.log)
        TestFilter.remove(self.filter)
    }

    static func start() throws -> InitSandbox {
        let (control, theirControl) = try TestProgram.pipe()
        let (log, logWriter) = try TestProgram.pipe()
        let (goReader, go) = try TestProgram.pipe()
        let (ready, readyWriter) = try TestProgram.pipe()
        let filter = try TestFilter.file(of: TestFilter.defaultPolicy())
        let namespaceProcess = try TestProgram.spawn(
            [
                "unshare", "--pid", "--mount", "--fork", "--kill-child", "sh", "-c", self.script,
                TestProgram.path("sandbox-probe"), filter, TestProgram.path("lambda-init"),
            ],
            descriptors: [nil, logWriter, logWriter, theirControl, goReader, readyWriter])
        for end in [theirControl, logWriter, goReader, readyWriter] { close(end) }
        var byte: [UInt8] = [0]
        // Safety: one byte is read into an array of one.
        guard try self.isReadable(ready), unsafe read(ready, &byte, 1) == 1 else {
            throw TestFailure("no namespace: \(try TestProgram.readAll(log))")
        }
        close(ready)
        let children = try self.children(of: namespaceProcess)
        let process = try #require(children.first)
        try self.map("uid", of: process, inside: [993, 994])
        try self.map("gid", of: process, inside: [990, 989])
        close(go)  // ends the script's read
        return InitSandbox(
            process: process, namespaceProcess: namespaceProcess, control: control, log: log, filter: filter)
    }

    // MARK: The control socket

    func send(_ request: InitRequest) throws {
        try self.send(bytes: request.frame)
    }

    func send(bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            var chunk = Array(rest)
            // Safety: the buffer is as long as the count.
            let count = unsafe Glibc.send(self.control, &chunk, chunk.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { throw TestFailure("send") }
            rest = rest.dropFirst(count)
        }
    }

    /// A frame with a descriptor beside it.
    func send(_ request: InitRequest, with descriptor: Int32) throws {
        guard KernelPassing().send(request.frame, with: descriptor, over: self.control) else {
            throw TestFailure("send a descriptor")
        }
    }

    /// The next event, or `nil` when init has closed its end.
    func next() throws -> InitEvent? {
        while true {
            if self.received.count >= 4 {
                let length = (0..<4).reduce(0) { $0 | Int(self.received[$1]) << (8 * $1) }
                if self.received.count >= 4 + length {
                    let body = self.received[4..<4 + length]
                    defer { self.received.removeFirst(4 + length) }
                    guard let event = InitEvent(body: body) else { throw TestFailure("no event: \(body)") }
                    return event
                }
            }
            guard try Self.isReadable(self.control) else { throw TestFailure("init says nothing") }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            // Safety: the buffer is as long as the count.
            let count = unsafe recv(self.control, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            self.received += buffer[..<count]
        }
    }

    /// Runs a shell command as a process with this tag, and returns once init has started it.
    func startShell(tag: UInt32 = 1, _ command: String) throws {
        try self.send(
            .start(
                tag: tag, arguments: ["sh", "-c", command], environment: ["PATH=/usr/bin:/bin"],
                workingDirectory: "/"))
        guard case .started(tag, _) = try self.next() else { throw TestFailure("sh was not started") }
    }

    func closeControl() {
        close(self.control)
        self.control = -1
    }

    // MARK: What can be seen from outside

    /// The exit status of init, once all of the sandbox is gone.
    func wait() throws -> Int32 {
        let status = try TestProgram.wait(self.namespaceProcess)
        self.status = status
        return status
    }

    /// Up to `count` lines of the log, each without its end.
    func logLines(_ count: Int) throws -> [String] {
        var lines: [String] = []
        var line: [UInt8] = []
        while lines.count < count {
            guard try Self.isReadable(self.log) else { throw TestFailure("a line is missing after \(lines)") }
            var byte: [UInt8] = [0]
            // Safety: one byte is read into an array of one.
            guard unsafe read(self.log, &byte, 1) == 1 else { break }
            if byte[0] == UInt8(ascii: "\n") {
                lines.append(String(decoding: line, as: UTF8.self))
                line = []
            } else {
                line.append(byte[0])
            }
        }
        return lines
    }

    /// Children of init, zombies among them.
    func children() throws -> [pid_t] {
        try Self.children(of: self.process)
    }

    private static func children(of process: pid_t) throws -> [pid_t] {
        try String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
            .split(separator: " ").compactMap { pid_t($0) }
    }

    static func isReadable(_ descriptor: Int32) throws -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Safety: one element, as the count says.
        let count = unsafe poll(&poller, 1, self.patience)
        guard count >= 0 else { throw TestFailure("poll") }
        return count == 1
    }

    private static func map(_ kind: String, of process: pid_t, inside: [UInt32]) throws {
        let lines = ["0 0 1", "\(inside[0]) \(self.functionUser) 1", "\(inside[1]) \(self.initUser) 1"]
        // Safety: the path is only read, during the call.
        let file = unsafe open("/proc/\(process)/\(kind)_map", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw TestFailure("\(kind)_map") }
        defer { close(file) }
        var bytes = Array(lines.joined(separator: "\n").utf8)
        // Safety: the buffer is as long as the count. The kernel takes a map in one write only.
        guard unsafe write(file, &bytes, bytes.count) == bytes.count else { throw TestFailure("\(kind)_map") }
    }
}
