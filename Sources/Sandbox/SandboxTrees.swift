internal import CSandbox
internal import Glibc
internal import LambdaCore

/// Detached mounts for one sandbox, which its child attaches.
struct SandboxTrees: ~Copyable {
    let code: Descriptor
    let runtime: Descriptor?
    /// For `/opt`.
    let layers: Descriptor?
    let fileSystem: FileSystem?

    /// What the child is told of them; -1 for what is not there.
    struct Numbers {
        let code: Int32
        let runtime: Int32
        let layers: Int32
        let mountPoints: Int32
        let fileSystem: Int32
    }

    struct FileSystem: ~Copyable {
        /// For `/mnt`: the directory that the other one is mounted on.
        let mountPoints: Descriptor
        let content: Descriptor
    }

    var numbers: Numbers {
        var (mountPoints, content) = (Int32(-1), Int32(-1))
        switch self.fileSystem {
        case .some(let there): (mountPoints, content) = (there.mountPoints.number, there.content.number)
        case .none: break
        }
        return Numbers(
            code: self.code.number, runtime: number(of: self.runtime) ?? -1, layers: number(of: self.layers) ?? -1,
            mountPoints: mountPoints, fileSystem: content)
    }
}

/// Makes the mounts that differ from sandbox to sandbox out of directories that the policy allows.
final class TreeMaker {
    private struct Owner: Hashable {
        static let root = Owner(uid: 0, gid: 0)

        let uid: UInt32
        let gid: UInt32
    }

    /// Where layers are attached for the moment in which overlayfs looks at them, one directory for each.
    private let layerBase: String
    /// Why layers cannot be laid over each other on this machine, where that is so.
    let overlayFailure: SystemError?
    /// Mappings that show these owners as root. One for each owner of code, and that is lambdad.
    private var rootMaps: [Owner: Int32] = [:]

    /// Inodes that ``init(base:)`` needs in `base`.
    static let inodes = 1 + Limits.layersPerFunction

    /// - Parameter base: A directory that only this process sees.
    init(base: String) throws(SystemError) {
        let layerBase = base + "/layers"
        try Kernel.makeDirectory(layerBase)
        for index in 0..<Limits.layersPerFunction { try Kernel.makeDirectory("\(layerBase)/\(index)") }
        self.layerBase = layerBase
        do throws(SystemError) {
            _ = try Self.overlay(["\(layerBase)/0", "\(layerBase)/1"])
            self.overlayFailure = nil
        } catch {
            self.overlayFailure = error
        }
    }

    deinit { for (_, map) in self.rootMaps { _ = Glibc.close(map) } }

    func trees(for plan: SandboxPlan) throws(SandboxBuilder.Failure) -> SandboxTrees {
        SandboxTrees(
            code: try self.codeTree(plan.code), runtime: try self.runtimeTree(plan.runtime),
            layers: try self.layerTree(plan.layers),
            fileSystem: try self.fileSystem(plan.fileSystem, function: plan.identities.function))
    }

    private func runtimeTree(_ path: AllowedPath?) throws(SandboxBuilder.Failure) -> Descriptor? {
        guard let path else { return nil }
        return try self.codeTree(path)
    }

    /// A read-only copy that shows the directory's owner as root.
    private func codeTree(_ path: AllowedPath) throws(SandboxBuilder.Failure) -> Descriptor {
        let directory = try self.open(path)
        do throws(SystemError) {
            let map = try self.rootMap(for: directory)
            return try Self.copy(path, directory, writable: false, map: map)
        } catch {
            throw .failed(error)
        }
    }

    // MARK: Layers

    private func layerTree(_ paths: [AllowedPath]) throws(SandboxBuilder.Failure) -> Descriptor? {
        // Of the same content in two places only the upper one is seen, and overlayfs takes no directory twice.
        var upperFirst: [AllowedPath] = []
        for path in paths.reversed() where !upperFirst.contains(path) { upperFirst.append(path) }
        guard let first = upperFirst.first else { return nil }
        if upperFirst.count == 1 { return try self.codeTree(first) }
        if let failure = self.overlayFailure {
            throw .refused("more than one layer needs overlayfs, which this machine does not have (\(failure))")
        }
        return try self.merged(upperFirst)
    }

