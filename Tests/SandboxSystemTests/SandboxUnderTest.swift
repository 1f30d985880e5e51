import Glibc
import LambdaCore
import Sandbox
import Testing

/// A running sandbox, and what happens in it. Closes the descriptors, which ends it.
final class SandboxUnderTest {
    struct Finished: Equatable {
        let exit: InitEvent.Exit
        let output: String
    }

    let environment: EnvironmentID
    let descriptors: SandboxDescriptors
    private var received: [UInt8] = []
    private var nextTag: UInt32 = 1

    init(_ request: SandboxRequest, _ descriptors: SandboxDescriptors) {
        self.environment = request.environment
        self.descriptors = descriptors
    }

    deinit { for descriptor in self.all { close(descriptor) } }

    var all: [Int32] {
        let given = self.descriptors
        return [given.pidfd, given.log, given.runtimeListener, given.control]
            + [
                given.servicesListener, given.memoryPeak, given.memoryEvents, given.freezer, given.frames,
                given.traceSocket,
            ].compactMap { $0 }
    }

    /// Runs a program as the function to its end, with what it wrote.
    func run(_ arguments: [String], environment: [String] = []) throws -> Finished {
        let tag = self.nextTag
        self.nextTag += 1
        try self.start(tag, arguments, environment: environment)
        while true {
            switch try self.next() {
            case .exited(tag, let exit): return Finished(exit: exit, output: try self.logText())
            case .startFailed(tag, let error): throw TestFailure("\(arguments) not started, \(error)")
            default: continue
            }
        }
    }

    func shell(_ script: String) throws -> Finished { try self.run(["/bin/sh", "-c", script]) }

    /// The output of a script that must succeed.
    func output(of script: String) throws -> String {
        let finished = try self.shell(script)
        guard finished.exit == .status(0) else { throw TestFailure("\(script): \(finished)") }
        return finished.output
    }

    func start(_ tag: UInt32, _ arguments: [String], environment: [String] = []) throws {
        let frame = InitRequest.start(
            tag: tag, arguments: arguments, environment: ["PATH=/usr/bin:/bin"] + environment,
            workingDirectory: "/var/task"
        ).frame
        // Safety: the array lives for the call.
        guard unsafe send(self.descriptors.control, frame, frame.count, Int32(MSG_NOSIGNAL)) == frame.count else {
            throw TestFailure("send to init")
        }
    }

    /// Whether pid 1 has ended, waiting for it.
    func hasEnded() throws -> Bool { try InitSandbox.isReadable(self.descriptors.pidfd) }

    func next() throws -> InitEvent {
        while true {
            if self.received.count >= 4 {
                let length = (0..<4).reduce(0) { $0 | Int(self.received[$1]) << (8 * $1) }
                if self.received.count >= 4 + length {
                    defer { self.received.removeFirst(4 + length) }
                    return try #require(InitEvent(body: self.received[4..<(4 + length)]))
                }
            }
            guard try InitSandbox.isReadable(self.descriptors.control) else { throw TestFailure("init says nothing") }
            let part = KernelDescriptors().readAvailable(self.descriptors.control, limit: 4_096)
            guard !part.isEmpty else { throw TestFailure("init is gone: \(try self.logText())") }
            self.received += part
        }
    }

    /// What is in the log pipe now.
    func logText() throws -> String {
        var bytes: [UInt8] = []
        while true {
            let part = KernelDescriptors().readAvailable(self.descriptors.log, limit: 65_536)
            if part.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += part
        }
    }
}
