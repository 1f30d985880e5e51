internal import CSandbox
internal import Glibc
internal import LambdaCore

/// Turns a plan into a running child.
package final class SandboxBuilder {
    /// Why there is no child.
    enum Failure: Error {
        /// The path is there by its text, and leads elsewhere by a symlink or a mount.
        case refused(String)
        case failed(SystemError)
    }

    /// What the child gets besides its plan.
    package struct Parts {
        package let initProgram: String
        package let filter: [UInt8]
        /// A directory for the prepared roots, seen by this process only.
        package let rootBase: String

        package init(initProgram: String, filter: [UInt8], rootBase: String = "/run/lambda-executor") {
            self.initProgram = initProgram
            self.filter = filter
            self.rootBase = rootBase
        }
    }

    /// A start takes milliseconds. Only a machine in deep trouble, or a dead network filesystem, takes seconds.
    static let startDeadline: Duration = .seconds(10)
    /// One inode for 4 KiB, so that size is what runs out first; the kernel charges each inode as memory.
    private static let bytesPerInode: UInt64 = 4_096

    private let policy: SandboxPolicy
    private let parts: Parts
    package let cgroups: CgroupTree
    private let initCopy: Descriptor
    private let null: Descriptor
    private var roots: [String: RootTemplate] = [:]
    private let trees: TreeMaker

    /// Numbers of what only the new child is to get; whoever made them keeps them.
    private struct ChildDescriptors {
        let cgroup: Int32
        let log: Int32
        let frames: Int32
        let control: Int32
        let setup: Int32
    }

    package init(policy: SandboxPolicy, parts: Parts) throws(SystemError) {
        self.policy = policy
        self.parts = parts
        // Safety: the string lives for the call.
        self.initCopy = Descriptor(
            owning: try checked(unsafe lsb_sealed_copy(parts.initProgram), "copy \(parts.initProgram)"))
        self.null = Descriptor(owning: try checked(unsafe open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null"))
        self.cgroups = try CgroupTree(path: policy.cgroup)
        try Kernel.makeDirectory(parts.rootBase)
        try checked(lsb_own_mounts(), "make a mount namespace")
        // Its own directory, the roots', the probe's, the layers'.
        let inodes = UInt64(policy.roots.count + 2 + TreeMaker.inodes)
        // Safety: the string lives for the call.
        try checked(unsafe lsb_mount_small_tmpfs(parts.rootBase, inodes, false), "mount \(parts.rootBase)")
        self.trees = try TreeMaker(base: parts.rootBase)
    }

    /// Why functions with more than one layer are refused on this machine, where that is so.
    package var overlayFailure: SystemError? { self.trees.overlayFailure }

    /// A sandbox with an empty `/var/task`, under the last two numbers of the range.
    func probePlan() throws(SystemError) -> SandboxPlan {
        let empty = self.parts.rootBase + "/probe"
        try Kernel.makeDirectory(empty)
        guard let name = FunctionName("probe"), let code = AllowedPath(empty, below: self.parts.rootBase) else {
            throw SystemError(step: "name the probe's directory \(empty)", errno: EINVAL)
        }
        let slot = Int(self.policy.uidCount / 2) - 1
        let request = SandboxRequest(
            environment: .random(), functionName: name, userSlot: slot, root: self.policy.roots[0],
            codeDirectory: empty, runtimeDirectory: nil, memorySize: Limits.memorySize.lowerBound,
            ephemeralStorage: 1, network: .loopback, servicesPort: nil)
        return SandboxPlan(
            request: request, code: code, runtime: nil, layers: [], fileSystem: nil,
            identities: self.policy.identities(slot: slot))
    }

    func build(_ plan: SandboxPlan, client: UInt64, now: Instant) throws(Failure) -> SandboxEntry {
        let trees = try self.trees.trees(for: plan)
        do {
            let root = try self.root(plan.request.root)
            return try self.spawn(plan, trees, root: root, client: client, now: now)
        } catch {
            throw .failed(error)
        }
    }

    private func spawn(
        _ plan: SandboxPlan, _ trees: borrowing SandboxTrees, root: String, client: UInt64, now: Instant
    ) throws(SystemError) -> SandboxEntry {
        // Safety: each function writes both numbers or none.
        let setup = try unsafe Kernel.pair({ unsafe lsb_seqpacket_pair($0, $1) }, "make the set-up socket")
        let control = try unsafe Kernel.pair({ unsafe lsb_stream_pair($0, $1) }, "make the control socket")
        let log = try unsafe Kernel.pair({ unsafe lsb_log_pipe($0, $1) }, "make the log pipe")
        let request = plan.request
        let frames = try FramesPipe(isWanted: request.framesLog)
        let cgroup = try self.cgroups.make(
            request.environment, request.functionName, CgroupLimits(memorySize: request.memorySize))

        let descriptors = ChildDescriptors(
            cgroup: cgroup?.directory.number ?? -1, log: log.second.number, frames: number(of: frames.writer) ?? -1,
            control: control.second.number, setup: setup.second.number)
        let child: lsb_child
        do throws(SystemError) {
            child = try self.clone(plan, trees, descriptors, root: root)
        } catch {
            _ = cgroup?.remove()
            throw error
        }
        return SandboxEntry(
            environment: request.environment, client: client, identities: plan.identities, pid: child.pid,
            pidfd: Descriptor(owning: child.pidfd), machine: SandboxLifeMachine(milestones: .child),
            alarm: now.advanced(by: Self.startDeadline),
            starting: StartingDescriptors(
                setup: setup.first, log: log.first, control: control.first, frames: frames.reader,
                awaited: StartingDescriptors.awaited(for: request)),
            cgroup: cgroup)
    }

    private func clone(
        _ plan: SandboxPlan, _ trees: borrowing SandboxTrees, _ descriptors: ChildDescriptors, root: String
    ) throws(SystemError) -> lsb_child {
        let storage = UInt64(plan.request.ephemeralStorage) << 20
        let mountPath = plan.fileSystem.map { "mnt/\($0.name)" } ?? ""
        let numbers = trees.numbers
        var child = lsb_child()
        // Safety: the strings and the filter's bytes live until lsb_spawn has returned in this process; the child has
        // its own copy of all memory.
        let result = unsafe self.withPointers(root, mountPath) { root, mountPath, filter in
            var wanted = unsafe lsb_plan(
                root: root, code_tree: numbers.code, runtime_tree: numbers.runtime, layers_tree: numbers.layers,
                mount_points_tree: numbers.mountPoints, file_system_tree: numbers.fileSystem,
                file_system_path: mountPath, tmp_bytes: storage, tmp_inodes: storage / Self.bytesPerInode,
                own_network: plan.request.network == .loopback, services_port: plan.request.servicesPort ?? 0,
                trace_socket: plan.request.tracesOut,
                init_gid: plan.identities.initProcess, open_files: UInt64(Limits.openFiles),
                processes: UInt64(Limits.processes), cgroup: descriptors.cgroup, null: self.null.number,
                log: descriptors.log, frames: descriptors.frames, control: descriptors.control,
                setup: descriptors.setup,
                init: self.initCopy.number, filter: filter.baseAddress,
                filter_instructions: UInt32(filter.count / 8))
            return unsafe lsb_spawn(&wanted, &child)
        }
        try checked(result, "clone")
        return child
    }

    private func withPointers(
        _ first: String, _ second: String,
        _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeBufferPointer<UInt8>) -> Int32
    ) -> Int32 {
        // Safety: none of the pointers leaves `body`.
        unsafe first.withCString { first in
            unsafe second.withCString { second in
                unsafe self.parts.filter.withUnsafeBufferPointer { unsafe body(first, second, $0) }
            }
        }
    }

    /// The path of a prepared root.
    private func root(_ name: String) throws(SystemError) -> String {
        if let template = self.roots[name] {
            try template.refresh()
            return template.path
        }
        let directory = "\(self.policy.rootDirectories)/\(name)"
        let host = name == "host"
        let template = try RootTemplate(
            path: "\(self.parts.rootBase)/\(name)", usr: host ? "/usr" : directory + "/usr",
            etc: host ? self.policy.hostEtc : directory + "/etc",
            resolver: self.policy.hostNetwork ? "/etc/resolv.conf" : nil)
        self.roots[name] = template
        return template.path
    }
}

extension SandboxLifeMachine.Milestones {
    static let child = Self(
        handOver: Int32(LSB_STEP_HAND_OVER.rawValue), lastBeforeExec: Int32(LSB_STEP_PARENT_DEATH.rawValue))
}
