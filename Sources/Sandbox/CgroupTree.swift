internal import CSandbox
internal import Glibc
internal import LambdaCore

/// The executor's place in cgroup v2: itself in a leaf `executor`, each sandbox below `sandboxes`.
///
/// A cgroup with children may hold no process of its own where it hands controllers on, hence the leaf.
package final class CgroupTree {
    /// What there is on this machine.
    package enum Support: Equatable {
        /// Limits hold for these controllers.
        case controllers(Set<String>)
        /// Sandboxes are grouped and killed together, but limits are not enforced.
        case grouping
        /// No cgroup v2 that can be written to.
        case none(reason: String)
    }

    private static let wanted = ["cpu", "memory", "pids"]

    package let support: Support
    private let base: String
    private let controllers: Set<String>
    private let madeBase: Bool
    /// Where the executor was, to go back to at the end.
    private let origin: String
    /// Two executors on one subtree would each take the other's sandboxes for left-overs.
    private let lock: Int32

    private var sandboxes: String { self.base + "/sandboxes" }

    /// - Parameter path: Below the cgroup2 mount; empty for the executor's own cgroup.
    /// - Throws: only where another executor has the subtree. Everything else is a lack of ``support``.
    package init(path: String) throws(SystemError) {
        var plan: (base: String, origin: String, made: Bool)?
        var reason = "no cgroup2 is mounted below /sys/fs/cgroup"
        if let mount = Self.mount, let own = Self.ownPath {
            // In the root cgroup a directory of our own keeps these apart from everyone else's.
            let base = mount + (path.isEmpty ? (own == "/" ? "/lambdad" : own) : path)
            do {
                plan = (base, mount + (own == "/" ? "" : own), try Self.makeBase(base, mount: mount))
            } catch {
                reason = error.description
            }
        }
        guard let plan else {
            (self.support, self.base, self.controllers) = (.none(reason: reason), "", [])
            (self.madeBase, self.origin, self.lock) = (false, "", -1)
            return
        }
        // Safety: the string lives for the call.
        self.lock = try checked(unsafe lsb_open_lock(plan.base), "lock \(plan.base), which another executor may have")
        (self.base, self.madeBase, self.origin) = (plan.base, plan.made, plan.origin)
        do {
            self.controllers = try Self.enter(plan.base)
            self.support = self.controllers.isEmpty ? .grouping : .controllers(self.controllers)
        } catch {
            self.controllers = []
            self.support = .none(reason: error.description)
        }
        if self.isUsable { self.removeStale() }
    }

    deinit { if self.lock >= 0 { _ = Glibc.close(self.lock) } }

    package var isUsable: Bool {
        if case .none = self.support { return false }
        return true
    }

    /// Makes the cgroup of one sandbox with its limits. `nil` where there are no cgroups.
    func make(_ environment: EnvironmentID, _ function: FunctionName, _ limits: CgroupLimits) throws(SystemError)
        -> SandboxCgroup?
    {
        guard self.isUsable else { return nil }
        let path = "\(self.sandboxes)/\(function).\(environment)"
        try Kernel.makeDirectory(path)
        do {
            let directory = try Kernel.openPath(path)
            for (name, value) in limits.files(controllers: self.controllers) {
                try Kernel.write(value, to: name, in: directory.number)
            }
            return SandboxCgroup(
                path: path, directory: directory,
                boundedLater: self.controllers.contains("cpu") && limits.limitsAfterStart ? limits.cpu : nil)
        } catch {
            try? Kernel.removeDirectory(path)  // the first error is the one to tell
            throw error
        }
    }

    /// Leaves the subtree and removes it, where it is empty; best effort, for systemd removes a unit's cgroup anyway.
    package func remove() {
        guard self.isUsable else { return }
        self.removeStale()
        try? Kernel.removeDirectory(self.sandboxes)
        let off = self.controllers.map { "-\($0)" }.joined(separator: " ")
        if !off.isEmpty { try? Kernel.write(off, to: self.base + "/cgroup.subtree_control") }
        try? Kernel.write("0", to: self.origin + "/cgroup.procs")
        try? Kernel.removeDirectory(self.base + "/executor")
        if self.madeBase { try? Kernel.removeDirectory(self.base) }
    }

    /// Kills and removes what an executor that crashed has left. Processes die at once; their cgroup may take a moment.
    private func removeStale() {
        for name in Kernel.directories(in: self.sandboxes) {
            let path = self.sandboxes + "/" + name
            try? Kernel.write("max", to: path + "/cpu.max")  // as in ``SandboxCgroup/kill()``
            try? Kernel.write("1", to: path + "/cgroup.kill")
            for _ in 0..<200 {
                do {
                    try Kernel.removeDirectory(path)
                    break
                } catch {
                    guard error.errno == EBUSY else { break }
                    _ = Glibc.poll(nil, 0, 5)
                }
            }
        }
    }

    private static var mount: String? {
        // Safety: the strings live for the calls.
        ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first { unsafe lsb_is_cgroup2($0) == 1 }
    }

    private static var ownPath: String? {
        let lines = Kernel.text(of: "/proc/self/cgroup")?.split(separator: "\n") ?? []
        return lines.first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) }
    }

    /// Returns whether the directory was not there before.
    private static func makeBase(_ base: String, mount: String) throws(SystemError) -> Bool {
        let there = (try? Kernel.openPath(base)) != nil
        if !there { try Kernel.makeDirectory(base) }
        return !there && base != mount
    }

    /// Moves the executor into its leaf and hands the controllers on. Returns those that are there.
    private static func enter(_ base: String) throws(SystemError) -> Set<String> {
        try Kernel.makeDirectory(base + "/executor")
        try Kernel.makeDirectory(base + "/sandboxes")
        try Kernel.write("0", to: base + "/executor/cgroup.procs")
        let there = Set((Kernel.text(of: base + "/cgroup.controllers") ?? "").split { $0 == " " || $0 == "\n" })
        let usable = self.wanted.filter { there.contains(Substring($0)) }
        guard !usable.isEmpty else { return [] }
        let on = usable.map { "+\($0)" }.joined(separator: " ")
        try Kernel.write(on, to: base + "/cgroup.subtree_control")
        try Kernel.write(on, to: base + "/sandboxes/cgroup.subtree_control")
        return Set(usable)
    }
}

