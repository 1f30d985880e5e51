import CSystemd
import Glibc
import Testing

/// A journald of a test's own: its sockets and files are below a temporary directory, which it takes for `/run`.
final class PrivateJournald {
    private static let program = "/usr/lib/systemd/systemd-journald"

    /// Why there can be none here; `nil` where there can, and where tests may not be skipped.
    static let obstacle: String? = {
        // Safety: only compared with null.
        if unsafe getenv("LAMBDAD_REQUIRE_PRIVILEGED") != nil { return nil }
        if geteuid() != 0 { return "only root may give journald a /run of its own" }
        // Safety: the texts live through the calls.
        if unsafe access(program, X_OK) != 0 { return "there is no journald on this machine" }
        if unsafe access("/etc/machine-id", R_OK) != 0 { return "journald needs a machine id" }
        return nil
    }()

    private struct Failure: Error {
        let what: String
    }

    private let root: String
    private let process: pid_t

    var socketPath: String { self.root + "/systemd/journal/socket" }
    var directory: String { self.root + "/log/journal" }
    private var controlPath: String { self.root + "/systemd/journal/io.systemd.journal" }

    init() throws {
        self.root = "/tmp/jd-\(UInt64.random(in: 0...UInt64.max))"
        let script =
            #"mkdir -p "$0/systemd/journal" "$0/log/journal" && mount --bind "$0" /run && exec "$1" >/dev/null 2>&1"#
        self.process = try PrivateJournald.start([
            "/usr/bin/unshare", "-m", "sh", "-c", script, self.root, PrivateJournald.program,
        ])
        // Nobody tells when it listens: its own notification goes to a service manager.
        for _ in 0..<500 {
            if (try? self.synchronize()) != nil { return }
            _ = poll(nil, 0, 20)
        }
        throw Failure(what: "journald does not listen")
    }

    deinit {
        kill(self.process, SIGTERM)
        PrivateJournald.wait(self.process)
        if let removal = try? PrivateJournald.start(["/bin/rm", "-rf", self.root]) { PrivateJournald.wait(removal) }
    }

    private static func start(_ arguments: [String]) throws -> pid_t {
        var process = pid_t()
        // Safety: copies of the texts, ended by nil, that live through the call and are freed after it.
        let texts = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe texts.forEach { unsafe free($0) } }
        guard unsafe posix_spawn(&process, arguments[0], nil, nil, texts, environ) == 0 else {
            throw Failure(what: "\(arguments[0]) does not start")
        }
        return process
    }

    private static func wait(_ process: pid_t) {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// Returns once everything sent before is in the files.
    func synchronize() throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(self.controlPath.utf8)
        try #require(path.count < MemoryLayout.size(ofValue: address.sun_path))
        // Safety: the path fits, and the pointers are to a local.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { throw Failure(what: "nobody listens") }
        let call = Array(#"{"method":"io.systemd.Journal.Synchronize"}"#.utf8) + [0]
        guard unsafe write(descriptor, call, call.count) == call.count else { throw Failure(what: "not sent") }
        var byte: UInt8 = 1
        while byte != 0 {
            guard unsafe read(descriptor, &byte, 1) == 1 else { throw Failure(what: "not answered") }
        }
    }
}
