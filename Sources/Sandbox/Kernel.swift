internal import CSandbox
internal import Glibc

/// Calls that take names and buffers, with Swift's own types. Everything here is for one thread.
enum Kernel {
    static func openPath(_ path: String) throws(SystemError) -> Descriptor {
        // Safety: the string is ended by NUL and lives for the call; so in every call below.
        Descriptor(owning: try checked(unsafe lsb_open_path(path), "open \(path)"))
    }

    static func openBeneath(_ parent: borrowing Descriptor, _ path: String) throws(SystemError) -> Descriptor {
        // Safety: as above.
        Descriptor(owning: try checked(unsafe lsb_open_beneath(parent.number, path), "open \(path)"))
    }

    static func openRead(_ directory: Int32, _ path: String) throws(SystemError) -> Descriptor {
        // Safety: as above.
        Descriptor(owning: try checked(unsafe lsb_open_read(directory, path), "open \(path)"))
    }

    static func openWrite(_ directory: Int32, _ path: String) throws(SystemError) -> Descriptor {
        // Safety: as above.
        Descriptor(owning: try checked(unsafe lsb_open_write(directory, path), "open \(path)"))
    }

    static func write(_ text: String, to path: String, in directory: Int32 = AT_FDCWD) throws(SystemError) {
        let bytes = Array(text.utf8)
        // Safety: the array lives for the call and has `count` bytes.
        try checked(unsafe lsb_write_file(directory, path, bytes, bytes.count), "write \(text) to \(path)")
    }

    /// The beginning of a file of the kernel's, at most 4 KiB, or `nil` where it cannot be read.
    static func text(of path: String) -> String? {
        guard let file = try? self.openRead(AT_FDCWD, path) else { return nil }
        return String(decoding: KernelDescriptors().readFile(file.number), as: UTF8.self)
    }

    static func makeDirectory(_ path: String) throws(SystemError) {
        // Safety: as above.
        let result = unsafe lsb_make_directory(path)
        if result != -EEXIST { try checked(result, "make directory \(path)") }
    }

    static func removeDirectory(_ path: String) throws(SystemError) {
        // Safety: as above.
        try checked(unsafe lsb_remove_directory(path), "remove directory \(path)")
    }

    static func link(_ path: String, to target: String) throws(SystemError) {
        // Safety: as above.
        try checked(unsafe lsb_link(target, path), "link \(path)")
    }

    static func touch(_ path: String) throws(SystemError) {
        // Safety: as above.
        try checked(unsafe lsb_touch(path), "make \(path)")
    }

    static func bind(_ from: String, onto path: String, recursive: Bool) throws(SystemError) {
        // Safety: as above.
        try checked(unsafe lsb_bind(from, path, recursive), "bind \(from) to \(path)")
    }

    static func seal(_ path: String, recursive: Bool, devices: Bool = false) throws(SystemError) {
        // Safety: as above.
        try checked(unsafe lsb_seal_mount(path, recursive, devices), "make \(path) read-only")
    }

    static func attach(_ tree: borrowing Descriptor, at path: String) throws(SystemError) {
        // Safety: as above.
        try checked(unsafe lsb_attach_tree(tree.number, AT_FDCWD, path), "attach \(path)")
    }

    static func unmount(_ path: String) {
        // Safety: as above. Nothing is mounted there the first time, which is fine.
        _ = unsafe lsb_unmount(path)
    }

    /// Names of the directories in a directory; none where it cannot be read.
    static func directories(in path: String) -> [String] {
        let capacity = 1 << 20
        var failed = false
        // Safety: at most `capacity` bytes are written, the buffer's size.
        let names = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            let used = unsafe lsb_list_directories(path, start, capacity)
            failed = used < 0
            count = max(0, used)
        }
        return failed ? [] : names.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    static func owner(of descriptor: borrowing Descriptor) throws(SystemError) -> (uid: UInt32, gid: UInt32) {
        var (uid, gid) = (UInt32(0), UInt32(0))
        // Safety: both are written before the call returns.
        try checked(unsafe lsb_owner(descriptor.number, &uid, &gid), "look at an owner")
        return (uid, gid)
    }

    static func pair(
        _ make: (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Int32, _ step: String
    ) throws(SystemError) -> DescriptorPair {
        var (first, second) = (Int32(-1), Int32(-1))
        // Safety: both are written before the call returns, and only then.
        try checked(unsafe make(&first, &second), step)
        return DescriptorPair(first: Descriptor(owning: first), second: Descriptor(owning: second))
    }
}

/// Two ends of one thing.
struct DescriptorPair: ~Copyable {
    let first: Descriptor
    let second: Descriptor
}
