import CSystemd
import Glibc
import Journal
import Testing

/// Serialized: libsystemd reads the variables of the whole process.
///
/// Safety: texts passed to setenv live through the call, and nothing else in this program changes the variables.
@Suite(.serialized) struct `The service manager` {
    private let manager = ServiceManager()

    /// Runs `body` with the variables set, and gives back what was sent.
    private func messages(_ environment: [String: String] = [:], _ body: () -> Void) throws -> String {
        let receiver = try JournalReceiver()
        unsafe setenv("NOTIFY_SOCKET", receiver.path, 1)
        for (name, value) in environment { unsafe setenv(name, value, 1) }
        defer {
            unsafe unsetenv("NOTIFY_SOCKET")
            for name in environment.keys { unsafe unsetenv(name) }
        }
        body()
        return String(decoding: try receiver.receiveBytes(), as: UTF8.self)
    }

    @Test func `hears that a daemon is ready`() throws {
        #expect(try self.messages { self.manager.ready() } == "READY=1")
    }

    @Test func `hears a status on one line`() throws {
        #expect(try self.messages { self.manager.status("12 sandboxes\nREADY=1") } == "STATUS=12 sandboxes\\nREADY=1")
    }

    @Test func `hears when a reload began`() throws {
        let message = try self.messages { self.manager.reloading() }
        let lines = message.split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
        #expect(lines.last?.dropFirst("MONOTONIC_USEC=".count).allSatisfy(\.isNumber) == true)
    }

    @Test func `hears of stopping, of life, and of more time needed`() throws {
        #expect(try self.messages { self.manager.stopping() } == "STOPPING=1")
        #expect(try self.messages { self.manager.watchdog() } == "WATCHDOG=1")
        #expect(try self.messages { self.manager.extendTimeout(.seconds(2)) } == "EXTEND_TIMEOUT_USEC=2000000")
    }

    @Test func `says how often it wants to hear`() throws {
        #expect(self.manager.watchdogInterval() == nil)
        unsafe setenv("WATCHDOG_USEC", "30000000", 1)
        defer { unsafe unsetenv("WATCHDOG_USEC") }
        #expect(self.manager.watchdogInterval() == .seconds(30))
    }

    @Test func `is not missed where it is not there`() {
        unsafe unsetenv("NOTIFY_SOCKET")
        #expect(!self.manager.notify(["READY=1"]))
    }
}

@Suite struct `Inherited sockets` {
    private func listener(_ family: Int32 = AF_INET) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        listen(descriptor, 1)
        return descriptor
    }

    /// The file behind a descriptor. Its number alone says nothing once it is closed: other tests open files, too.
    private func inode(of descriptor: Int32) -> UInt64? {
        var status = stat()
        // Safety: a pointer to a local.
        return unsafe fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    @Test func `are kept with name and family, do not block, and are not left to children`() throws {
        let descriptor = self.listener()
        let kept = try InheritedSockets.claim([(descriptor, "api-tcp")], names: nil)
        #expect(kept == [InheritedSocket(descriptor: descriptor, name: "api-tcp", family: .internet4)])
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC == FD_CLOEXEC)
        #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK == O_NONBLOCK)
        close(descriptor)
    }

    @Test func `of other names are closed`() throws {
        let (known, unknown) = (self.listener(), self.listener())
        let file = try #require(self.inode(of: unknown))
        let kept = try InheritedSockets.claim([(known, "api"), (unknown, "other")], names: ["api"])
        #expect(kept.map(\.name) == ["api"])
        #expect(self.inode(of: unknown) != file)
        close(known)
    }

    @Test func `that do not listen, and other files, are closed`() throws {
        let unconnected = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var pipe: [Int32] = [0, 0]
        // Safety: an array of two, as pipe wants.
        try #require(unsafe Glibc.pipe(&pipe) == 0)
        let before = try [unconnected, pipe[0]].map { try #require(self.inode(of: $0)) }
        #expect(try InheritedSockets.claim([(unconnected, "a"), (pipe[0], "b")], names: nil).isEmpty)
        #expect(self.inode(of: unconnected) != before[0])
        #expect(self.inode(of: pipe[0]) != before[1])
        close(pipe[1])
    }

    @Test func `are none where systemd passed none`() throws {
        #expect(try InheritedSockets.take().isEmpty)
    }
}