/// The cgroup of one sandbox.
final class SandboxCgroup {
    private let path: String
    let directory: Descriptor
    /// Value of `cpu.max` for after the start, where it differs.
    let boundedLater: String?

    init(path: String, directory: consuming Descriptor, boundedLater: String?) {
        self.path = path
        self.directory = directory
        self.boundedLater = boundedLater
    }

    /// Kills everything in it. First without a quota, for even to die takes CPU: hundreds of processes that share a
    /// tenth of one take seconds. Where there is no such file, or the cgroup is gone, the pidfd does it alone.
    func kill() {
        if self.boundedLater != nil { try? Kernel.write("max", to: "cpu.max", in: self.directory.number) }
        try? Kernel.write("1", to: "cgroup.kill", in: self.directory.number)
    }

    func bound() {
        if let quota = self.boundedLater { try? Kernel.write(quota, to: "cpu.max", in: self.directory.number) }
    }

    /// Opens a file for the client to read, where the controller is there.
    func file(_ name: String) -> Descriptor? { try? Kernel.openRead(self.directory.number, name) }

    /// The switch that stops and goes on with everything in it, for the client to write, where the kernel has one. Whoever
    /// holds it can do nothing else to the cgroup, and ``kill()`` ends what is frozen, too.
    func freezer() -> Descriptor? { try? Kernel.openWrite(self.directory.number, "cgroup.freeze") }

    /// Returns whether it is gone. It is not while a process that was killed still winds up.
    func remove() -> Bool {
        do {
            try Kernel.removeDirectory(self.path)
            return true
        } catch {
            return error.errno == ENOENT
        }
    }
}
