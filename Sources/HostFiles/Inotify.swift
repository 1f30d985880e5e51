internal import Glibc

/// What the kernel tells of a tree of directories.
final class Inotify {
    /// One thing that happened.
    struct Event {
        let watch: Int32
        let mask: UInt32
        /// Empty where it is about the watched directory itself.
        let name: [UInt8]

        func has(_ bit: Int) -> Bool { self.mask & UInt32(truncatingIfNeeded: bit) != 0 }
        var isDirectory: Bool { self.has(Int(IN_ISDIR)) }
    }

    private static let bufferBytes = 65_536
    /// Bytes of an event before its name: watch, mask, cookie, length of the name.
    private static let headerBytes = 16
    private static let mask =
        UInt32(IN_ATTRIB) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_DELETE_SELF)
        | UInt32(IN_MODIFY) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)

    let number: Int32

    init() throws(HostFileError) {
        self.number = try HostFileError.check(
            inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)), "watch directories")
    }

    deinit { _ = Glibc.close(self.number) }

    /// Watches an open directory, so that no rename in between leads elsewhere.
    static func add(_ directory: Int32, to number: Int32) throws(HostFileError) -> Int32 {
        // Safety: the string lives for the call.
        try HostFileError.check(
            unsafe inotify_add_watch(number, "/proc/self/fd/\(directory)", Self.mask), "watch a directory")
    }

    /// What has happened since the last call, as much as fits a buffer; empty where nothing has.
    func read() -> [Event] {
        // Safety: the kernel writes at most the buffer's capacity.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.bufferBytes) { buffer, count in
            count = max(0, unsafe Glibc.read(self.number, buffer.baseAddress, Self.bufferBytes))
        }
        var events: [Event] = []
        var rest = bytes[...]
        while rest.count >= Self.headerBytes {
            let words = (0..<4).map { Self.word(rest, at: $0 * 4) }
            let end = Self.headerBytes + Int(words[3])
            guard rest.count >= end else { break }
            let name = rest.dropFirst(Self.headerBytes).prefix(Int(words[3])).prefix { $0 != 0 }
            events.append(Event(watch: Int32(bitPattern: words[0]), mask: words[1], name: Array(name)))
            rest = rest.dropFirst(end)
        }
        return events
    }

    private static func word(_ bytes: ArraySlice<UInt8>, at offset: Int) -> UInt32 {
        // In the machine's own order, as the kernel writes it.
        var word: UInt32 = 0
        for index in 0..<4 { word |= UInt32(bytes[bytes.startIndex + offset + index]) << (8 * index) }
        return UInt32(littleEndian: word)
    }
}
