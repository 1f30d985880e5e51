internal import Journal
internal import LambdaCore
internal import Logging
internal import Sandbox

/// Tells the log and systemd what the executor does. `STATUS=` always has the number of sandboxes.
struct ExecutorReport {
    private let logger: Logger
    private let manager: ServiceManager

    init(logger: Logger, manager: ServiceManager) {
        self.logger = logger
        self.manager = manager
    }

    /// One clear line where limits cannot be enforced.
    func support(_ support: CgroupTree.Support) {
        switch support {
        case .controllers(let names) where names.count == 3: break
        case .controllers(let names):
            self.logger.warning(
                "cgroup v2 has only some controllers; the other limits are not enforced",
                metadata: ["controllers": "\(names.sorted().joined(separator: " "))"])
        case .grouping:
            self.logger.warning(
                "cgroup v2 has no controllers here; limits of memory, CPU and processes are not enforced")
        case .none(let reason):
            self.logger.warning(
                "there is no cgroup v2 to write to; limits of memory, CPU and processes are not enforced",
                metadata: ["reason": "\(reason)"])
        }
    }

    /// One clear line where more than one layer cannot be had.
    func overlay(_ failure: SystemError?) {
        guard let failure else { return }
        self.logger.warning(
            "overlayfs cannot be used here; functions with more than one layer are refused",
            metadata: ["reason": "\(failure)"])
    }

    /// One clear line where one of the walls is missing.
    func landlock(_ version: Int) {
        guard version < ExecutorHost.oldestLandlockVersion else { return }
        self.logger.warning(
            "the kernel has no Landlock of version 2; read-only mounts alone keep functions from writing outside /tmp",
            metadata: ["version": "\(max(0, version))"])
    }

    func status(count: Int) {
        self.manager.status(count == 1 ? "1 sandbox" : "\(count) sandboxes")
    }

    func take(_ notice: ExecutorNotice) {
        switch notice {
        case .connected(let client, let uid):
            self.logger.debug("client connected", metadata: ["client": "\(client)", "uid": "\(uid)"])
        case .turnedAway(let uid, let gid):
            self.logger.warning("turned a client away", metadata: ["uid": "\(uid)", "gid": "\(gid)"])
        case .disconnected(let client, let sandboxes):
            let metadata: Logger.Metadata = ["client": "\(client)", "sandboxes": "\(sandboxes)"]
            if sandboxes > 0 {
                self.logger.notice("client disconnected, stopping its sandboxes", metadata: metadata)
            } else {
                self.logger.debug("client disconnected", metadata: metadata)
            }
        case .malformed(let client, let reason):
            self.logger.warning(
                "malformed request, ignoring", metadata: ["client": "\(client)", "reason": "\(reason)"])
        case .refused(let environment, let rule):
            self.logger.warning("refused", metadata: ["environment": "\(environment)", "rule": "\(rule)"])
        case .failed(let environment, let step, let errno):
            self.logger.error(
                "sandbox not made",
                metadata: ["environment": "\(environment)", "step": "\(step)", "errno": "\(errno)"])
        case .created(let environment, let count):
            self.logger.debug("sandbox made", metadata: ["environment": "\(environment)"])
            self.status(count: count)
        case .ended(let environment, let count):
            self.logger.debug("sandbox gone", metadata: ["environment": "\(environment)"])
            self.status(count: count)
        case .cgroupLeft(let environment):
            self.logger.warning(
                "a cgroup could not be removed so far, ignoring", metadata: ["environment": "\(environment)"])
        }
    }
}
