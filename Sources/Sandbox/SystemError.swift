/// A system call said no.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// What was being done, in words, with what it was done to.
    package let step: String
    package let errno: Int32

    package init(step: String, errno: Int32) {
        self.step = step
        self.errno = errno
    }

    package var description: String { "\(self.step): errno \(self.errno)" }
}

/// The result of a call that gives 0 or more, or a negated errno.
@discardableResult
func checked<Result: FixedWidthInteger & SignedInteger>(
    _ result: Result, _ step: @autoclosure () -> String
) throws(SystemError) -> Result {
    guard result < 0 else { return result }
    throw SystemError(step: step(), errno: Int32(-result))
}
