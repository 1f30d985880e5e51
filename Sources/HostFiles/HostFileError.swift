internal import Glibc

/// A directory cannot be looked at or watched.
struct HostFileError: Error, Equatable, CustomStringConvertible {
    /// What was being done, with what it was done to.
    let step: String
    let errno: Int32

    var description: String {
        // Safety: the text is the C library's own, and is copied at once.
        "\(self.step): \(unsafe String(cString: strerror(self.errno)))"
    }

    /// Throws where a call says no. Called on the line after it, while errno is its own.
    @discardableResult
    static func check(_ result: Int32, _ step: @autoclosure () -> String) throws(HostFileError) -> Int32 {
        guard result < 0 else { return result }
        let number = Glibc.errno
        throw HostFileError(step: step(), errno: number)
    }
}
