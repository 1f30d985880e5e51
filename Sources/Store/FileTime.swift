// In optimised builds the importer finds `timespec` in the first C module that includes it.
internal import CArchive
internal import Glibc
internal import LambdaCore

/// A time of a file: seconds since 1970 and nanoseconds.
struct FileTime: Equatable {
    let seconds: Int
    let nanoseconds: Int

    /// The clock that files are stamped with.
    static var now: FileTime {
        var now = timespec()
        // Safety: the value lives for the call, which cannot fail for this clock.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
        return FileTime(seconds: now.tv_sec, nanoseconds: now.tv_nsec)
    }

    var wallTime: WallTime { WallTime(milliseconds: Int64(self.seconds) * 1_000 + Int64(self.nanoseconds / 1_000_000)) }
}
