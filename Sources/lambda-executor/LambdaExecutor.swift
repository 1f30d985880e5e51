internal import Glibc
internal import Journal
internal import LambdaCore
internal import Logging
internal import Sandbox

/// The small privileged program: reads its policy, makes a probe sandbox, then serves.
enum LambdaExecutor {
    /// Why the executor does not start.
    struct StartError: Error, CustomStringConvertible {
        let description: String
    }

    /// A policy or filter file is a few KiB; this is far more than any.
    private static let fileLimit = 1 << 20
    /// Mode of a socket of our own making: root and the group, as systemd's unit has it.
    private static let socketMode: UInt32 = 0o660

    /// Returns the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        let manager = ServiceManager()
        let options: ExecutorOptions
        do {
            options = try ExecutorOptions(arguments)
        } catch {
            Self.complain("\(error)\n\(ExecutorOptions.usage)")
            return EX_USAGE
        }
        let logger: Logger
        do {
            logger = try self.logger(options.log)
        } catch {
            Self.complain("\(error)")
            return EX_USAGE
        }
        do {
            try self.serve(options, logger, manager)
            return EX_OK
        } catch {
            logger.critical("cannot go on", metadata: ["reason": "\(error)"])
            manager.status("\(error)")
            return EX_UNAVAILABLE
        }
    }

    private static func serve(_ options: ExecutorOptions, _ logger: Logger, _ manager: ServiceManager) throws {
        let report = ExecutorReport(logger: logger, manager: manager)
        let policy = try self.policy(options.policy)
        let group = try? ExecutorHost.group(policy.group)
        if group == nil {
            logger.warning("there is no such group; only root may connect", metadata: ["group": "\(policy.group)"])
        }
        let filter = try FilterProgram(policy: try self.read(options.filter))
        let socket = try self.socket(options, group: group)
        ExecutorHost.raiseOpenFiles()

        let builder = try SandboxBuilder(
            policy: policy, parts: .init(initProgram: options.initProgram, filter: filter.instructions))
        defer { builder.cgroups.remove() }
        report.support(builder.cgroups.support)
        report.overlay(builder.overlayFailure)
        report.landlock(ExecutorHost.landlockVersion)
        let server = try ExecutorServer(policy: policy, builder: builder, allowedGroup: group) { report.take($0) }
        try server.probe()
        try server.listen(on: socket)
        logger.notice("ready")
        manager.ready()
        report.status(count: server.count)

        // Twice as often as systemd asks for, so that one late turn is no failure.
        let interval = manager.watchdogInterval().map { $0 / 2 }
        try server.run(every: interval, tick: { manager.watchdog() }, onStop: { manager.stopping() })
        logger.notice("stopped")
    }

    private static func policy(_ path: String) throws -> SandboxPolicy {
        do {
            return try SandboxPolicy(parsing: try self.read(path))
        } catch let error as SandboxPolicy.ParseError {
            throw StartError(description: "\(path): \(error)")
        }
    }

    private static func socket(_ options: ExecutorOptions, group: UInt32?) throws -> Int32 {
        if let path = options.socket {
            return try ExecutorHost.listen(path, mode: self.socketMode, group: group)
        }
        let inherited = try InheritedSockets.take()
        guard let socket = inherited.first, inherited.count == 1 else {
            throw StartError(description: "expected one socket from systemd, got \(inherited.count); or give --socket")
        }
        return socket.descriptor
    }

    private static func logger(_ setting: String) throws -> Logger {
        guard let setting = LogDestination.Setting(rawValue: setting) else {
            throw StartError(description: "--log must be auto, journal or stderr")
        }
        let destination = try LogDestination.select(setting)
        return Logger(label: "executor") { label in destination.handler(identifier: "lambda-executor", label: label) }
    }

    private static func read(_ path: String) throws -> String {
        do {
            return try ExecutorHost.text(of: path, limit: self.fileLimit)
        } catch {
            throw StartError(description: "\(error)")
        }
    }

    /// Before there is a logger.
    private static func complain(_ text: String) {
        let line = Array("lambda-executor: \(text)\n".utf8)
        ExecutorHost.writeStandardError(line)
    }
}