    /// overlayfs takes paths, so each layer is attached for a moment; it keeps mounts of its own.
    private func merged(_ upperFirst: [AllowedPath]) throws(SandboxBuilder.Failure) -> Descriptor {
        var attached: [String] = []
        defer { for place in attached { Kernel.unmount(place) } }
        for (index, path) in upperFirst.enumerated() {
            let tree = try self.codeTree(path)
            let place = "\(self.layerBase)/\(index)"
            do throws(SystemError) {
                try Kernel.attach(tree, at: place)
            } catch {
                throw .failed(error)
            }
            attached.append(place)
        }
        do throws(SystemError) {
            return try Self.overlay(attached)
        } catch {
            guard error.errno == ELOOP else { throw .failed(error) }
            throw .refused("of two layers one lies in the other")
        }
    }

    private static func overlay(_ upperFirst: [String]) throws(SystemError) -> Descriptor {
        // Places of this type's own making: no colon and no comma in them, and together far below 255 bytes.
        let lower = upperFirst.joined(separator: ":")
        // Safety: the string lives for the call.
        return Descriptor(owning: try checked(unsafe lsb_overlay(lower), "lay the layers over each other"))
    }

    // MARK: File systems

    private func fileSystem(
        _ plan: SandboxPlan.FileSystem?, function: UInt32
    ) throws(SandboxBuilder.Failure) -> SandboxTrees.FileSystem? {
        guard let plan else { return nil }
        let directory = try self.open(plan.directory)
        do throws(SystemError) {
            let map = try Self.functionMap(for: directory, function: function)
            // Safety: the string lives for the call.
            let points = try checked(unsafe lsb_mount_points(plan.name), "make the mount point \(plan.name)")
            return SandboxTrees.FileSystem(
                mountPoints: Descriptor(owning: points),
                content: try Self.copy(plan.directory, directory, writable: true, map: number(of: map) ?? -1))
        } catch {
            throw .failed(error)
        }
    }

    /// A mapping that shows the directory's owner as the function, so that the function writes as that owner; none where
    /// root or root's group owns it, for then a function could leave programs behind that become root for whoever
    /// starts them. The function is one of the others in such a directory.
    private static func functionMap(
        for directory: borrowing Descriptor, function: UInt32
    ) throws(SystemError) -> Descriptor? {
        let owner = try Kernel.owner(of: directory)
        guard owner.uid != 0, owner.gid != 0 else { return nil }
        // Not kept: there is one for each function and directory.
        return Descriptor(
            owning: try checked(
                lsb_id_map(owner.uid, owner.gid, function, function),
                "map the owner \(owner.uid) of the file system to the function"))
    }

    // MARK: Both

    private func open(_ path: AllowedPath) throws(SandboxBuilder.Failure) -> Descriptor {
        do throws(SystemError) {
            let prefix = try Kernel.openPath(path.prefix)
            return try Kernel.openBeneath(prefix, path.rest)
        } catch {
            // What openat2 answers where a component is a symlink, or leads out.
            guard error.errno == ELOOP || error.errno == EXDEV else { throw .failed(error) }
            throw .refused("'\(path.text)' goes through a symlink")
        }
    }

    private static func copy(
        _ path: AllowedPath, _ directory: borrowing Descriptor, writable: Bool, map: Int32
    ) throws(SystemError) -> Descriptor {
        let name = path.rest == "." ? path.prefix : path.rest
        return Descriptor(
            owning: try checked(lsb_clone_tree(directory.number, writable, map), "copy the mount of \(name)"))
    }

    /// A mapping that shows the owner of the code as root; -1 where the owner is root.
    private func rootMap(for directory: borrowing Descriptor) throws(SystemError) -> Int32 {
        let found = try Kernel.owner(of: directory)
        let owner = Owner(uid: found.uid, gid: found.gid)
        if owner == .root { return -1 }
        if let map = self.rootMaps[owner] { return map }
        let map = try checked(lsb_id_map(owner.uid, owner.gid, 0, 0), "map the owner \(owner.uid) of the code to root")
        self.rootMaps[owner] = map
        return map
    }
}
