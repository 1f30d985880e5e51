internal import CSandbox
internal import Glibc

/// A root that is the same for every sandbox: made once in the executor's own mount namespace, read-only, and copied
/// with that namespace by clone3. A sandbox adds its code, its runtime, `/tmp` and `/proc`.
///
/// All sandboxes share the two small filesystems in it. Nothing in them can be written to by anyone.
final class RootTemplate {
    /// Directories of the root, in order.
    private static let directories = [
        "dev", "etc", "home", "mnt", "opt", "proc", "root", "run", "tmp", "usr", "var",
        "var/runtime", "var/task",
    ]
    private static let links = ["bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"]
    private static let deviceLinks = [
        "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
    ]
    /// Major and minor numbers, from the kernel's list of devices.
    private static let devices: [(String, UInt32, UInt32)] = [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9),
    ]
    private static let inodes: UInt64 = 64

    let path: String
    private let usr: String
    private let etc: String
    private let resolver: String?

    /// - Parameters:
    ///   - path: A directory that is made where it is missing.
    ///   - usr: What shows at `/usr`.
    ///   - etc: What shows at `/etc`.
    ///   - resolver: What shows at `/etc/resolv.conf` where it is there: the machine's own, for functions that may use its
    ///     network. In the others it names servers that nobody inside can reach.
    init(path: String, usr: String, etc: String, resolver: String?) throws(SystemError) {
        (self.path, self.usr, self.etc, self.resolver) = (path, usr, etc, resolver)
        try Kernel.makeDirectory(path)
        try self.make()
    }

    /// Makes the root again where `/bin/sh` is no longer bash, as after an upgrade that replaced the file which was
    /// covered: the kernel drops a mount whose mount point is renamed over.
    func refresh() throws(SystemError) {
        // Safety: the strings live for the call.
        let same = unsafe lsb_same_file(self.path, "usr/bin/sh", "usr/bin/bash")
        guard same == 0 else { return }
        Kernel.unmount(self.path)
        try self.make()
    }

    private func make() throws(SystemError) {
        // Safety: the string lives for the call.
        try checked(unsafe lsb_mount_small_tmpfs(self.path, Self.inodes, false), "mount \(self.path)")
        for name in Self.directories { try Kernel.makeDirectory("\(self.path)/\(name)") }
        for (name, target) in Self.links { try Kernel.link("\(self.path)/\(name)", to: target) }
        try self.makeDevices()
        try Kernel.bind(self.usr, onto: self.path + "/usr", recursive: true)
        try Kernel.seal(self.path + "/usr", recursive: true)
        try Kernel.bind(self.etc, onto: self.path + "/etc", recursive: true)
        try self.coverResolver()
        try Kernel.seal(self.path + "/etc", recursive: true)
        try self.coverShell()
        try Kernel.seal(self.path, recursive: false)
    }

    private func coverResolver() throws(SystemError) {
        guard let resolver = self.resolver else { return }
        do throws(SystemError) {
            try Kernel.bind(resolver, onto: self.path + "/etc/resolv.conf", recursive: false)
        } catch {
            // The machine has none, or the root's /etc has no place for it: names are not looked up then.
            guard error.errno == ENOENT else { throw error }
        }
    }

    /// Programs for Amazon Linux expect that `/bin/sh` is bash.
    private func coverShell() throws(SystemError) {
        // Safety: the strings live for the call.
        let same = unsafe lsb_same_file(self.path, "usr/bin/sh", "usr/bin/bash")
        guard same == 0 else { return }  // it is bash, or the root has no shell at all
        // Mount resolves the symlink, so it is what `sh` leads to that is covered.
        try Kernel.bind(self.usr + "/bin/bash", onto: self.path + "/usr/bin/sh", recursive: false)
        try Kernel.seal(self.path + "/usr/bin/sh", recursive: false)
    }

    private func makeDevices() throws(SystemError) {
        let directory = self.path + "/dev"
        // Safety: the strings live for the calls.
        try checked(unsafe lsb_mount_small_tmpfs(directory, Self.inodes, true), "mount \(directory)")
        for (name, major, minor) in Self.devices {
            let path = "\(directory)/\(name)"
            let made = unsafe lsb_make_device(path, major, minor)
            guard made == -EPERM else {
                try checked(made, "make \(path)")
                continue
            }
            // Without CAP_MKNOD, or where the unit's device list says no, the machine's own node does.
            try Kernel.touch(path)
            try Kernel.bind("/dev/\(name)", onto: path, recursive: false)
        }
        for (name, target) in Self.deviceLinks { try Kernel.link("\(directory)/\(name)", to: target) }
        try Kernel.seal(directory, recursive: true, devices: true)
    }
}
